#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The example of a driver in user space, which forwards between two VFs.

One end is in a VLAN at the far end of the wire, the other end is a VF with its
driver, in another VLAN. (They are not both at the wire, since a NIC does not
deliver frames that it sends to its own address.) Each VF of the program has
one of these VLANs as port VLAN. So the program is the only path between the
ends.
"""

import re
import signal
import tempfile
from pathlib import Path

from lib import (End, Netns, Nic, cmd, defer, ksft_eq, ksft_ge, ksft_gt,
                 ksft_in, ksft_pr, ksft_run, ksft_true, ping, reaches,
                 transfer, wait_until)
from lib.fault import Faults
from lib.nic import vf_mac
from lib.regs import Registers
from lib.uapi import qcfg, reg

MIB = 1 << 20
VFS = 2
VLANS = (10, 20)
MTU = 1500
# the VF at the near end
NEAR = VFS
# length of the headers of IPv4 and ICMP, and of that of Ethernet
PING, ETH = 28, 14
SIZE = 16 * MIB
TOP = Path(__file__).parents[2]
SOURCE = TOP / "Documentation/examples/svnic-forward.c"


class Bench(Nic):
    """Two VFs with VFIO, and the ends that communicate through them."""

    def __init__(self):
        super().__init__()
        self.need_svnic("the program drives its registers")
        self.start(MTU)
        cmd("modprobe vfio-pci")
        room = tempfile.TemporaryDirectory()
        defer(room.cleanup)
        self.program = f"{room.name}/svnic-forward"
        cmd(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-I", TOP / "uapi",
             "-o", self.program, SOURCE])
        # deleting a name space removes its netdevs, or returns them to the
        # host
        spaces = [Netns(f"vlan{vid}") for vid in VLANS]
        for space in spaces:
            defer(space.delete)
        self.set_vfs(VFS + 1)
        defer(self.set_vfs, 0)
        self.fns = [self.vf(num) for num in range(VFS)]
        self.bdfs = [fn.bdf for fn in self.fns]
        for num, vid in enumerate(VLANS):
            self.set_vf_mac(num, vf_mac(num))
            self.set_vf(num, f"vlan {vid} spoofchk off trust on")
            self.fns[num].override("vfio-pci")
            self.fns[num].unbind()
            self.fns[num].probe()
            ksft_eq(self.fns[num].driver, "vfio-pci")
        self.set_vf_vlan(NEAR, VLANS[1])
        self.ends = [self._far(spaces[0]),
                     self.vf_end(NEAR, spaces[1], vf_mac(NEAR))]

    def _far(self, space):
        """A VLAN of the peer, in a name space of its own."""
        dev = f"wire{VLANS[0]}"
        self.peer.cmd(f"ip link add link {self.peer.dev} name {dev} type vlan "
                      f"id {VLANS[0]}")
        self.peer.cmd(f"ip link set dev {dev} netns {space.name}")
        return End(space, dev, 20, "wire").up(MTU)

    def fails(self, *args):
        """The program ends by itself with one line; returns that line."""
        done = cmd([self.program, *args], fail=False)
        return _one_line(done.returncode, done.stderr)

    def set_vf(self, num, args):
        """ip link set PF vf NUM ARGS."""
        cmd(f"ip link set dev {self.pf.dev} vf {num} {args}")

    def sent(self):
        """Frames that each VF has sent, by the device's counters."""
        return [self.vf_info(num)["stats"]["tx"]["tx_packets"]
                for num in range(VFS)]

    def registers(self, offset):
        """The value of a register of each VF."""
        for fn in self.fns:
            # a suspended function does not answer
            fn.write("power/control", "on")
        try:
            return [Registers(fn)[offset] for fn in self.fns]
        finally:
            for fn in self.fns:
                fn.write("power/control", "auto")

    def was_reset(self):
        """Check that both VFs have lost the registers that the program
        wrote."""
        ksft_eq(self.registers(reg("REG_CTRL")), [0] * VFS)
        ksft_eq([status & reg("STATUS_ENABLED") for status in
                 self.registers(reg("REG_STATUS"))], [0] * VFS)
        # a register that survives clearing ENABLE
        ksft_eq(self.registers(qcfg(0, "STATE_BASE_LO")), [0] * VFS)

    def wait_traffic(self, before):
        """Wait for a hundred more frames in each direction."""
        wait_until(lambda: min(now - then for now, then in
                               zip(self.sent(), before)) > 100, "traffic")


def _one_line(status, stderr):
    ksft_gt(status, 0)
    ksft_eq(len(stderr.splitlines()), 1, stderr)
    ksft_pr(stderr.rstrip())
    return stderr


class Forwarder:
    """The program with both VFs; it is ended with the context."""

    def __init__(self, bench):
        self.bench = bench
        self.frames, self.bytes, self.dropped = [0, 0], [0, 0], [0, 0]

    def __enter__(self):
        self.proc = self.bench.host.bkg([self.bench.program,
                                         *self.bench.bdfs])
        try:
            self.proc.wait_line("forwarding", "stdout")
        except Exception:
            self.proc.stop()
            raise
        return self

    def wait_addresses(self):
        """Wait until both VFs, in any order, have requested everything
        again."""
        left = set(self.bench.bdfs)
        while left:
            left.discard(self.proc.wait_line("has the address",
                                             "stdout").split()[0])

    def end(self, sig=signal.SIGTERM):
        """Send it a signal; returns the exit status. Its output is kept."""
        self.proc.proc.send_signal(sig)
        return self.wait()

    def wait(self):
        """Wait until it ends by itself; returns the exit status."""
        status = self.proc.wait()
        for num, frm in enumerate(reversed(self.bench.bdfs)):
            got = re.search(rf"^{frm} to {self.bench.bdfs[num]}: (\d+) frames,"
                            r" (\d+) bytes, (\d+) dropped$",
                            self.proc.stdout, re.M)
            if got:
                self.frames[num], self.bytes[num], self.dropped[num] = \
                    map(int, got.groups())
                ksft_pr(got[0])
        return status

    def failed(self):
        """It ends by itself with one line; returns that line."""
        return _one_line(self.wait(), self.proc.stderr)

    def __exit__(self, kind, *_):
        self.proc.stop()
        if kind:
            ksft_pr(self.proc.stdout[-1000:], self.proc.stderr)


def bad_arguments(bench):
    """Each is reported in one line, and nothing is changed."""
    one, two = bench.bdfs
    for args in (), (one,), (one, two, one), (one, one):
        ksft_in("usage: svnic-forward", bench.fails(*args))
    ksft_in("no such function", bench.fails(one, "nonsense"))
    bench.fns[1].unbind()
    try:
        ksft_in("vfio-pci", bench.fails(one, two))
    finally:
        bench.fns[1].probe()


def not_trusted(bench):
    """A VF that may not be promiscuous is reported, with the remedy."""
    defer(bench.set_vf, 1, "trust on")
    bench.set_vf(1, "trust off")
    ksft_in(f"{bench.bdfs[1]}: not trusted", bench.fails(*bench.bdfs))


def forwards(bench):
    """Frames of all sizes pass and are counted; without it no frame passes."""
    one, two = bench.ends
    ksft_true(not reaches(one, two), "another way than through the program")
    before = bench.sent()
    with Forwarder(bench) as forwarder:
        # after the last try of ARP for the failed ping, the next ping is lost
        wait_until(lambda: reaches(one, two), "a way")
        for src, dst in (one, two), (two, one):
            ksft_pr(f"RTT {ping(src, dst, 20):.2f} ms")
            ping(src, dst, size=MTU - PING, opts="-M do")
            ping(src, dst, six=True)
        rates = [transfer(src, dst, SIZE) for src, dst in
                 ((one, two), (two, one))]
        transfer(one, two, MIB, six=True)
        for end in one, two:
            ksft_pr(f"{end}: {end.counters()}")
        ksft_eq(forwarder.end(), 0)
    rates.reverse()
    sent = [now - then for now, then in zip(bench.sent(), before)]
    for num, rate in enumerate(rates):
        ksft_pr(f"to {bench.ends[num]}: {forwarder.frames[num]} frames, "
                f"{rate:.0f} Mb/s of TCP")
        ksft_eq(forwarder.frames[num], sent[num], "the device's count")
        ksft_ge(forwarder.frames[num], SIZE // MTU)
        ksft_ge(forwarder.bytes[num], SIZE)
        ksft_ge(forwarder.bytes[num],
                forwarder.frames[num] * (ETH + PING))
        ksft_eq(forwarder.dropped[num], 0)
    # one line per second and VF
    ksft_ge(len(re.findall(r"^\S+: [\d.]+ frames/s, [\d.]+ Mb/s$",
                           forwarder.proc.stdout, re.M)), VFS)
    ksft_eq(forwarder.proc.stderr, "")
    bench.was_reset()


def interrupted(bench):
    """SIGINT works as well, also under traffic."""
    one, two = bench.ends
    before = bench.sent()
    with Forwarder(bench) as forwarder:
        with one.node.bkg(f"ping -q -f -s 1000 {two.v4}"):
            bench.wait_traffic(before)
            ksft_eq(forwarder.end(signal.SIGINT), 0)
    for frames in forwarder.frames:
        ksft_gt(frames, 100)


def killed(bench):
    """Killed under traffic, it leaves VFs that the next one can use."""
    one, two = bench.ends
    for sig in signal.SIGKILL, signal.SIGTERM:
        before = bench.sent()
        with Forwarder(bench) as forwarder:
            ping(one, two)
            with one.node.bkg(f"ping -q -f -s 1000 {two.v4}"):
                bench.wait_traffic(before)
                ksft_true(all(bench.registers(qcfg(0, "STATE_BASE_LO"))))
                ksft_eq(forwarder.end(sig),
                        0 if sig == signal.SIGTERM else -sig)
        bench.was_reset()
    ksft_eq([fn.driver for fn in bench.fns], ["vfio-pci"] * VFS)


def without_pf(bench):
    """A running program continues to forward while the PF's driver is away,
    and when it is back. A program that is started meanwhile waits, and can be
    ended."""
    one, two = bench.ends

    def absent():
        defer(bench.start, MTU)
        back = defer(bench.fn.probe)
        bench.fn.unbind()
        return back

    with Forwarder(bench) as forwarder:
        back = absent()
        ping(one, two)
        back()
        forwarder.wait_addresses()
        ping(one, two)
        absent()
        ksft_eq(forwarder.end(), 0)
        ksft_eq(forwarder.proc.stderr, "")
    with bench.host.bkg([bench.program, *bench.bdfs]) as waiting:
        waiting.wait_line("waits for the driver of its PF")
        waiting.proc.terminate()
        ksft_eq(waiting.wait(), 0)


def unanswered(bench):
    """A request that the PF's driver leaves unanswered when it is removed does
    not delay frames, and the next driver answers it."""
    one, two = bench.ends
    faults, busy = Faults(bench.fn), reg("STATUS_MBX_BUSY")
    defer(faults.clear)
    with Forwarder(bench) as forwarder:
        defer(bench.start, MTU)
        back = defer(bench.fn.probe)
        bench.fn.unbind()
        for fn in range(1, 1 + VFS):
            # the driver is removed after they have read STATUS
            faults.read(fn, reg("REG_STATUS"), 0, mask=reg("STATUS_PF_AWAY"))
            faults.event(fn, reg("EVENT_NOTIFY"), data=reg("NOTIFY_CONFIG"))
        wait_until(lambda: all(status & busy for status in
                               bench.registers(reg("REG_STATUS"))), "requests")
        for src, dst in (one, two), (two, one):
            ping(src, dst)
        ksft_eq([status & busy for status in
                 bench.registers(reg("REG_STATUS"))], [busy] * VFS)
        faults.clear()
        back()
        forwarder.wait_addresses()
        ping(one, two)
        ksft_eq(forwarder.end(), 0)
        ksft_eq(forwarder.proc.stderr, "")


def failed_device(bench):
    """A device that fails, or that clears its settings, ends the program; when
    the program starts, it does not wait for such a device."""
    one, two = bench.ends
    faults, fn = Faults(bench.fn), 1
    defer(faults.clear)
    status = reg("REG_STATUS")
    faults.fatal(fn)
    ksft_in("the device failed", bench.fails(*bench.bdfs))
    faults.clear()
    for value, mask, said in (
            (reg("STATUS_FATAL"), reg("STATUS_FATAL"), "the device failed"),
            (0, reg("STATUS_READY"), "not usable"),
            (0, reg("STATUS_ENABLED"), "not usable"),
            (reg("ERR_DMA") << reg("STATUS_ERROR_SHIFT"), 0xffff0000,
             "not usable")):
        with Forwarder(bench) as forwarder:
            ping(one, two, 1)
            faults.read(fn, status, value, mask=mask)
            ksft_in(f"{bench.bdfs[0]}: {said}", forwarder.failed())
        faults.clear()


def administered(bench):
    """After a change by the administrator it makes its requests again; without
    trust it ends."""
    one, two = bench.ends
    mac = vf_mac(0x77)
    defer(bench.set_vf_mac, 0, vf_mac(0))
    defer(bench.set_vf, 0, "trust on")
    with Forwarder(bench) as forwarder:
        bench.set_vf_mac(0, mac)
        forwarder.proc.wait_line(f"{bench.bdfs[0]} has the address {mac}",
                                 "stdout")
        ping(one, two)
        bench.set_vf(0, "trust off")
        ksft_in("not trusted", forwarder.failed())


def lesser_device(bench):
    """A device without EVENT_IDX, and one with the smallest rings."""
    one, two = bench.ends
    faults = Faults(bench.fn)
    defer(faults.clear)
    for num in range(VFS):
        faults.read(1 + num, reg("REG_FEATURES_LO"), 0,
                    mask=reg("F_EVENT_IDX"))
    # the rings of both have that size
    faults.read(1, reg("REG_RING_LIMITS"), 6 << 8, mask=0xff00)
    with Forwarder(bench) as forwarder:
        for src, dst in (one, two), (two, one):
            ping(src, dst)
            transfer(src, dst, MIB)
        ksft_eq(forwarder.end(), 0)
    ksft_gt(faults.hits(), VFS)


def lying_device(bench):
    """Invalid data that a device writes ends the program with a message; an
    event of an unknown type does not."""
    one, two = bench.ends
    faults, fn = Faults(bench.fn), 1
    defer(faults.clear)
    cmpl, state = qcfg(0, "CMPL_BASE_LO"), qcfg(0, "STATE_BASE_LO")
    for addr, size, word, flip, said in (
            (cmpl, 8192, 1, 0x8000, "bad completion"),
            (cmpl, 8192, 3, reg("RXC_SOP"), "bad completion"),
            (state, 128, 0, 0x80000000, "bad tx_cons")):
        with Forwarder(bench) as forwarder:
            ping(one, two, 1)
            faults.memory(fn, addr, size, word, flip)
            reaches(one, two)
            ksft_in(f"{bench.bdfs[0]}: {said}", forwarder.failed())
        faults.clear()
    with Forwarder(bench) as forwarder:
        # the cookie of a reply
        faults.memory(fn, reg("REG_MBX_BASE_LO"), 512, 2, 1)
        faults.event(fn, reg("EVENT_NOTIFY"), data=reg("NOTIFY_CONFIG"))
        ksft_in("bad answer", forwarder.failed())
    faults.clear()
    with Forwarder(bench) as forwarder:
        faults.event(fn, 0x77)
        ping(one, two)
        faults.event(fn, reg("EVENT_QUEUE_ERROR"))
        ksft_in("ring stopped", forwarder.failed())
    with Forwarder(bench) as forwarder:
        faults.read(fn, reg("REG_MAGIC"), 0xffffffff)
        faults.read(fn, reg("REG_STATUS"), 0xffffffff)
        ksft_in("is gone", forwarder.failed())
    faults.clear()
    with Forwarder(bench):
        ping(one, two)


if __name__ == "__main__":
    ksft_run([bad_arguments, not_trusted, forwards, interrupted, killed,
              without_pf, unanswered, failed_device, administered,
              lesser_device, lying_device], setup=Bench)
