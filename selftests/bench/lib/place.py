# SPDX-License-Identifier: GPL-2.0-only
"""Assigns the CPUs of the lab host.

The scheduler places a guest and the interrupts of its peer differently in each
round, which changes results by a factor of two and more. A single guest has the
first CPU for itself, with the interrupts of its VFIO device. Everything else is
on the other CPUs: the peer, its load, vhost's threads. Several guests share all
CPUs.
"""

import contextlib
import os
from pathlib import Path

GUEST_CPU = 0


def _threads(guest):
    """The threads of a guest's QEMU, each with whether it is vhost's."""
    pid = Path(f"/run/lab-guest/{guest.name}/pid").read_text("ascii").strip()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield (int(task.name),
                   (task / "comm").read_text("ascii").startswith("vhost"))


def _interrupts(cpus_vfio, cpus_else):
    """Move interrupts of functions in use: a directory has the handler's
    name."""
    for irq in Path("/proc/irq").glob("[0-9]*"):
        names = [path.name for path in irq.iterdir() if path.is_dir()]
        if not names:
            continue
        cpus = cpus_vfio if names[0].startswith("vfio") else cpus_else
        # some cannot be moved
        with contextlib.suppress(OSError):
            (irq / "smp_affinity_list").write_text(
                ",".join(map(str, sorted(cpus))), "ascii")


def place(guests):
    """Assign the CPUs to GUESTS, which are measured next, and to the rest.
    Programs started from now on are on the right CPU."""
    every = set(range(os.cpu_count()))
    alone = len(guests) == 1 and len(every) > 1
    mine = {GUEST_CPU} if alone else every
    rest = every - mine if alone else every
    for guest in guests:
        for thread, vhost in _threads(guest):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(thread, rest if vhost else mine)
    _interrupts(mine, rest)
    os.sched_setaffinity(0, rest)
