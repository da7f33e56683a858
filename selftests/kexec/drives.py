#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The NIC works with this kernel; --leave starts the next one under traffic."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "svnic"
sys.path.insert(0, str(TESTS))

from lib import cmd, ksft_run       # noqa: E402
from lib.drivers import Drivers, Paced  # noqa: E402


def drives(bench):
    """PF and VFs work."""
    bench.works(*bench.vfs())


def leave(how):
    """The next kernel is started while PF and VFs send and receive."""
    bench = Drivers()
    one, two = bench.vfs()
    for src, dst in ((bench.pf, bench.peer), (bench.peer, one),
                     (two, bench.pf)):
        Paced(src, dst).wait_moving()
    # a kernel that hangs at its start has told how far it came
    cmd([TESTS / "lib/kexec.py", how, "loglevel=7"])
    Path("/proc/sysrq-trigger").write_text("c", encoding="ascii")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--leave"]:
        leave(sys.argv[2])
    else:
        ksft_run([drives], setup=Drivers)
