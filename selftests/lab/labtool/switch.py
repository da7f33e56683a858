# SPDX-License-Identifier: GPL-2.0-or-later
"""The cost of a packet in the reference NIC's switch, with tables of all sizes.

It runs natively (selftests/bench/switch.c), since in the lab host the emulation
around the NIC would be measured.
"""

import json
import subprocess

from . import cache, rootfs
from .util import CACHE, LabError, REPO, step


def measure():
    """The samples of bench.json's scale.switch."""
    room = CACHE / "bench" / cache.key(str(REPO))
    room.mkdir(parents=True, exist_ok=True)

    def inside(*argv):
        return rootfs.chroot(argv, binds=[REPO, room], cwd=REPO)

    with cache.lock("bench"):
        step("switch build", inside(
            "nice", "make", "-s", "-C", "selftests/core", f"BUILD={room}",
            "SAN=", "CFLAGS=-O2", "bench"))
        done = subprocess.run(inside(room / "switch"), text=True, check=False,
                              stdout=subprocess.PIPE)
    if done.returncode:
        raise LabError("the switch cannot be measured: see above")
    return [json.loads(line) for line in done.stdout.splitlines()]
