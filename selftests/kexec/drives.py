#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The NIC works with this kernel; --leave starts the next one under traffic."""

import os
import sys
from pathlib import Path

# CPUs of the lab host: where the kernel panics, and the other one
PANICS, OTHER = 1, 0
TESTS = Path(__file__).resolve().parents[1] / "svnic"
sys.path.insert(0, str(TESTS))

from lib import cmd, ksft_run       # noqa: E402
from lib.drivers import Drivers, Paced  # noqa: E402
from lib.nic import write           # noqa: E402


def drives(bench):
    """PF and VFs work."""
    bench.works(*bench.vfs())


def panic_without_interrupts(bench):
    """The CPU that panics has no interrupts of the NIC.

    The next kernel finds pending ones there. Until it has set up the I/O APIC
    it takes vectors 0x30 to 0x3f for those of the legacy interrupt controller
    and acknowledges them to that alone. The local APIC then holds back all
    vectors up to 0x3f, and the kernel hangs when it needs its disk. A CPU's
    lowest free vector is taken, so that without the NIC none is that high.
    """
    for fn in bench.nic.fn, bench.peer_fn, bench.nic.vf(0), bench.nic.vf(1):
        for irq in os.listdir(fn.path / "msi_irqs"):
            write(f"/proc/irq/{irq}/smp_affinity_list", OTHER)
    os.sched_setaffinity(0, {PANICS})


def leave(how):
    """The next kernel is started while PF and VFs send and receive."""
    bench = Drivers()
    one, two = bench.vfs()
    for src, dst in ((bench.pf, bench.peer), (bench.peer, one),
                     (two, bench.pf)):
        Paced(src, dst).wait_moving()
    # a kernel that hangs at its start has told how far it came
    cmd([TESTS / "lib/kexec.py", how, "loglevel=7"])
    panic_without_interrupts(bench)
    Path("/proc/sysrq-trigger").write_text("c", encoding="ascii")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--leave"]:
        leave(sys.argv[2])
    else:
        ksft_run([drives], setup=Drivers)
