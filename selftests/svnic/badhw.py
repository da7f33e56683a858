#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""NICs that the drivers must refuse, or that go away under them."""

import errno
from pathlib import Path

from lib import (CmdError, KsftSkip, Nic, cmd, defer, ksft_eq, ksft_in,
                 ksft_ne, ksft_raises, ksft_run, ksft_true, ping, wait_until)
from lib.drivers import Drivers, Paced, load, said
from lib.nic import DRIVERS, Function, write

# run.sh puts faulty devices behind root ports of bus 0; the port's slot tells
# the fault
FAULTS = {"bad_version": 0x14, "small_bar": 0x15, "no_msix": 0x16,
          "all_ones": 0x17}
COMMAND_MEMORY, COMMAND_MASTER = 2, 4
SRIOV_CTRL, VF_MEMORY = "ECAP10+8.w", 8


class Bench(Drivers):
    """PF, peer and two VFs in name spaces of their own."""

    def __init__(self):
        super().__init__(Nic())
        self.nic.need_svnic("not our drivers")
        self.home()
        for space in self.spaces:
            defer(space.delete)
        defer(self.nic.set_vfs, 0)


def _setpci(fn, reg, value=None, mask=None):
    """Read or write a register of the configuration space."""
    change = "" if value is None else f"={value:x}:{mask:x}"
    text = cmd(f"setpci -s {fn.bdf} {reg}{change}").stdout
    return int(text or "0", 16)


def _refused(name, text):
    """Probe says why in one line and leaves the device alone."""
    ports = Path(f"/sys/bus/pci/devices/0000:00:{FAULTS[name]:02x}.0")
    found = list(ports.glob("0000:*/vendor"))
    if not found:
        raise KsftSkip("no such device here")
    fn = Function(found[0].parent.name)
    ksft_eq(fn.driver, None)
    for turn in (1, 2):
        with ksft_raises(OSError) as raised:
            write(DRIVERS / "svnic/bind", fn.bdf)
        ksft_eq(getattr(raised.exception, "errno", 0), errno.ENODEV)
        lines = said(rf"svnic {fn.bdf}")
        ksft_eq(len(lines), turn, lines)
        ksft_in(text, lines[-1])
    ksft_eq(fn.driver, None)
    ksft_eq(_setpci(fn, "COMMAND") & COMMAND_MASTER, 0, "bus mastering")
    ksft_eq(fn.read("enable"), "0")


def bad_version(_bench):
    """Another version of the interface."""
    _refused("bad_version", "interface version 2.0, this driver speaks 1")


def small_bar(_bench):
    """A register BAR too small."""
    _refused("small_bar", "BAR 0 is too small")


def no_msix(_bench):
    """No MSI-X."""
    _refused("no_msix", "device has no MSI-X")


def all_ones(_bench):
    """A device that is gone before it is probed."""
    _refused("all_ones", "device does not answer as an SV-NIC (0xffffffff)")


def _try_everything(end):
    """What users do to a netdev; the answer does not matter."""
    for opt, args in (("-S", ""), ("-d", ""), ("-G", "rx 512"), ("-x", ""),
                      ("-L", "combined 1"), ("-C", "rx-usecs 10"), ("", "")):
        end.ethtool(opt, args, fail=False)
    for args in ("mtu 1400", "address 02:5e:00:00:02:00", "promisc on",
                 "promisc off", "down", "up"):
        end.set(args, fail=False)
    end.link()


def gone_pf(bench):
    """The PF goes away under traffic: one message, no hang, rmmod works."""
    nic, fn = bench.nic, bench.nic.fn
    one, two = bench.vfs()
    with Paced(one, two) as vfs, \
            load((nic.pf, nic.peer), (nic.peer, nic.pf)):
        _setpci(fn, "COMMAND", 0, COMMAND_MEMORY)
        wait_until(lambda: not nic.pf.carrier(), "no carrier", 10)
        vfs.wait_moving()
        ksft_eq(_setpci(fn, "COMMAND") & COMMAND_MASTER, 0, "bus mastering")
        _try_everything(nic.pf)
        with ksft_raises(CmdError):
            nic.set_vf_mac(0, "02:5e:00:00:02:00")
    ksft_true(not nic.pf.carrier(), "carrier of a device that is gone")
    ksft_eq(len(said(f"{fn.bdf}.*is gone")), 1, said(fn.bdf))
    bench.unload("svnic")
    ksft_eq(len(said(f"{fn.bdf}.*is gone")), 1, said(fn.bdf))
    ksft_true(not (fn.path / "virtfn0").exists(), "VFs stay")
    bench.load("svnic")
    ksft_ne(fn.netdev(), None)
    bench.works(*bench.vfs())


def gone_vfs(bench):
    """VFs go away under traffic: one message each, the PF goes on."""
    nic = bench.nic
    one, two = bench.vfs()
    fns = [nic.vf(num) for num in range(2)]
    with Paced(nic.pf, nic.peer) as stream:
        with load((one, nic.peer), (nic.pf, two)):
            _setpci(nic.fn, SRIOV_CTRL, 0, VF_MEMORY)
            for end in (one, two):
                wait_until(lambda e=end: not e.carrier(), "no carrier", 10)
            _try_everything(one)
        for fn in fns:
            ksft_eq(len(said(f"{fn.bdf}.*is gone")), 1, said(fn.bdf))
        bench.unload("svnicvf")
        _setpci(nic.fn, SRIOV_CTRL, VF_MEMORY, VF_MEMORY)
        bench.load("svnicvf")
        stream.wait_moving()
    one, two = bench.vf(0), bench.vf(1)
    ping(one, two)
    bench.works(one, two)


if __name__ == "__main__":
    ksft_run([bad_version, small_bar, no_msix, all_ones, gone_pf, gone_vfs],
             setup=Bench)
