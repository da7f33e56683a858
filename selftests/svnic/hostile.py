#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A VF whose user is hostile, and what its neighbours notice: nothing.

The user owns the VF through VFIO and needs no driver (lib/hostile.c). What the
neighbours move is bounded to a part of what the emulated machine can do: two
emulated CPUs and one emulator's lock are shared by all, which is not the NIC's
doing. So what is seen is whether the NIC or the PF's driver lets them wait.
Rounds with and without the attack take turns, their medians are compared.
"""

import contextlib
import json
import statistics
import tempfile
import time
from pathlib import Path

from lib import (FULL, Netns, Nic, cmd, defer, ksft_eq, ksft_expect_log,
                 ksft_figure, ksft_ge, ksft_gt, ksft_le, ksft_pr, ksft_run,
                 ksft_true, ping, transfer, wait_until)
from lib.flow import Flow
from lib.nic import vf_mac

MIB = 1 << 20
ATTACKER = 2
# octets a second of each neighbour, and of the flood that nobody takes
RATE = 2 * MIB
FLOOD = 2 * MIB
ROUNDS = 5 if FULL else 3
SECONDS = 4 if FULL else 3
LEAST = 0.95
SOURCE = Path(__file__).parent / "lib/hostile.c"
UAPI = Path(__file__).parents[2] / "uapi"


class Attack:
    """The hostile user of a VF, while the context lasts."""

    def __init__(self, bench, what):
        self.bench, self.what = bench, what
        self.vf = bench.nic.vf(ATTACKER)
        self.said = {}

    def __enter__(self):
        vf = self.vf
        self.bench.nic.devlink(f"health dump clear {self.bench.reporter}")
        if vf.driver:
            vf.unbind()
        vf.override("vfio-pci")
        vf.probe()
        ksft_eq(vf.driver, "vfio-pci")
        self.proc = self.bench.nic.host.bkg([self.bench.program, vf.bdf,
                                             self.what], stdin=True)
        self.proc.wait_line("ready")
        return self

    def tell(self, command):
        """go, hold or rest; when it has heard."""
        self.proc.proc.stdin.write(command + "\n")
        self.proc.proc.stdin.flush()
        self.said = json.loads(self.proc.proc.stdout.readline())

    def __exit__(self, kind, *_):
        """The end of VFIO's user is an FLR; the VF's driver comes back."""
        self.proc.close_stdin()
        status = self.proc.wait()
        vf = self.vf
        vf.unbind()
        # who has a tenant thrown out does not let the next one wait
        self.bench.nic.devlink(f"health recover {self.bench.reporter}")
        vf.override(None)
        vf.probe()
        if not kind:
            ksft_eq(status, 0, self.proc.stderr)


class Bench:
    """PF and two VFs that work, a third VF for the attacker."""

    def __init__(self):
        self.nic = Nic()
        self.nic.need_svnic("the attacks are for its registers")
        self.nic.start()
        cmd("modprobe vfio-pci")
        room = tempfile.TemporaryDirectory()
        defer(room.cleanup)
        self.program = f"{room.name}/hostile"
        cmd(["gcc", "-O2", "-Wall", "-I", UAPI, "-o", self.program, SOURCE])
        self.spaces = [Netns(f"vf{num}") for num in range(ATTACKER + 1)]
        self.nic.set_vfs(ATTACKER + 1)
        defer(self.close)
        self.one, self.two, _ = (self.nic.vf_end(num, self.spaces[num],
                                                 vf_mac(num))
                                 for num in range(ATTACKER + 1))
        self.reporter = f"pci/{self.nic.fn.bdf} reporter vf"

    def expect_faults(self):
        """The IOMMU may stop the attacker's DMA, and nobody else's."""
        ksft_expect_log(r"DMAR: .*Request device "
                        rf"\[{self.nic.vf(ATTACKER).bdf}\]")
        ksft_expect_log("DMAR: DRHD: handling fault status")

    def close(self):
        """Nothing of it stays."""
        for space in self.spaces:
            space.delete()
        self.nic.set_vfs(0)

    @contextlib.contextmanager
    def neighbours(self):
        """To the wire, from the wire, and the PF."""
        peer, pf = self.nic.peer, self.nic.pf
        with Flow(self.one, peer, rate=RATE) as out, \
                Flow(peer, self.two, rate=RATE) as back, \
                Flow(pf, peer, rate=RATE) as own:
            flows = [out, back, own]
            wait_until(lambda: min(f.received for f in flows) > MIB,
                       "the neighbours' transfers")
            yield flows

    def health(self):
        """State of the reporter."""
        shown = self.nic.devlink(f"health show {self.reporter}", parse=True)
        (reporter,), = shown["health"].values()
        return reporter["state"]

    def diagnosis(self):
        """What the reporter has counted of the attacker."""
        shown = self.nic.devlink(f"health diagnose {self.reporter}",
                                 parse=True)
        vf, = (vf for vf in shown["VFs"] if vf["vf"] == ATTACKER)
        return vf

    def stopped(self):
        """Wait until the attacker is stopped; what the dump says of it."""
        wait_until(lambda: self.health() == "error", "the VF to be stopped")
        dump = self.nic.devlink(f"health dump show {self.reporter}",
                                parse=True)
        vf, = dump["VFs"]
        ksft_eq(vf["vf"], ATTACKER)
        ksft_true(vf["stopped"], "stopped")
        ksft_gt(vf["pause"], 0)
        ksft_pr("stopped:", json.dumps(vf))
        return vf

    def missed(self):
        """Frames for the attacker that found no buffer."""
        return self.nic.vf_info(ATTACKER)["stats"]["rx"]["dropped"]


def _moved(flows):
    """Octets a second of all flows over a round."""
    start, before = time.monotonic(), sum(flow.received for flow in flows)
    time.sleep(SECONDS)
    end, after = time.monotonic(), sum(flow.received for flow in flows)
    return (after - before) / (end - start)


def _rounds(bench, attack, what):
    """Rounds with and without the attack, and what is left in those with it."""
    good, bad = [], []
    with bench.neighbours() as flows:
        for _ in range(ROUNDS):
            attack.tell("rest")
            good.append(_moved(flows))
            attack.tell("go")
            bad.append(_moved(flows))
        attack.tell("rest")
    ksft_pr(f"{what}: {attack.said}")
    ksft_pr("MB/s without:", *(f"{r / 1e6:.2f}" for r in good),
            "with:", *(f"{r / 1e6:.2f}" for r in bad))
    without, left = statistics.median(good), statistics.median(bad)
    ksft_ge(without, 0.8 * 3 * RATE, "this machine is too slow for the load")
    ksft_figure(f"neighbours of {what}",
                f"{100 * left / without:.1f} % of {without * 8e-6:.1f} Mb/s",
                "at least 95 %", left >= LEAST * without)


def _works_again(bench):
    """FLR made the VF as new: its driver has it, and traffic flows."""
    wait_until(lambda: bench.health() == "healthy", "a healthy reporter")
    space = bench.spaces[ATTACKER]
    start = time.monotonic()
    end = bench.nic.vf_end(ATTACKER, space)
    ping(end, bench.nic.peer)
    ksft_pr(f"works {time.monotonic() - start:.1f} s after the attack")
    transfer(end, bench.nic.peer, MIB)
    transfer(bench.nic.peer, end, MIB)
    ksft_eq(end.mac, vf_mac(ATTACKER))


def ring_not_refilled(bench):
    """A guest that stops refilling its ring while it is flooded."""
    peer = bench.nic.peer
    with Attack(bench, "stuck") as attack:
        # nobody answers ARP for it
        address = f"{bench.one.v4.rsplit('.', 1)[0]}.99"
        peer.cmd(f"ip neigh replace {address} lladdr {vf_mac(ATTACKER)} dev "
                 f"{peer.dev} nud permanent")
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
    """A guest that floods the mailbox as fast as it can."""
    with Attack(bench, "mailbox") as attack:
        attack.tell("hold")
        vf = bench.stopped()
        ksft_gt(vf["malformed"], 0)
        _rounds(bench, attack, "a flood of messages")
        # the pauses are 1, 2, 4 seconds and so on, whatever it resets
        ksft_le(bench.diagnosis()["times_stopped"] - vf["times_stopped"], 6)
    _works_again(bench)


def random_registers(bench):
    """A guest that writes random values over its whole BARs."""
    bench.expect_faults()
    with Attack(bench, "bars") as attack:
        _rounds(bench, attack, "random values in the BARs")
        ksft_gt(attack.said["operations"], 0)
    _works_again(bench)


def random_descriptors(bench):
    """A guest that posts random descriptors."""
    bench.expect_faults()
    with Attack(bench, "descriptors") as attack:
        attack.tell("hold")
        vf = bench.stopped()
        ksft_gt(vf["queues_stopped"], 0)
        _rounds(bench, attack, "random descriptors")
        ksft_le(bench.diagnosis()["times_stopped"] - vf["times_stopped"], 6)
    _works_again(bench)


if __name__ == "__main__":
    ksft_run([ring_not_refilled, mailbox_flood, random_registers,
              random_descriptors], setup=Bench)
