#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A guest's kernel starts another one, by kexec or after a panic, which uses
the VF of the first one."""

from lib import (CmdError, End, FULL, Guest, Nic, defer, ksft_eq,
                 ksft_expect_log, ksft_run, ping, transfer, wait_until)
from lib.drivers import Paced
from lib.nic import vf_mac

MIB = 1 << 20
BOOT_ID = "/proc/sys/kernel/random/boot_id"
# reserves memory for the second kernel
CRASH = "crashkernel=256M"
MEMORY = 1024
BOOT = 900


class Bench:
    """The NIC, and a guest with VF 0."""

    def __init__(self):
        self.nic = Nic().start()
        self.nic.need_svnic("not our drivers")
        self.peer = self.nic.peer
        self.nic.set_vfs(2)
        defer(self.nic.set_vfs, 0)
        for num in range(2):
            self.nic.set_vf_mac(num, vf_mac(num))
        self.guest = Guest("kexec", vf=0, mem=MEMORY, append=CRASH)
        defer(self.guest.stop)
        self.guest.start()

    def end(self):
        """The guest's netdev, up."""
        return End(self.guest, self.guest.dev, 10, self.guest.name).up()


def _boot_id(guest):
    """None while no kernel answers, or if one ends meanwhile."""
    try:
        return guest.cmd(f"cat {BOOT_ID}", fail=False,
                         timeout=10).stdout.strip() or None
    except CmdError:
        return None


def _next_kernel(bench, how):
    """Start another kernel in the guest while the VF sends and receives."""
    guest, end = bench.guest, bench.end()
    old = _boot_id(guest)
    streams = [Paced(bench.peer, end), Paced(end, bench.nic.pf)]
    for stream in streams:
        stream.wait_moving()
    how(guest)
    wait_until(lambda: _boot_id(guest) not in (None, old), "the next kernel",
               BOOT)
    for stream in streams:
        stream.abandon()
    guest.copied = set()
    guest.dev, = wait_until(guest.devs, "its netdev")
    end = bench.end()
    ksft_eq(end.mac, vf_mac(0))
    for other in (bench.peer, bench.nic.pf):
        ping(end, other)
        transfer(other, end, 4 * MIB)
    end.set("mtu 1400")
    end.set("mtu 1500")


def _start(guest):
    guest.bkg([guest.program("kexec.py"), "run"])


def _panic(guest):
    guest.cmd([guest.program("kexec.py"), "crash"])
    guest.bkg(["sh", "-c", "echo c > /proc/sysrq-trigger"])


def started(bench):
    """kexec: the driver has shut down."""
    _next_kernel(bench, _start)


def after_panic(bench):
    """kdump: the VF still does DMA for the kernel that has panicked."""
    ksft_expect_log("Kernel panic|Call Trace|BUG: kernel NULL|Oops")
    _next_kernel(bench, _panic)


if __name__ == "__main__":
    ksft_run([*([started] if FULL else []), after_panic], setup=Bench)
