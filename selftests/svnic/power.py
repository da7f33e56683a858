#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The machine suspends and resumes: PF, VFs, settings and streams are
restored."""

import time
from pathlib import Path

from lib import (KsftSkip, cmd, defer, ksft_eq, ksft_gt, ksft_pr, ksft_run,
                 ksft_true)
from lib.drivers import Drivers, Paced
from lib.frames import Watch, frame, mark, send
from lib.nic import write
from lib.sleep import POWER, need_sleep_test, sleep_devices

GROUP = "01:00:5e:00:77:02"
# versions of the boot protocol; a kernel that QEMU unpacks itself has the
# second
BOOT_VERSION, PVH_VERSION = Path("/sys/kernel/boot_params/version"), 0x20c
# Seconds added to the alarm that ends the sleep, which must not come before
# the sleep has begun.
MARGIN = 4
NAP = 10


class Bench(Drivers):
    """PF, peer and two VFs in name spaces, with many settings changed."""

    def __init__(self):
        super().__init__()
        self.one, self.two = self.vfs()
        defer(self.pf.ethtool, "-G", "rx 1024 tx 1024")
        self.pf.ethtool("-G", "rx 512 tx 256")
        self.one.ethtool("-L", "combined 1")
        self.one.ethtool("-G", "rx 128 tx 128")
        self.two.ethtool("-C", "rx-usecs 33")
        for num, what in ((0, "trust on"), (0, "max_tx_rate 2000"),
                          (1, "spoofchk off"), (1, "min_tx_rate 100")):
            cmd(f"ip link set dev {self.pf.dev} vf {num} {what}")
        self.one.set("promisc on")
        self.two.set("mtu 1400")
        self.two.cmd(f"ip maddr add {GROUP} dev {self.two.dev}")
        self.took = 0

    def settings(self):
        """All settings that must be the same after resume."""
        seen = [self.nic.vfs, self.nic.vf_info(0), self.nic.vf_info(1)]
        for info in seen[1:]:
            info.pop("stats", None)
        for end in (self.pf, self.one, self.two):
            link = end.link()
            seen.append([link[key] for key in ("address", "mtu", "flags",
                                               "promiscuity")])
            seen += [end.ethtool(opt).stdout for opt in
                     ("-g", "-l", "-c", "-k", "-x")]
        return seen


def _slept():
    """Seconds that this machine has slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


def _sleeps(bench, how):
    before = bench.settings()
    with Paced(bench.pf, bench.peer) as out, \
            Paced(bench.peer, bench.one) as to_vf, \
            Paced(bench.two, bench.pf) as of_vf:
        start, slept = time.monotonic(), _slept()
        how(bench)
        bench.took, slept = time.monotonic() - start, _slept() - slept
        ksft_pr(f"{bench.took:.1f} s, and {slept:.1f} s asleep")
        for stream in (out, to_vf, of_vf):
            stream.wait_moving()
    for old, new in zip(before, bench.settings()):
        ksft_eq(new, old)
    number = mark()
    with Watch(bench.two) as watch:
        send(bench.peer, frame(GROUP, bench.peer.mac, number))
        ksft_true(watch.wait(number), "a group that a VF is in")
    bench.works(bench.one, bench.two)
    return slept


def _memory(bench):
    if "deep" not in (POWER / "mem_sleep").read_text():
        raise KsftSkip("no suspend to RAM here")
    if int(BOOT_VERSION.read_text(), 16) <= PVH_VERSION:
        raise KsftSkip("the machine would not find its kernel (LAB_PACKED)")
    write(POWER / "mem_sleep", "deep")
    cmd(f"rtcwake -m mem -s {NAP + MARGIN * int(bench.took)}", timeout=600)


def devices(bench):
    """Drivers suspend and resume; the machine does not."""
    need_sleep_test()
    _sleeps(bench, lambda _: sleep_devices(1))


def to_ram(bench):
    """Suspend to RAM: the NIC loses its state. A clock wakes the machine."""
    if not bench.took and (POWER / "pm_test").exists():
        # measures how long the machine takes to suspend
        devices(bench)
    ksft_gt(_sleeps(bench, _memory), 1)


if __name__ == "__main__":
    ksft_run([devices, to_ram], setup=Bench)
