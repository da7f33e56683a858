# SPDX-License-Identifier: GPL-2.0-only
"""Cost of creating and removing VFs: time, and the host's memory."""

import contextlib
import statistics
import time

from lib import wait_until
from lib.utils import memory

COUNTS, ROUNDS = (1, 8, 31, 62, 124, 186, 248), 5
QUICK_COUNTS, QUICK_ROUNDS = (1, 62, 248), 3
# KiB by which two readings of unchanged memory may differ
ALIKE = 64


def _used():
    """Bytes of memory in use, when two readings are equal."""
    last = None

    def settled():
        nonlocal last
        before, last = last, memory()["used"]
        return before is not None and abs(last - before) <= ALIKE

    # other work of the host may go on: then use the last reading
    with contextlib.suppress(TimeoutError):
        wait_until(settled, "memory at rest", 10, pause=0.2)
    return last * 1024


def _timed(func, *args):
    start = time.monotonic()
    func(*args)
    return time.monotonic() - start


def _sample(nic, count):
    before = _used()
    made = _timed(nic.set_vfs, count)
    used = _used() - before
    return {"create_s": made, "destroy_s": _timed(nic.set_vfs, 0),
            "mem_bytes_per_vf": used / count}


def create(nic, quick, progress):
    """Samples of scale.create, and scale.fit.

    Bound VFs have svnicvf in the host: each is a netdev when the write to
    sriov_numvfs ends. The others have no driver, like those for guests.
    """
    parts = {"create": [], "create_unbound": []}
    nic.start()
    for num in range(QUICK_ROUNDS if quick else ROUNDS):
        for bound, (part, samples) in zip((True, False), parts.items()):
            nic.fn.write("sriov_drivers_autoprobe", int(bound))
            for count in QUICK_COUNTS if quick else COUNTS:
                sample = {"vfs": count, "bound": bound, "round": num,
                          **_sample(nic, count)}
                samples.append(sample)
                progress(f"scale: {part}, round {num}, {count} VFs: made in "
                         f"{sample['create_s']:.2f} s, gone in "
                         f"{sample['destroy_s']:.2f} s, "
                         f"{sample['mem_bytes_per_vf'] / 1024:.0f} KiB each")
    return {"create": [*parts["create"], *parts["create_unbound"]],
            "fit": [fit(part, what, samples) for part, samples in parts.items()
                    for what in ("create_s", "destroy_s")]}


def fit(part, what, samples):
    """How well a line fits the medians of WHAT, by the number of VFs."""
    counts = sorted({sample["vfs"] for sample in samples})
    times = [statistics.median(sample[what] for sample in samples
                               if sample["vfs"] == count) for count in counts]
    slope, first = statistics.linear_regression(counts, times)
    each = {count: took / count for count, took in zip(counts, times)}
    return {"part": part, "what": what, "s_per_vf": slope, "s_first": first,
            "r2": statistics.correlation(counts, times) ** 2,
            "per_vf_248_to_62": each[248] / each[62]}
