#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A hostile user of a VF must not affect its neighbours.

The user has the VF through VFIO without a driver, or is root in a guest
(lib/hostile.c). The load of the neighbours is limited to a part of what the
emulated machine can do: all share two emulated CPUs and the emulator's lock,
which is not a property of the NIC. So the test shows if the NIC or the PF's
driver delays the neighbours. Rounds with and without the attack alternate, and
their medians are compared.
"""

import contextlib
import json
import os
import re
import select
import statistics
import tempfile
import time
from pathlib import Path

from lib import (FULL, End, Guest, KsftFail, Netns, Nic, cmd, defer, ksft_eq,
                 ksft_expect_log, ksft_figure, ksft_ge, ksft_gt, ksft_le,
                 ksft_pr, ksft_run, ksft_true, ping, transfer, wait_until)
from lib.fault import Faults
from lib.flow import Flow
from lib.nic import vf_mac
from lib.utils import TIMEOUT

MIB = 1 << 20
# number of neighbours, number of the VF for VFIO and of that for the guest
NEIGHBOURS, USER, ROOT = 2, 2, 3
VFS = 4
# bytes per second of each neighbour, and of the flood that is not received
RATE = 2 * MIB
FLOOD = 2 * MIB
ROUNDS = 5 if FULL else 3
SECONDS = 4 if FULL else 3
LEAST = 0.95
# Factor for the latency without an attack; and a tick of the kernel, ms, until
# a waiting task runs, since CPUs are emulated, and there are two for all.
SLOWEST = 2
TICK = 4
# number of rebinds of the PF's driver
REBINDS = 3
# milliseconds between requests whose latency is measured
INTERVAL = 20
# milliseconds that the emulator's main loop may wait for the NIC
HOLD = 20
SOURCE = Path(__file__).parent / "lib/hostile.c"
UAPI = Path(__file__).parents[2] / "uapi"


class User:
    """A user that has the VF through VFIO, in the host."""

    num = USER

    def __init__(self, bench):
        self.bench = bench
        self.vf = bench.nic.vf(self.num)

    def take(self, what):
        """Give it the VF; returns the attacking program."""
        vf = self.vf
        if vf.driver:
            vf.unbind()
        vf.override("vfio-pci")
        vf.probe()
        ksft_eq(vf.driver, "vfio-pci")
        return self.bench.nic.host.bkg([self.bench.program, vf.bdf, what],
                                       stdin=True)

    def leave(self):
        """When VFIO's user has ended, there was an FLR."""
        self.vf.unbind()

    def give_back(self):
        """Bind the VF's driver again."""
        self.vf.override(None)
        self.vf.probe()

    def failed(self):
        """A case has failed; no special cleanup is needed."""
        return False

    def end(self):
        """The VF with its driver, up."""
        return self.bench.nic.vf_end(self.num, self.bench.spaces[self.num])

    def close(self):
        """The VF has its driver already."""


class Root:
    """Root in a guest that has the VF."""

    num = ROOT

    def __init__(self, bench):
        self.bench = bench
        self.vf = bench.nic.vf(self.num)
        self.guest = Guest("hostile", vf=self.num).start()
        try:
            self._prepare()
        except Exception:
            self.guest.kill()
            raise

    def _prepare(self):
        # only CPU time that no other task needs, as for the user of VFIO
        pid = self.guest.pid()
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setscheduler(int(task), os.SCHED_IDLE,
                                  os.sched_param(0))
        self.bdf = self._run("basename $(readlink "
                             f"/sys/class/net/{self.guest.dev}/device)")
        self.program = self.guest.program(self.bench.program)

    def _run(self, script):
        return self.guest.cmd(["sh", "-c", script]).stdout.strip()

    def take(self, what):
        """Give it the VF without a driver; returns the attacking program."""
        self.leave()
        return self.guest.bkg([self.program, "-g", self.bdf, what],
                              stdin=True)

    def leave(self):
        """Nothing to do: there is no driver."""
        self._run(f"cd /sys/bus/pci/devices/{self.bdf}; [ ! -e driver ] || "
                  f"echo {self.bdf} > driver/unbind")

    def give_back(self):
        """Bind the VF's driver again."""
        self._run(f"echo {self.bdf} > /sys/bus/pci/drivers_probe")
        self.guest.dev = self._run(f"ls /sys/bus/pci/devices/{self.bdf}/net")

    def failed(self):
        """A case has failed: the next one gets another guest."""
        self.bench.root = None
        self.bench.nic.devlink(f"health recover {self.bench.reporter}")
        log = self.bench.nic.host.cmd(f"lab-guest log {self.guest}").stdout
        ksft_pr(log[-4000:])
        self.guest.kill()
        return True

    def end(self):
        """The VF with its driver, up."""
        return End(self.guest, self.guest.dev, 10 + self.num, "guest").up()

    def close(self):
        """Stop the guest."""
        self.guest.stop()


class Attack:
    """The hostile user of a VF, while the context lasts."""

    def __init__(self, bench, what):
        self.bench, self.what = bench, what
        self.said = {}

    def __str__(self):
        return "in a guest" if self.bench.attacker.num == ROOT else "by VFIO"

    def __enter__(self):
        self.bench.nic.devlink(f"health dump clear {self.bench.reporter}")
        self.proc = self.bench.attacker.take(self.what)
        try:
            self._hear(self.proc.proc.stderr)
            self.proc.wait_line("ready")
        except Exception as err:
            self.__exit__(type(err))
            raise
        return self

    def _hear(self, stream):
        """Wait for a line of output; a guest may have crashed by the attack."""
        if not select.select([stream], [], [], TIMEOUT)[0]:
            raise KsftFail(f"the attacker {self} does not answer")

    def tell(self, command):
        """Send go, hold or rest; wait until it is acknowledged."""
        self.proc.proc.stdin.write(command + "\n")
        self.proc.proc.stdin.flush()
        self._hear(self.proc.proc.stdout)
        self.said = json.loads(self.proc.proc.stdout.readline())

    def __exit__(self, kind, *_):
        """Check that the function was reset, and its user has ended."""
        if kind and self.bench.attacker.failed():
            self.proc.stop()
            return
        self.proc.close_stdin()
        status = self.proc.wait()
        attacker = self.bench.attacker
        attacker.leave()
        # a stopped VF makes the next one wait, so clear the record
        self.bench.nic.devlink(f"health recover {self.bench.reporter}")
        attacker.give_back()
        if not kind:
            ksft_eq(status, 0, self.proc.stderr)


class Bench:
    """PF and two VFs that work, and VFs for attackers."""

    def __init__(self):
        self.nic = Nic()
        self.nic.need_svnic("the attacks are for its registers")
        self.nic.start()
        cmd("modprobe vfio-pci")
        room = tempfile.TemporaryDirectory()
        defer(room.cleanup)
        self.program = f"{room.name}/hostile"
        cmd(["gcc", "-O2", "-Wall", "-I", UAPI, "-o", self.program, SOURCE])
        self.spaces = [Netns(f"vf{num}") for num in range(USER + 1)]
        self.nic.set_vfs(VFS)
        defer(self.close)
        for num in range(VFS):
            self.nic.set_vf_mac(num, vf_mac(num))
        self.one, self.two = (self.nic.vf_end(num, self.spaces[num])
                              for num in range(NEIGHBOURS))
        self.user = self.attacker = User(self)
        self.root = None
        self.reporter = f"pci/{self.nic.fn.bdf} reporter vf"
        self.faults = Faults(self.nic.fn)

    def attack_from_guest(self, yes):
        """Select the attacker from here on. The guest stays."""
        if yes and not self.root:
            self.root = Root(self)
        self.attacker = self.root if yes else self.user

    def expect_faults(self):
        """Allow reports that the IOMMU has stopped DMA of the attacker only."""
        ksft_expect_log(r"DMAR: .*Request device "
                        rf"\[{self.attacker.vf.bdf}\]")
        ksft_expect_log("DMAR: DRHD: handling fault status")

    def close(self):
        """Remove everything."""
        if self.root:
            self.root.close()
        for space in self.spaces:
            space.delete()
        self.nic.set_vfs(0)

    @contextlib.contextmanager
    def neighbours(self):
        """Flows to the wire, from the wire, and of the PF if it has its
        driver."""
        ways = [(self.one, self.nic.peer), (self.nic.peer, self.two)]
        if self.nic.fn.driver:
            ways.append((self.nic.pf, self.nic.peer))
        with contextlib.ExitStack() as stack:
            flows = [stack.enter_context(Flow(*way, rate=RATE))
                     for way in ways]
            wait_until(lambda: min(f.received for f in flows) > MIB,
                       "the neighbours' transfers")
            yield flows

    def health(self):
        """State of the reporter."""
        shown = self.nic.devlink(f"health show {self.reporter}", parse=True)
        (reporter,), = shown["health"].values()
        return reporter["state"]

    def diagnosis(self):
        """The reporter's counters of the attacker."""
        shown = self.nic.devlink(f"health diagnose {self.reporter}",
                                 parse=True)
        vf, = (vf for vf in shown["VFs"] if vf["vf"] == self.attacker.num)
        return vf

    def stopped(self):
        """Wait until the attacker is stopped; returns its part of the dump."""
        wait_until(lambda: self.health() == "error", "the VF to be stopped")
        dump = self.nic.devlink(f"health dump show {self.reporter}",
                                parse=True)
        vf, = dump["VFs"]
        ksft_eq(vf["vf"], self.attacker.num)
        ksft_true(vf["stopped"], "stopped")
        ksft_gt(vf["pause"], 0)
        ksft_pr("stopped:", json.dumps(vf))
        return vf

    def missed(self):
        """Number of frames for the attacker that found no buffer."""
        return self.nic.vf_info(self.attacker.num)["stats"]["rx"]["dropped"]


def _softirq():
    """Seconds of CPU time of the host for received packets."""
    text = Path("/proc/stat").read_text()
    return int(text.split()[7]) / os.sysconf("SC_CLK_TCK")


class Round:
    """Results of the neighbours in one round."""

    def __init__(self, bench, flows):
        one, peer = bench.one, bench.nic.peer
        bench.faults.reset_counters()
        busy = _softirq()
        start, before = time.monotonic(), sum(flow.received for flow in flows)
        # it must wait for the NIC, not for a CPU
        said = one.cmd(f"chrt -f 1 ping -n -i {INTERVAL / 1000} -w {SECONDS} "
                       f"-I {one.dev} {peer.v4}", fail=False).stdout
        end, after = time.monotonic(), sum(flow.received for flow in flows)
        self.rate = (after - before) / (end - start)
        answers = {int(seq): float(ms) for seq, ms in
                   re.findall(r" icmp_seq=(\d+) .*time=([\d.]+) ms", said)}
        self.times = list(answers.values())
        # answers to requests of the last second may not have arrived
        sent = int(re.search(r"(\d+) packets transmitted", said)[1])
        last = max(answers, default=0)
        self.lost = max(last, sent - 1000 // INTERVAL) - len(answers)
        self.busy = 100 * (_softirq() - busy) / (end - start)
        self.held = bench.faults.holds()[1] / 1000

    def __str__(self):
        return f"{self.rate / 1e6:.2f} MB/s, answers after " \
            f"{_spread(self.times)} ms, held {self.held:.1f} ms, " \
            f"{self.busy:.0f} % of a CPU receive"


def _spread(times):
    """The 5, 25, 50, 75, 95 and 99 % quantiles."""
    cuts = statistics.quantiles(times, n=100)
    return "/".join(f"{cuts[at - 1]:.2f}" for at in (5, 25, 50, 75, 95, 99))


def _median(rounds, what):
    return statistics.median(what(one) for one in rounds)


def _latency(rounds):
    return [ms for one in rounds for ms in one.times]


def _rounds(bench, attack, what, command="go"):
    """Rounds with and without the attack, and a comparison of both."""
    good, bad = [], []
    with bench.neighbours() as flows:
        for _ in range(ROUNDS):
            attack.tell("rest")
            good.append(Round(bench, flows))
            attack.tell(command)
            bad.append(Round(bench, flows))
        attack.tell("rest")
    what = f"{what}, {attack}"
    ksft_pr(f"{what}: {attack.said}")
    for name, rounds in ("without", good), ("with", bad):
        for one in rounds:
            ksft_pr(f"{name}: {one}")
    without, left = (_median(rounds, lambda one: one.rate)
                     for rounds in (good, bad))
    ksft_ge(without, 0.8 * len(flows) * RATE,
            "this machine is too slow for the load")
    ksft_figure(f"neighbours of {what}",
                f"{100 * left / without:.1f} % of {without * 8e-6:.1f} Mb/s",
                "at least 95 %", left >= LEAST * without)
    ksft_le(sum(one.lost for one in bad), (1 - LEAST) * len(_latency(bad)),
            "answers lost")
    ksft_pr("alone", _spread(_latency(good)), "beside", _spread(_latency(bad)))
    # answers up to the first quartile have not waited for a CPU
    soon, before, _ = statistics.quantiles(_latency(good))
    late, after, _ = statistics.quantiles(_latency(bad))
    ksft_figure(f"latency beside {what}",
                f"{late:.2f} / {after:.2f} ms, {soon:.2f} / {before:.2f} alone",
                "at most twice", late <= SLOWEST * soon and
                after <= SLOWEST * before + TICK)
    held, late = (_median(rounds, lambda one: one.held)
                  for rounds in (bad, good))
    # LATE is how late the machine is by itself
    ksft_figure(f"main loop held by {what}", f"{held:.1f} ms",
                f"at most {HOLD} ms", held <= HOLD + late)


def _works_again(bench):
    """After FLR the VF is as new: its driver binds, and traffic flows."""
    wait_until(lambda: bench.health() == "healthy", "a healthy reporter")
    start = time.monotonic()
    end = bench.attacker.end()
    ping(end, bench.nic.peer)
    ksft_pr(f"works {time.monotonic() - start:.1f} s after the attack")
    transfer(end, bench.nic.peer, MIB)
    transfer(bench.nic.peer, end, MIB)
    ksft_eq(end.mac, vf_mac(bench.attacker.num))


def ring_not_refilled(bench):
    """A guest stops refilling its ring while it is flooded."""
    peer = bench.nic.peer
    with Attack(bench, "stuck") as attack:
        # no one answers ARP for this address
        address = f"{bench.one.v4.rsplit('.', 1)[0]}.99"
        peer.cmd(f"ip neigh replace {address} lladdr "
                 f"{vf_mac(bench.attacker.num)} dev {peer.dev} nud permanent")
        defer(peer.cmd, f"ip neigh del {address} dev {peer.dev}", fail=False)
        attack.tell("rest")
        with Flow(peer, address, "udp", rate=FLOOD):
            before = bench.missed()
            _rounds(bench, attack, "a ring that is not refilled")
            lost = bench.missed() - before
        ksft_gt(lost, 0, "its own frames are lost")
        ksft_gt(attack.said["operations"], 0, "frames taken in good rounds")
        ksft_pr(f"{lost} frames of its own lost")
    _works_again(bench)


def mailbox_flood(bench):
    """A guest floods the mailbox as fast as it can."""
    with Attack(bench, "mailbox") as attack:
        attack.tell("hold")
        vf = bench.stopped()
        ksft_gt(vf["malformed"], 0)
        _rounds(bench, attack, "a flood of messages")
        # the pauses are 1, 2, 4 seconds and so on, also if it resets itself
        ksft_le(bench.diagnosis()["times_stopped"] - vf["times_stopped"], 6)
    _works_again(bench)


def random_registers(bench):
    """A guest writes random values all over its BARs."""
    bench.expect_faults()
    with Attack(bench, "bars") as attack:
        _rounds(bench, attack, "random values in the BARs")
        ksft_gt(attack.said["operations"], 0)
    _works_again(bench)


def random_descriptors(bench):
    """A guest posts random descriptors."""
    bench.expect_faults()
    with Attack(bench, "descriptors") as attack:
        attack.tell("hold")
        vf = bench.stopped()
        ksft_gt(vf["queues_stopped"], 0)
        _rounds(bench, attack, "random descriptors")
        ksft_le(bench.diagnosis()["times_stopped"] - vf["times_stopped"], 6)
    _works_again(bench)


def without_pf(bench):
    """A guest accesses its BARs while the PF has no driver, and while it gets
    one."""
    bench.expect_faults()
    nic = bench.nic
    with Attack(bench, "bars") as attack:
        nic.fn.unbind()
        try:
            _rounds(bench, attack, "random values without a PF", "hold")
            attack.tell("hold")
            for _ in range(REBINDS):
                nic.fn.probe()
                nic.start()
                nic.fn.unbind()
        finally:
            nic.fn.probe()
            nic.start()
        attack.tell("rest")
        ksft_gt(attack.said["operations"], 0)
        for end in (bench.one, bench.two, nic.pf):
            ping(nic.peer, end)
    _works_again(bench)


def resets(bench):
    """A guest resets itself as fast as it can, with messages in between. It
    also does not help to send messages that drivers do not send."""
    before = bench.diagnosis()["times_stopped"]
    with Attack(bench, "resets") as attack:
        _rounds(bench, attack, "resets", "hold")
        ksft_gt(attack.said["resets"], 100)
        ksft_eq(bench.diagnosis()["times_stopped"], before)
        attack.tell("go")
        ksft_gt(bench.stopped()["malformed"], 0)
    _works_again(bench)


def tiny_pieces(bench):
    """A guest sends the shortest frames in the smallest pieces."""
    with Attack(bench, "pieces") as attack:
        _rounds(bench, attack, "frames of 14 pieces")
        ksft_gt(attack.said["operations"], 0)
        ksft_eq(attack.said["stops"], 0, "well formed")
    _works_again(bench)


def broadcasts(bench):
    """A guest sends broadcasts."""
    with Attack(bench, "broadcast") as attack:
        _rounds(bench, attack, "broadcasts")
        ksft_gt(attack.said["operations"], 0)
        ksft_eq(attack.said["stops"], 0, "well formed")
    _works_again(bench)


def large_broadcasts(bench):
    """A guest sends large TCP broadcasts that are split for each receiver."""
    with Attack(bench, "tso") as attack:
        _rounds(bench, attack, "large broadcasts")
        ksft_gt(attack.said["operations"], 0)
        ksft_eq(attack.said["stops"], 0, "well formed")
    _works_again(bench)


def _in_guest(case):
    """The same case from a guest."""
    def attack(bench):
        bench.attack_from_guest(True)
        defer(bench.attack_from_guest, False)
        case(bench)
    attack.__name__, attack.__doc__ = f"guest_{case.__name__}", case.__doc__
    return attack


ATTACKS = [ring_not_refilled, mailbox_flood, random_registers,
           random_descriptors, without_pf, resets, tiny_pieces, broadcasts,
           large_broadcasts]
# if there is little time, either from the host or from a guest
IN_HOST = ATTACKS if FULL else ATTACKS[:5]
IN_GUEST = ATTACKS if FULL else ATTACKS[5:]

if __name__ == "__main__":
    # a running guest takes CPU time from others, so its cases come last
    ksft_run(IN_HOST + [_in_guest(case) for case in IN_GUEST], setup=Bench)
