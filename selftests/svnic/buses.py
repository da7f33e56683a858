#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hot plug, unbinding and bus errors of a NIC whose VFs are in guests."""

import itertools
import json

from lib import (End, FULL, Guest, boot_guests, cmd, defer, ksft_eq, ksft_pr,
                 ksft_run, ping, transfer, wait_until)
from lib.aer import (BAD_TLP, COMPLETER_ABORT, DATA_LINK_ERROR, inject,
                     recovery)
from lib.drivers import Drivers, Paced, load, said
from lib.nic import vf_mac
from lib.slot import Slot

MIB = 1 << 20
SOME = 1 << 16      # bytes that show that a stream makes progress
UNPLUGS = 100 if FULL else 2
REMOVALS = 5 if FULL else 1
VFS = 3
# traffic in a guest, which ends with the guest
LOAD = "ping -i 0.02 {} > /dev/null 2>&1 < /dev/null &"


class Bench(Drivers):
    """VF 0 in a name space of the host, VF 1 and VF 2 in guests."""

    def __init__(self):
        super().__init__()
        self.slot = Slot(self.nic)
        defer(self.slot.fill)
        self.make_vfs()
        self.guests = [Guest(f"g{num}", vf=num) for num in range(1, VFS)]
        for guest in self.guests:
            defer(guest.stop)
        self.boot()

    def make_vfs(self):
        """New VFs, always with the same addresses."""
        self.nic.set_vfs(VFS)
        for num in range(VFS):
            self.nic.set_vf_mac(num, vf_mac(num))
        self.own = self.vf(0)

    def boot(self):
        """Boot both guests, with endless traffic."""
        boot_guests(*self.guests)
        for end in self.ends():
            end.cmd(["sh", "-c", LOAD.format(self.peer.v4)])

    def end(self, num):
        """VF NUM in its guest, up."""
        guest = self.guests[num - 1]
        return End(guest, guest.dev, 10 + num, guest.name).up()

    def ends(self):
        """The VFs of all guests."""
        return [self.end(num) for num in range(1, VFS)]

    def plug(self, num):
        """Plug VF NUM into its guest again."""
        self.guests[num - 1].plug(num)
        end = self.end(num)
        ksft_eq(end.mac, vf_mac(num))
        return end

    def all_work(self):
        """All ends reach each other, and the PF answers requests."""
        ends = self.ends()
        self.works(*ends)
        self.works(self.own)
        for end in (self.own, *ends):
            end.set("mtu 1400")
            end.set("mtu 1500")


def vf_hot_plug(bench):
    """A VF is unplugged from a running guest, and plugged again; streams
    survive."""
    one, two = bench.ends()
    with Paced(one, bench.peer) as out, Paced(bench.pf, one) as back, \
            Paced(two, bench.peer) as other:
        for turn in range(UNPLUGS):
            bench.guests[0].unplug()
            ksft_eq(bench.guests[0].devs(), [])
            other.wait_moving(SOME)
            bench.plug(1)
            for stream in (out, back, other):
                stream.wait_moving(SOME)
            if turn % 10 == 9:
                ksft_pr(f"{turn + 1} of {UNPLUGS}")
    bench.all_work()


def _nic_goes(bench, how):
    """The NIC is removed with all its VFs; another one replaces it."""
    for _ in range(REMOVALS):
        with load((bench.pf, bench.peer), (bench.own, bench.pf)):
            how()
        for guest in bench.guests:
            ksft_eq(guest.devs(), [])
        wait_until(lambda: not bench.peer.carrier(), "the peer without link")
        bench.slot.plug()
        bench.home()
        bench.make_vfs()
        for num in range(1, VFS):
            bench.plug(num)
        bench.all_work()


def nic_hot_plug(bench):
    """The NIC is unplugged with notice: guests release their VFs."""
    _nic_goes(bench, bench.slot.unplug)


def nic_surprise(bench):
    """The NIC is removed without notice."""
    _nic_goes(bench, bench.slot.yank)


class _OfPf:
    """Driver of the PF."""

    def __init__(self, bench):
        self.bench, self.fn = bench, bench.nic.fn

    def unbind(self):
        """Unbind the driver."""
        self.fn.unbind()

    def bind(self):
        """Bind it again."""
        self.fn.probe()
        self.bench.home()

    def __str__(self):
        return "PF"


class _OfVf:
    """Driver of the VF in the host."""

    def __init__(self, bench):
        self.end, self.fn = bench.own, bench.nic.vf(0)

    def unbind(self):
        """Unbind the driver."""
        self.fn.unbind()

    def bind(self):
        """Bind it again: its netdev appears, with or without the PF's
        driver."""
        self.fn.probe()
        cmd(f"ip link set dev {self.fn.netdev()} netns {self.end.node} "
            f"name {self.end.dev}")

    def __str__(self):
        return "VF"


class _InGuest:
    """Driver of the VF in the first guest."""

    def __init__(self, bench):
        self.guest = bench.guests[0]

    def unbind(self):
        """Unbind the driver."""
        self.guest.cmd(["sh", "-c", "cd /sys/bus/pci/drivers/svnicvf && "
                        "echo 0000:* > /tmp/bdf && cat /tmp/bdf > unbind"])

    def bind(self):
        """Bind it again."""
        self.guest.cmd(["sh", "-c",
                        "cat /tmp/bdf > /sys/bus/pci/drivers_probe"])
        self.guest.dev, = self.guest.devs()

    def __str__(self):
        return "guest"


def unbind_in_any_order(bench):
    """Drivers of PF, VF and a guest's VF are unbound and bound in many
    orders."""
    three = [_OfPf(bench), _OfVf(bench), _InGuest(bench)]
    orders = list(itertools.permutations(three))
    # in two of these orders the PF is first and last
    for num, out in enumerate(orders if FULL else orders[::3]):
        # two orders of unbinding, each with one of binding; with FULL all
        # pairs
        for back in orders if FULL else [orders[-num]]:
            ksft_pr("out:", *out, "back:", *back)
            with Paced(bench.end(2), bench.peer) as stream:
                for what in out:
                    what.unbind()
                    stream.wait_moving(SOME)
                for what in back:
                    what.bind()
                stream.wait_moving(SOME)
            bench.own.up()
            one = bench.end(1)
            for end in (bench.own, one):
                ping(end, bench.pf)
                ping(bench.peer, end)
    bench.all_work()


def modules(bench):
    """Modules are unloaded and loaded under traffic, in host and guest."""
    one, two = bench.ends()
    pf_mod, vf_mod = bench.nic.pf_driver, bench.nic.vf_driver
    for out in (vf_mod, pf_mod), (pf_mod, vf_mod):
        with Paced(one, two) as stream:
            with load((bench.own, bench.peer), (bench.peer, bench.pf)):
                bench.unload(*out, bench.lib)
                stream.wait_moving(SOME)
            bench.load(pf_mod, vf_mod)
            bench.own = bench.vf(0)
            stream.wait_moving(SOME)
        with Paced(two, bench.pf) as stream, load((bench.own, two)):
            one.cmd(f"rmmod {vf_mod} {bench.lib}")
            stream.wait_moving(SOME)
            one.cmd(f"modprobe {vf_mod}")
        one = bench.end(1)
    bench.all_work()


def taken(bench):
    """VFIO is unbound from a VF of a guest; the VF is used by the host then."""
    nic, guest = bench.nic, bench.guests[0]
    for pf_away in (False, True) if FULL else (True,):
        with Paced(bench.end(2), bench.peer) as stream:
            fn = nic.vf(1)
            if pf_away:
                nic.fn.unbind()
            fn.unbind()
            ksft_eq(guest.devs(), [])
            fn.override(None)
            fn.probe()
            ksft_eq(fn.driver, nic.vf_driver)
            if pf_away:
                # otherwise it may get the name of the PF's netdev
                cmd(f"ip link set dev {fn.netdev()} name taken")
                nic.fn.probe()
                bench.home()
            stream.wait_moving(SOME)
            end = bench.vf(1)
            ping(end, bench.pf)
            transfer(bench.peer, end, 4 * MIB)
            fn.unbind()
            bench.plug(1)
            stream.wait_moving(SOME)
    bench.all_work()


def _status(guest):
    return json.loads(cmd(f"lab-qmp --guest {guest} query-status")
                      .stdout)["status"]


def corrected(bench):
    """Errors that the link has corrected: they have no effect."""
    for fn in (bench.nic.vf(1), bench.nic.fn, bench.slot.port):
        with Paced(bench.end(1), bench.peer) as stream:
            inject(fn, correctable=BAD_TLP)
            wait_until(lambda f=fn: said(f"{f.bdf}.*BadTLP"), "the error")
            stream.wait_moving(SOME)
    ksft_eq(said("device recovery"), [])
    ksft_eq([_status(guest) for guest in bench.guests], ["running"] * 2)


def _errs(bench, fn, error):
    """Inject ERROR in FN. VFIO stops guests at any error; other drivers
    recover."""
    inject(fn, error)
    recovery("successful")
    for guest in bench.guests:
        wait_until(lambda g=guest: _status(g) == "internal-error",
                   f"{guest} to be stopped")
        guest.kill()
    for end in (bench.pf, bench.own):
        wait_until(end.carrier, f"link of {end}")
        end.up()
    bench.works(bench.own)
    bench.boot()
    bench.all_work()


def error_of_vf(bench):
    """A non-fatal error of a VF of a guest."""
    _errs(bench, bench.nic.vf(1), COMPLETER_ABORT)


def error_of_port(bench):
    """A fatal error of the root port while guests have VFs."""
    _errs(bench, bench.slot.port, DATA_LINK_ERROR)


def error_unrecovered(bench):
    """No recovery with VFs in guests: all work again after a manual reset."""
    fn = bench.nic.vf(0)
    fn.unbind()
    fn.override("pci-stub")
    defer(fn.override, None)
    cmd("modprobe pci-stub")
    fn.probe()
    ksft_eq(fn.driver, "pci-stub")
    inject(bench.nic.vf(1), COMPLETER_ABORT)
    recovery("failed")
    for guest in bench.guests:
        guest.kill()
    bench.nic.fn.write("reset", 1)
    wait_until(bench.pf.carrier, "link of the PF")
    fn.unbind()
    fn.override(None)
    fn.probe()
    bench.own = bench.vf(0)
    bench.boot()
    bench.all_work()


if __name__ == "__main__":
    # only with FULL: what takes long and is similar to another case
    ksft_run([vf_hot_plug, unbind_in_any_order, modules, taken, corrected,
              error_of_port, nic_surprise,
              *([error_of_vf, error_unrecovered, nic_hot_plug] if FULL else
                [])], setup=Bench)
