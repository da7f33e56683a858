#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Functions that fail recover without help."""

import itertools
import os
import time

from lib import (Ping, cmd, defer, ksft_eq, ksft_ge, ksft_gt, ksft_le, ksft_ne,
                 ksft_pr, ksft_run, ksft_true, ping, reaches, wait_until)
from lib.aer import COMPLETER_ABORT, DATA_LINK_ERROR, inject, recovery
from lib.drivers import Drivers, said
from lib.nic import write
from lib.regs import LOST, Registers
from lib.uapi import qcfg, reg

TURNS = 10
# no producer can be this far ahead: the device stops the queue (section 4.3)
AHEAD = 0x40000000
# so many frames in both directions are two streams, and nothing else
FLOWING = 100
KINDS = {"TX": "transmit", "RX": "receive"}
# a queue is restarted this often within a minute, then the function is reset
RESTARTS = 5
# Sends COUNT numbered datagrams, PAUSE seconds apart, so that no queue becomes
# full. Prints the number of those that arrived, when none has for a while.
SEND = """
import socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[3])):
    sock.sendto(b"%60d" % number, (sys.argv[1], int(sys.argv[2])))
    time.sleep(float(sys.argv[4]))
"""
COUNT_THEM = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)
sock.bind((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
got = set()
sent = set(range(int(sys.argv[3])))
try:
    while got != sent:
        got.add(int(sock.recv(100)))
        sock.settimeout(10)
except TimeoutError:
    pass
print(*sorted(sent - got)[:20], len(got))
"""
# Changes the ring size of DEV as often as possible. With "down", DEV is set
# down immediately when this fails for the first time.
RESIZE = """
import array, fcntl, itertools, socket, struct, sys
GET, SET, SIOCETHTOOL, SIOCSIFFLAGS = 0x10, 0x11, 0x8946, 0x8914
sock = socket.socket()

def ring(rings):
    req = struct.pack("16sP8x", sys.argv[1].encode(), rings.buffer_info()[0])
    fcntl.ioctl(sock, SIOCETHTOOL, req)

for size in itertools.cycle((512, 256)):
    rings = array.array("I", [GET] + [0] * 8)
    try:
        ring(rings)
        rings[0], rings[5] = SET, size
        ring(rings)
    except OSError:
        if sys.argv[2] == "down":
            fcntl.ioctl(sock, SIOCSIFFLAGS,
                        struct.pack("16s24x", sys.argv[1].encode()))
            break
"""


class Bench(Drivers):
    """PF, peer and two VFs in name spaces of their own."""

    def ends(self):
        """Two new VFs, whatever the last case has left."""
        self.load(self.nic.pf_driver, self.nic.vf_driver)
        return self.vfs()

    def keep_vfs(self):
        """Hold VF 0 like a guest, so that the PF's driver leaves all VFs
        there."""
        vf = self.nic.vf(0)
        vf.unbind()
        vf.write("enable", 1)
        vf.override("vfio-pci")
        cmd("modprobe vfio-pci")
        vf.probe()
        ksft_eq(vf.driver, "vfio-pci")

        def free():
            vf.unbind()
            vf.override(None)
            vf.write("enable", 0)
        defer(free)


def _alive(bench, end):
    """True if the netdev is there and up, and reaches the wire."""
    end.set("up", fail=False)
    return reaches(end, bench.peer)


def _comes_back(bench, *vfs):
    for end in (bench.pf, *vfs):
        wait_until(lambda e=end: _alive(bench, e), f"{end} to come back")
        end.up()
    bench.works(*vfs)


def rings_lost(bench):
    """Neither the new nor the old rings start: a reset recovers this."""
    one, two = bench.ends()

    def lost(then, count):
        """The VF has not noticed yet that it was reset with the PF."""
        with one.node.bkg(["python3", "-c", RESIZE, one.dev, then]):
            bench.nic.fn.write("reset", 1)
            time.sleep(0.5)
        if len(said("queues lost")) > count:
            return True
        one.set("up", fail=False)
        return False

    for then in "up", "down":
        count = len(said("queues lost"))
        wait_until(lambda t=then, n=count: lost(t, n),
                   "a VF that loses its rings")
        _comes_back(bench, one, two)
    one.ethtool("-G", "rx 128")
    one.ethtool("-L", "combined 1")
    bench.works(one, two)


def dead_half(bench):
    """A receive ring stops without an event: the driver detects this."""
    one, two = bench.ends()
    for end, fn in ((one, bench.nic.vf(0)), (bench.pf, bench.nic.fn)):
        regs = Registers(fn)
        ctrl, resets = qcfg(0, "CTRL"), end.stats()["resets"]
        regs[ctrl] = reg("QCTRL_TX")
        wait_until(lambda r=regs: not r[qcfg(0, "STATUS")] & reg("QSTATUS_RX"),
                   f"the receive ring of {end} to stop")
        wait_until(lambda r=regs, c=ctrl: r[c] & reg("QCTRL_RX"),
                   f"the receive ring of {end} to run")
        ksft_eq(end.stats()["resets"], resets)
        ksft_true(end.carrier(), f"link of {end}")
    bench.works(one, two)


_ports = itertools.count(7300)


class Datagrams:
    """From SRC to DST, at most a thousand per second, until the end of the
    context and until all are sent; .sent, and at the end .got."""

    def __init__(self, src, dst, count=3000):
        self.sent, self.got = count, 0
        port = next(_ports)
        # resolve the address before
        ping(src, dst, count=1)
        self._recv = dst.node.bkg(["python3", "-c", COUNT_THEM, dst.v4,
                                   str(port), str(count)])
        self._recv.wait_line("ready", "stdout")
        self._send = src.node.bkg(["python3", "-c", SEND, dst.v4, str(port),
                                   str(count), "0.001"])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for proc in (self._send, self._recv):
            if kind:
                proc.stop()
            else:
                ksft_eq(proc.wait(120), 0)
        if not kind:
            *missing, got = self._recv.stdout.split()
            if missing:
                ksft_pr("missing:", *missing)
            self.got = int(got)


class Queues:
    """The queue pairs of an end; the last pair has all the traffic."""

    def __init__(self, end, fn):
        self.end, self.regs = end, Registers(fn)
        end.ethtool("-L", "combined 2")
        self.receive(1)
        for pair, cpus in ((0, 0), (1, (1 << os.cpu_count()) - 1)):
            end.cmd(["sh", "-c", f"echo {cpus:x} > /sys/class/net/{end.dev}/"
                     f"queues/tx-{pair}/xps_cpus"])
        self.before = self._total()

    def receive(self, pair):
        """Receive on this pair only."""
        self.end.ethtool("-X", "weight 1 0" if pair == 0 else "weight 0 1")

    def _total(self):
        """Counters that only a reset changes."""
        path = f"/sys/class/net/{self.end.dev}/carrier_changes"
        return (self.end.stats()["resets"], len(said("resetting")),
                int(self.end.cmd(f"cat {path}").stdout))

    def runs(self, pair, half):
        """True if this half runs in the device."""
        return bool(self.regs[qcfg(pair, "STATUS")] & reg(f"QSTATUS_{half}"))

    def ring(self, pair, half):
        """Write an invalid index to the doorbell of a half, which then
        fails."""
        self.regs[self.regs.doorbell(pair, half)] = AHEAD

    def told(self, pair, half, what):
        """How often the driver has logged WHAT about this half."""
        return len(said(f"{self.end.dev}.*: {KINDS[half]} queue {pair} "
                        f"{what}"))

    def _stop(self, pair, half):
        """Write an invalid index until the half has stopped: the driver's next
        doorbell may overwrite it before the device looks at it."""
        before = self.told(pair, half, "stopped")
        for _ in range(TURNS):
            self.ring(pair, half)
            end = time.monotonic() + 2
            while time.monotonic() < end:
                if self.told(pair, half, "stopped") > before:
                    return

    def fail(self, pair, half):
        """Let a half fail, and wait until it runs again."""
        other = "RX" if half == "TX" else "TX"
        before = self.told(pair, half, "restarted")
        ksft_true(self.runs(pair, half), f"{half} of pair {pair}")
        self._stop(pair, half)
        wait_until(lambda: self.told(pair, half, "restarted") > before,
                   f"{half} of pair {pair}")
        ksft_true(self.runs(pair, half), f"{half} of pair {pair}")
        ksft_true(self.runs(pair, other), f"{other} of pair {pair}")

    def unmoved(self):
        """Check that there was no reset and no loss of link, and that nothing
        waits."""
        ksft_eq(self._total(), self.before)
        path = f"/sys/class/net/{self.end.dev}/queues/tx-1/byte_queue_limits"
        wait_until(lambda: self.end.cmd(f"cat {path}/inflight").stdout.strip()
                   == "0", "what is in flight to be sent")


def failed_queue(bench):
    """A failed queue is restarted, and nothing else is affected."""
    one, two = bench.ends()
    for end, fn in ((one, bench.nic.vf(0)), (bench.pf, bench.nic.fn)):
        queues = Queues(end, fn)
        # the other pair must not lose an answer
        with Ping(end, bench.peer):
            for half in KINDS:
                queues.fail(0, half)
        # the other half of the same pair must not lose a datagram
        for half, src, dst in (("TX", bench.peer, end),
                               ("RX", end, bench.peer)):
            with Datagrams(src, dst) as flow:
                time.sleep(0.5)
                queues.fail(1, half)
            ksft_eq(flow.got, flow.sent, f"{end}: {half} fails")
        # frames lost by a transmit queue are counted
        before = end.counters()["tx_dropped"]
        with Datagrams(end, bench.peer) as flow:
            time.sleep(0.5)
            queues.fail(1, "TX")
        dropped = end.counters()["tx_dropped"] - before
        ksft_pr(f"{end}: {flow.sent} sent, {flow.got} came, {dropped} dropped")
        ksft_ge(flow.got + dropped, flow.sent)
        ksft_gt(flow.got, flow.sent / 2)
        queues.unmoved()
        end.ethtool("-X", "default")
    bench.works(one, two)


class Counted:
    """What the device of an end has counted since the object was made."""

    def __init__(self, end, fn):
        self.end, self.regs = end, Registers(fn)
        self.before = self.regs.counters()

    def since(self, name):
        """How much a counter has grown."""
        return self.regs.counters()[name] - self.before[name]

    def moves(self):
        """Wait until it has sent and received frames from now on."""
        for name in "tx_packets", "rx_packets":
            before = self.since(name)
            wait_until(lambda n=name, b=before: self.since(n) > b + FLOWING,
                       f"{self.end}: {name}")

    def none_lost(self):
        """Check that the device has not lost a frame."""
        for name in LOST:
            ksft_eq(self.since(name), 0, f"{self.end}: {name}")


def replaced_rx(bench):
    """A receive ring is replaced under traffic. Its transmit ring and the other
    queues lose nothing, by the counters of the devices at both ends."""
    one, two = bench.ends()
    for end, fn in ((one, bench.nic.vf(0)), (bench.pf, bench.nic.fn)):
        queues = Queues(end, fn)
        queues.receive(0)
        here, there = Counted(end, fn), Counted(bench.peer, bench.peer_fn)
        # Received on pair 0, sent on pair 1. With the restarts of other cases,
        # these are fewer than RESTARTS.
        with Datagrams(bench.peer, end, 6000) as into, \
             Datagrams(end, bench.peer, 6000) as out:
            for _ in range(2):
                here.moves()
                queues.fail(1, "RX")
            here.moves()
        ksft_eq(into.got, into.sent, f"from {bench.peer} to {end}")
        ksft_eq(out.got, out.sent, f"from {end} to {bench.peer}")
        here.none_lost()
        there.none_lost()
        queues.unmoved()
        end.ethtool("-X", "default")
    bench.works(one, two)


def failing_queue(bench):
    """A queue fails again and again: the number of restarts is limited, then
    the function is reset."""
    one, two = bench.ends()
    for end, fn in ((one, bench.nic.vf(0)), (bench.pf, bench.nic.fn)):
        queues = Queues(end, fn)
        # restarts of new queues are counted from 0
        end.set("down")
        end.set("up")
        wait_until(lambda e=end: _alive(bench, e), f"{end} to be up")
        resets = len(said("resetting"))

        def reset():
            queues.ring(0, "TX")
            return len(said("resetting")) > resets

        wait_until(reset, "a reset")
        ksft_eq(queues.told(0, "TX", "restarted"), RESTARTS)
        wait_until(lambda e=end: _alive(bench, e), f"{end} to come back")
        ksft_le(len(said("resetting")), resets + 2)
        end.ethtool("-X", "default")
    bench.works(one, two)


def _requests(end):
    """Endless changes of the MTU: prints a dot for each that is granted, and
    requests that have timed out."""
    return ["sh", "-c", "i=0; while :; do i=$((i + 1)); "
            f"said=$(ip link set dev {end.dev} mtu $((1400 + i % 2)) 2>&1) && "
            "printf .; case $said in *'timed out'*) echo \"$said\" >&2; esac; "
            "done"]


def requests_in_reset(bench):
    """Requests of a VF while the PF is reset are answered."""
    one, two = bench.ends()
    with one.node.bkg(_requests(one)) as requests:
        for _ in range(TURNS):
            bench.nic.fn.write("reset", 1)
            wait_until(lambda: _alive(bench, one), "the VF")
    ksft_eq(requests.stderr, "")
    ksft_true(requests.stdout, "none was granted")
    one.set("mtu 1500")
    _comes_back(bench, one, two)


def takeover(bench):
    """A VF of the host makes requests while its PF is unbound and bound."""
    _, two = bench.ends()
    bench.keep_vfs()
    with two.node.bkg(_requests(two)) as requests:
        for _ in range(TURNS):
            bench.nic.fn.unbind()
            bench.nic.fn.probe()
            bench.home()
    ksft_eq(requests.stderr, "")
    ksft_true(requests.stdout, "none was granted")
    wait_until(lambda: not two.set("mtu 1400", fail=False).returncode,
               "the PF to answer")
    _comes_back(bench, two)


def late_pf(bench):
    """A VF whose PF has no driver yet: its netdev exists, and waits."""
    _, two = bench.ends()
    fn = bench.nic.vf(1)
    bench.keep_vfs()
    fn.unbind()
    bench.nic.fn.unbind()
    fn.probe()
    ksft_eq(fn.driver, "svnicvf")
    cmd(f"ip link set dev {fn.netdev()} netns {two.node.name} name {two.dev}")
    two.set("up")
    ksft_true(not two.carrier(), "carrier without a PF")
    for opt, args in (("-S", ""), ("-g", ""), ("-l", ""), ("-x", ""),
                      ("-G", "rx 256")):
        two.ethtool(opt, args, fail=False)
    two.set("mtu 1400", fail=False)
    bench.nic.fn.probe()
    bench.home()
    wait_until(two.carrier, "link of the VF")
    two.up()
    ksft_ne(two.mac, "00:00:00:00:00:00")
    bench.works(two)


def _stub(fn):
    """A driver without error handlers: no function recovers."""
    cmd("modprobe pci-stub")
    fn.unbind()
    fn.override("pci-stub")
    fn.probe()
    defer(fn.override, None)
    ksft_eq(fn.driver, "pci-stub")


def aer_recovers(bench):
    """Errors on the link: all functions recover."""
    one, two = bench.ends()
    for turn, error in enumerate((COMPLETER_ABORT, DATA_LINK_ERROR), 1):
        inject(bench.nic.fn, error)
        recovery("successful", turn)
        _comes_back(bench, one, two)


def aer_fails(bench):
    """Recovery fails: functions work again when they are reset manually."""
    one, two = bench.ends()
    _stub(bench.nic.vf(1))
    inject(bench.nic.vf(0), COMPLETER_ABORT)
    recovery("failed")
    bench.nic.fn.write("reset", 1)
    bench.nic.vf(0).write("reset", 1)
    _comes_back(bench, one)
    # after that, automatic recovery works again
    bench.nic.fn.write("reset", 1)
    _comes_back(bench, one)


def aer_ends(bench):
    """Recovery fails and the drivers are removed: nothing is logged."""
    bench.ends()
    _stub(bench.nic.vf(1))
    inject(bench.nic.fn, DATA_LINK_ERROR)
    recovery("failed")
    bench.unload("svnicvf", "svnic")
    # the reset of the link has cleared the addresses in the NIC's BARs
    bench.nic.fn.write("remove", 1)
    write("/sys/bus/pci/rescan", 1)
    bench.load("svnic", "svnicvf")
    bench.works(*bench.vfs())


if __name__ == "__main__":
    ksft_run([rings_lost, dead_half, failed_queue, replaced_rx,
              failing_queue, requests_in_reset, takeover, late_pf,
              aer_recovers, aer_fails, aer_ends], setup=Bench)
