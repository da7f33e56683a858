#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Functions that fail, and what brings them back: nobody has to help."""

import itertools

from lib import (cmd, defer, ksft_eq, ksft_ne, ksft_not_in, ksft_run,
                 ksft_true, reaches, wait_until)
from lib.aer import COMPLETER_ABORT, DATA_LINK_ERROR, inject, recovery
from lib.drivers import Drivers, said
from lib.nic import write
from lib.regs import Registers


class Bench(Drivers):
    """PF, peer and two VFs in name spaces of their own."""

    def ends(self):
        """Two new VFs, whatever the last case has left."""
        self.load(self.nic.pf_driver, self.nic.vf_driver)
        return self.vfs()

    def keep_vfs(self):
        """VF 0 is held as by a guest: the PF's driver leaves all VFs there."""
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
    """Is the netdev there and up, and does it reach the wire?"""
    end.set("up", fail=False)
    return reaches(end, bench.peer)


def _comes_back(bench, *vfs):
    for end in (bench.pf, *vfs):
        wait_until(lambda e=end: _alive(bench, e), f"{end} to come back")
        end.up()
    bench.works(*vfs)


def rings_lost(bench):
    """Neither the new nor the old rings start: a reset heals it."""
    one, two = bench.ends()
    # what it has already would change nothing
    sizes = itertools.cycle((512, 256))

    def lost():
        """The VF does not know yet that it was reset with the PF."""
        before = len(said("queues lost"))
        bench.nic.fn.write("reset", 1)
        one.ethtool("-G", f"rx {next(sizes)}", fail=False)
        return len(said("queues lost")) > before

    for then in "", "down":
        wait_until(lost, "a VF that loses its rings")
        if then:
            one.set(then)
        _comes_back(bench, one, two)
    one.ethtool("-G", "rx 128")
    one.ethtool("-L", "combined 1")
    bench.works(one, two)


def dead_half(bench):
    """A receive ring stops and nobody tells: the driver sees it."""
    one, two = bench.ends()
    for end, fn in ((one, bench.nic.vf(0)), (bench.pf, bench.nic.fn)):
        regs = Registers(fn)
        ctrl = regs.queue(0, "CTRL")
        regs[ctrl] = regs.value("SVNIC_QCTRL_TX")
        ksft_eq(regs[regs.queue(0, "STATUS")] &
                regs.value("SVNIC_QSTATUS_RX"), 0)
        wait_until(lambda r=regs, c=ctrl: r[c] & r.value("SVNIC_QCTRL_RX"),
                   f"the receive ring of {end}")
        wait_until(end.carrier, f"link of {end}")
    bench.works(one, two)


def _requests(end, count):
    return f"for i in $(seq {count}); do ip link set dev {end.dev} " \
        "mtu $((1400 + i % 2)) || :; done"


def requests_in_reset(bench):
    """Requests of a VF while the PF is reset: none waits in vain."""
    one, two = bench.ends()
    with one.node.bkg(["sh", "-c", _requests(one, 400)]) as requests:
        while requests.proc.poll() is None:
            bench.nic.fn.write("reset", 1)
            wait_until(lambda: _alive(bench, one), "the VF")
        ksft_not_in("timed out", requests.proc.stderr.read())
    one.set("mtu 1500")
    _comes_back(bench, one, two)


def takeover(bench):
    """A VF of the host asks while its PF's driver goes and comes."""
    _, two = bench.ends()
    bench.keep_vfs()
    with two.node.bkg(["sh", "-c", _requests(two, 200)]) as requests:
        while requests.proc.poll() is None:
            bench.nic.fn.unbind()
            bench.nic.fn.probe()
            bench.home()
        ksft_not_in("timed out", requests.proc.stderr.read())
    wait_until(lambda: not two.set("mtu 1400", fail=False).returncode,
               "the PF to answer")
    _comes_back(bench, two)


def late_pf(bench):
    """A VF whose PF has no driver yet: its netdev is there, and waits."""
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
    """A driver that knows nothing of errors: no function recovers."""
    cmd("modprobe pci-stub")
    fn.unbind()
    fn.override("pci-stub")
    fn.probe()
    defer(fn.override, None)
    ksft_eq(fn.driver, "pci-stub")


def aer_recovers(bench):
    """Errors on the link: all functions come back."""
    one, two = bench.ends()
    for turn, error in enumerate((COMPLETER_ABORT, DATA_LINK_ERROR), 1):
        inject(bench.nic.fn, error)
        recovery("successful", turn)
        _comes_back(bench, one, two)


def aer_fails(bench):
    """Recovery fails: functions come back when they are reset by hand."""
    one, two = bench.ends()
    _stub(bench.nic.vf(1))
    inject(bench.nic.vf(0), COMPLETER_ABORT)
    recovery("failed")
    bench.nic.fn.write("reset", 1)
    bench.nic.vf(0).write("reset", 1)
    _comes_back(bench, one)
    # what brings it back by itself works again, too
    bench.nic.fn.write("reset", 1)
    _comes_back(bench, one)


def aer_ends(bench):
    """Recovery fails and the drivers go: no word of it."""
    bench.ends()
    _stub(bench.nic.vf(1))
    inject(bench.nic.fn, DATA_LINK_ERROR)
    recovery("failed")
    bench.unload("svnicvf", "svnic")
    # the reset of the link has cost the NIC its addresses
    bench.nic.fn.write("remove", 1)
    write("/sys/bus/pci/rescan", 1)
    bench.load("svnic", "svnicvf")
    bench.works(*bench.vfs())


if __name__ == "__main__":
    ksft_run([rings_lost, dead_half, requests_in_reset, takeover, late_pf,
              aer_recovers, aer_fails, aer_ends], setup=Bench)
