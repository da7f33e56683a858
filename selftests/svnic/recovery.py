#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Functions that fail, and what brings them back: nobody has to help."""

from lib import Nic, defer, ksft_eq, ksft_run, wait_until
from lib.drivers import Drivers, said
from lib.regs import Registers


class Bench(Drivers):
    """PF, peer and two VFs in name spaces of their own."""

    def __init__(self):
        super().__init__(Nic())
        self.nic.need_svnic("not our drivers")
        self.home()
        for space in self.spaces:
            defer(space.delete)
        defer(self.nic.set_vfs, 0)
        self.pf, self.peer = self.nic.pf, self.nic.peer

    def ends(self):
        """Two new VFs, whatever the last case has left."""
        self.load(self.nic.pf_driver, self.nic.vf_driver)
        return self.vfs()


def _alive(end):
    """Is the netdev there, up and linked?"""
    end.set("up", fail=False)
    return end.cmd(f"ip link show dev {end.dev}", fail=False).returncode == 0 \
        and end.carrier()


def _comes_back(bench, *ends):
    for end in ends:
        wait_until(lambda e=end: _alive(e), f"{end} to come back")
        end.up()
    bench.works(*ends)


def rings_lost(bench):
    """Neither the new nor the old rings start: a reset heals it."""
    one, two = bench.ends()

    def lost():
        """The VF does not know yet that it was reset with the PF."""
        bench.nic.fn.write("reset", 1)
        one.ethtool("-G", f"rx {sizes[-1]}", fail=False)
        return len(said("queues lost")) == turn

    for turn, (sizes, then) in enumerate((((512,), ""), ((256,), "down")), 1):
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


if __name__ == "__main__":
    ksft_run([rings_lost, dead_half], setup=Bench)
