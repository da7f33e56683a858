#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Failures of allocations: each call by which the drivers get memory, vectors
and so on fails once. The old state is kept or restored, nothing leaks, and the
next try works."""

import collections
import errno
import os
import random
import socket
import time
from pathlib import Path

from lib import (FULL, End, KsftFail, KsftSkip, cmd, defer, ksft_eq,
                 ksft_expect_log, ksft_gt, ksft_pr, ksft_run, ksft_true, wait_until)
from lib.control import Control
from lib.drivers import Drivers, Paced, said
from lib.fault import Faults
from lib.frames import BROADCAST, Watch, frame, mark, send
from lib.inject import Failures
from lib.nic import DRIVERS, vf_mac, write
from lib.sleep import POWER, need_sleep_test, sleep_devices
from lib.uapi import reg
from lib.vfio import held

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
# every call up to ALL, then in steps that grow with the number
ALL, GROWTH = 8, 4
# ring size that is sufficient here
SMALL = (128, 128)
# seconds in which an interface recovers by itself
HEALED = 30
# number of pages that may be refused, and of datagrams that keep more pages
# than a pool has
PAGES, DATAGRAMS = 1000, 4000
# missing in Python's socket module
SO_RCVBUFFORCE = 33
SENDER = f"""
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    for _ in range({DATAGRAMS}):
        sender.sendto(bytes(1400), (sys.argv[1], int(sys.argv[2])))
"""


class Bench(Drivers):
    """PF, peer and two VFs in name spaces of their own."""

    def __init__(self):
        super().__init__()
        self.failures = Failures()
        self.macs = {self.pf.name: self.pf.mac, self.peer.name: self.peer.mac,
                     "vf0": vf_mac(0), "vf1": vf_mac(1)}
        self.one = None

    def ends(self):
        """PF and a VF that work, whatever the last case has left."""
        if not self.nic.fn.driver:
            self.nic.fn.probe()
            self.home()
        if not self.one or not self.crosses(self.one, 5):
            self.one = self.vfs()[0]
        for end in (self.pf, self.one):
            Control(end).set_rings(SMALL)
            self.works(end)
        return self.pf, self.one

    def crosses(self, end, timeout=0.3):
        """True if frames go from END to the peer and back."""
        there, back = mark(), mark()
        try:
            with Watch(self.peer) as at_peer, Watch(end) as at_end:
                send(end, frame(BROADCAST, self.macs[end.name], there))
                send(self.peer, frame(self.macs[end.name],
                                      self.macs[self.peer.name], back))
                return at_peer.wait(there, timeout) and \
                    at_end.wait(back, timeout)
        except OSError:
            # it is down or detached
            return False

    def works(self, end):
        """Check that frames pass in both directions, now or soon."""
        wait_until(lambda: self.crosses(end), f"{end} to work", HEALED)


def _numbers(growth=GROWTH):
    """Numbers of the calls that fail."""
    number = 1
    while True:
        yield number
        number += 1 if FULL or number < ALL else number // growth


class Steps:
    """Lets call after call of DO fail, until DO makes no more calls. OLD
    checks the state before DO, DONE the state after it; UNDO undoes it."""

    def __init__(self, bench, what, do, undo, old, done,
                 growth=GROWTH):
        self.failures, self.what = bench.failures, what
        self.do, self.undo, self.old, self.done = do, undo, old, done
        self.growth = growth
        self.errors = collections.Counter()

    def _step(self, number):
        # to find the step that has caused errors in the log
        Path("/dev/kmsg").write_text(f"failures: {self.what}, call {number}\n")
        met, error = self.failures.nth(number, self.do)
        if error:
            if not met:
                raise KsftFail(f"{self.what}: {error} without a failure")
            self.errors[errno.errorcode.get(error.errno)] += 1
            self.old()
            self.do()
        elif met:
            self.errors["none"] += 1
        self.done()
        self.undo()
        return met

    def run(self):
        """All steps; the number of the first call that DO does not make."""
        start = time.monotonic()
        for rounds, number in enumerate(_numbers(self.growth), 1):
            try:
                if not self._step(number):
                    break
            except Exception:
                ksft_pr(f"{self.what}: call {number} failed")
                raise
        ksft_pr(f"{self.what}: {rounds} rounds, less than {number} "
                f"calls, errors {dict(self.errors)}, "
                f"{time.monotonic() - start:.1f} s")
        return number


def calls_fail(case):
    """Common part of cases with failures: expected lines of the log, and the
    check for leaks. This check takes long. Once for the whole file (run.sh) is
    enough to find a leak; after each case it finds the case."""
    def wrapped(bench):
        # a failed allocation may print the stack of the caller
        ksft_expect_log("Call Trace|ref_tracker: memory allocation failure")
        # the kernel warns when it removes files of /proc/irq that it could not
        # create
        ksft_expect_log("fs/proc/generic.c:[0-9]+ at remove_proc_entry")
        case(bench)
        if FULL:
            cmd("lab-klog leaks")
    wrapped.__name__, wrapped.__doc__ = case.__name__, case.__doc__
    return wrapped


def _open(bench, end, ctl, growth=GROWTH):
    ctl.set_up(False)
    Steps(bench, f"{end}: up", lambda: ctl.set_up(True),
          lambda: ctl.set_up(False), lambda: ksft_true(not ctl.up),
          lambda: bench.works(end), growth).run()
    ctl.set_up(True)


@calls_fail
def opens(bench):
    """An interface is brought up."""
    for end in bench.ends():
        _open(bench, end, Control(end))


def _setting(bench, end, ctl, what, old, new):
    """A setting changes from OLD to NEW; END works with both, if it is up."""
    def put(value):
        getattr(ctl, f"set_{what}")(value)

    def is_now(value):
        ksft_eq(getattr(ctl, what), value, f"{end}: {what}")
        if ctl.up:
            bench.works(end)

    put(old)
    Steps(bench, f"{end}: {what} from {old} to {new}", lambda: put(new),
          lambda: put(old), lambda: is_now(old), lambda: is_now(new)).run()


@calls_fail
def settings(bench):
    """-L, -G and the MTU."""
    for end in bench.ends():
        for setting in (("pairs", 1, 2), ("pairs", 2, 1),
                        ("rings", SMALL, (64, 256)), ("mtu", 1500, 1400)):
            _setting(bench, end, Control(end), *setting)
        Control(end).set_pairs(2)


@calls_fail
def settings_closed(bench):
    """The same for an interface that is down."""
    for end in bench.ends():
        ctl = Control(end)
        ctl.set_up(False)
        for setting in (("rings", SMALL, (64, 256)), ("pairs", 1, 2)):
            _setting(bench, end, ctl, *setting)
        ctl.set_pairs(2)
        ctl.set_up(True)


def _bind(fn, driver):
    write(DRIVERS / driver / "bind", fn.bdf)


def _comes_up(bench, fn, name):
    """Check that the new netdev of a function works."""
    end = End(bench.nic.host, fn.netdev(), 0, name)
    Control(end).set_rings(SMALL)
    Control(end).set_up(True)
    bench.works(end)


def _comes_and_goes(bench, what, fn, driver):
    """A driver is bound and unbound."""
    def unbound():
        ksft_eq(fn.driver, None)

    name = "vf0" if driver == bench.nic.vf_driver else "pf"
    fn.unbind()
    Steps(bench, f"probe of {what}", lambda: _bind(fn, driver), fn.unbind,
          unbound, lambda: _comes_up(bench, fn, name)).run()
    _bind(fn, driver)
    Steps(bench, f"remove of {what}", fn.unbind, lambda: _bind(fn, driver),
          lambda: None, unbound).run()


@calls_fail
def probes(bench):
    """Drivers are bound and unbound."""
    nic = bench.nic
    nic.set_vfs(0)
    _comes_and_goes(bench, "the PF", nic.fn, nic.pf_driver)
    bench.home()
    bench.ends()
    _comes_and_goes(bench, "a VF", nic.vf(0), nic.vf_driver)
    bench.one = bench.vf(0)
    bench.ends()


@calls_fail
def adopts(bench):
    """The PF's driver is bound and unbound while a guest has a VF, so that all
    VFs stay."""
    _, vf = bench.ends()
    nic, fn = bench.nic, bench.nic.fn

    def bind():
        _bind(fn, nic.pf_driver)

    def unbound():
        ksft_eq(fn.driver, None)
        ksft_eq(nic.vfs, 2)

    def works():
        _comes_up(bench, fn, "pf")
        bench.works(vf)

    with held(nic.vf(1)):
        fn.unbind()
        ksft_gt(Steps(bench, "probe of the PF with VFs", bind, fn.unbind,
                      unbound, works).run(), 1)
        bind()
        ksft_gt(Steps(bench, "remove of the PF with VFs", fn.unbind, bind,
                      lambda: None, unbound).run(), 1)
    bench.home()
    bench.ends()


@calls_fail
def sleeps(bench):
    """Drivers suspend PF and VFs, and resume them."""
    need_sleep_test()
    pf, vf = bench.ends()
    threads = POWER / "pm_async"
    defer(write, threads, threads.read_text().strip())
    # let the writer of /sys/power do all the work, without other threads
    write(threads, 0)

    def works():
        bench.works(pf)
        bench.works(vf)

    ksft_gt(Steps(bench, "sleep", lambda: sleep_devices(0), lambda: None, works,
                  works, growth=2).run(), 1)


def _translate(fn, kind):
    """Switch the IOMMU's translation for a function without a driver on or
    off."""
    (fn.path / "iommu_group/type").write_text(kind)


@calls_fail
def translated(bench):
    """An interface with DMA translated page by page is brought up."""
    nic = bench.nic
    nic.set_vfs(0)
    before = nic.fn.read("iommu_group/type")
    if before == "DMA":
        raise KsftSkip("opens does it")
    nic.fn.unbind()
    _translate(nic.fn, "DMA")
    nic.fn.probe()
    bench.home()
    Control(nic.pf).set_rings(SMALL)
    _open(bench, nic.pf, Control(nic.pf), 1)
    nic.fn.unbind()
    _translate(nic.fn, before)
    nic.fn.probe()
    bench.home()
    bench.works(nic.pf)


@calls_fail
def vfs(bench):
    """VFs are created and removed."""
    nic = bench.nic
    nic.set_vfs(0)
    auto = nic.fn.path / "sriov_drivers_autoprobe"
    defer(auto.write_text, "1")
    auto.write_text("0")

    def none():
        ksft_eq(nic.vfs, 0)
        ksft_true(not (nic.fn.path / "virtfn0").exists(), "VFs")
        bench.works(nic.pf)

    def two():
        ksft_eq(nic.vfs, 2)
        nic.set_vf_mac(1, vf_mac(1))

    Steps(bench, "sriov_numvfs 2", lambda: nic.set_vfs(2),
          lambda: nic.set_vfs(0), none, two).run()
    nic.set_vfs(2)
    Steps(bench, "sriov_numvfs 0", lambda: nic.set_vfs(0),
          lambda: nic.set_vfs(2), two, none).run()
    auto.write_text("1")
    bench.ends()


@calls_fail
def knobs(bench):
    """Settings of a VF by the administrator."""
    bench.ends()
    pci, pf = f"pci/{bench.nic.fn.bdf}", bench.pf.dev
    link = f"ip link set dev {pf} vf 0"
    ports = bench.nic.devlink("port show", parse=True)["port"]
    port = next(name for name, info in ports.items()
                if name.startswith(pci) and info.get("vfnum") == 0)
    for comm in (f"{link} mac {vf_mac(0)}", f"{link} vlan 7", f"{link} vlan 0",
                 f"{link} max_tx_rate 1000", f"{link} max_tx_rate 0",
                 f"{link} trust on", f"{link} trust off",
                 f"{link} spoofchk off", f"{link} spoofchk on",
                 f"{link} state disable", f"{link} state auto",
                 f"ip link show dev {pf}",
                 f"devlink port function set {port} hw_addr {vf_mac(0)}",
                 f"devlink port function rate set {port} tx_max 1gbit",
                 f"devlink port function rate set {port} tx_max 0",
                 f"devlink dev info {pci}", f"devlink resource show {pci}",
                 f"devlink health diagnose {pci} reporter vf",
                 f"devlink health recover {pci} reporter vf"):
        for number in _numbers():
            met, error = bench.failures.nth_of(number, comm.split())
            if not met:
                break
            if error:
                cmd(comm)
        if error:
            raise KsftFail(f"{comm}: {error}")
        ksft_pr(f"{comm}: less than {number} calls")
    bench.ends()


@calls_fail
def vectors(bench):
    """sriov_vf_msix_count."""
    bench.ends()
    fn = bench.nic.vf(0)
    fn.unbind()
    for count in (2, 3):
        for number in _numbers():
            met, error = bench.failures.nth(number, fn.write,
                                          "sriov_vf_msix_count", count)
            if not met:
                break
        ksft_eq(error, None)
        ksft_pr(f"{count} vectors: less than {number} calls")
    fn.probe()
    bench.one = bench.vf(0)
    bench.ends()


@calls_fail
def resets(bench):
    """A function is reset."""
    pf, vf = bench.ends()
    for end, fn in ((vf, bench.nic.vf(0)), (pf, bench.nic.fn)):
        Steps(bench, f"{end}: function reset",
              lambda f=fn: f.write("reset", 1), lambda: None, lambda: None,
              lambda e=end: (bench.works(e), bench.works(vf)),
              growth=2).run()


@calls_fail
def works(bench):
    """Deferred work, such as resets, with a failure somewhere."""
    rng = random.Random(SEED)
    ends = bench.ends()
    faults = Faults(bench.nic.fn)
    ksft_pr(f"SEED={SEED}")
    defer(bench.failures.some, 0)
    for turn in range(60 if FULL else 8):
        num = turn % 2
        end = ends[num]
        before = len(said(f"{end.dev}.*: resetting"))
        failed = len(said("not restored"))
        bench.failures.some(rng.choice((3, 10, 30)), rng.choice((1, 2, 3)))
        faults.event(num, reg("EVENT_FATAL"))
        wait_until(lambda e=end, b=before:
                   len(said(f"{e.dev}.*: resetting")) > b, "a reset", 10)
        wait_until(lambda e=end, f=failed: len(said("not restored")) > f or
                   bench.crosses(e), "the end of the reset")
        # otherwise the next ones fail as well, and pauses grow
        bench.failures.some(0)
        bench.works(end)
    ksft_pr("not restored:", len(said("not restored")))


@calls_fail
def traffic(bench):
    """Every fifth buffer cannot be allocated: receive rings run with fewer."""
    pf, vf = bench.ends()
    defer(bench.failures.some, 0)
    with Paced(bench.peer, pf) as one, Paced(bench.peer, vf) as two, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as idle:
        bench.failures.some(20, PAGES, ["fail_page_alloc"])
        # data that is not read keeps its pages, so the ring needs new ones
        idle.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        idle.bind((pf.v4, 0))
        bench.peer.cmd(["python3", "-c", SENDER, pf.v4,
                        str(idle.getsockname()[1])])
        for stream in (one, two):
            stream.wait_moving()
        refused = PAGES - bench.failures.left("fail_page_alloc")
        ksft_pr(f"pages refused: {refused}")
        ksft_gt(refused, 0)
        bench.failures.some(0)
        for stream in (one, two):
            stream.wait_moving()


if __name__ == "__main__":
    ksft_run([probes, adopts, vfs, opens, settings, settings_closed, knobs,
              vectors, resets, sleeps, works, traffic, translated], setup=Bench)
