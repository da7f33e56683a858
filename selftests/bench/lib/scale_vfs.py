# SPDX-License-Identifier: GPL-2.0-only
"""What it takes to make and to destroy VFs: time, and the host's memory."""

import contextlib
import statistics
import time

from lib import wait_until
from lib.utils import memory

COUNTS, ROUNDS = (1, 8, 31, 62, 124, 186, 248), 5
QUICK_COUNTS, QUICK_ROUNDS = (1, 62, 248), 3
# KiB by which two looks at a memory at rest differ
ALIKE = 64


def _used():
    """Octets of memory in use, once there are as many twice."""
    last = None

    def settled():
        nonlocal last
        before, last = last, memory()["used"]
        return before is not None and abs(last - before) <= ALIKE

    # other work of the host may go on: then it is what it is
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
    """Samples of scale.create.

    "bound" are VFs to which svnicvf binds in the host, so that each is a netdev
    when sriov_numvfs is written; the others have no driver, as those for
    guests.
    """
    samples = []
    nic.start()
    for num in range(QUICK_ROUNDS if quick else ROUNDS):
        for bound in (False, True):
            nic.fn.write("sriov_drivers_autoprobe", int(bound))
            for count in QUICK_COUNTS if quick else COUNTS:
                sample = {"vfs": count, "bound": bound, "round": num,
                          **_sample(nic, count)}
                samples.append(sample)
                progress(f"scale: round {num}, {count} VFs "
                         f"{'with' if bound else 'without'} a driver: made in "
                         f"{sample['create_s']:.2f} s, gone in "
                         f"{sample['destroy_s']:.2f} s, "
                         f"{sample['mem_bytes_per_vf'] / 1024:.0f} KiB each")
    return samples


def fit(samples):
    """How near to a line the medians of create() lie, for scale.fit."""
    fits = []
    counts = sorted({sample["vfs"] for sample in samples})
    for bound in (False, True):
        for what in ("create_s", "destroy_s"):
            times = [statistics.median(s[what] for s in samples if
                                       s["vfs"] == count and
                                       s["bound"] == bound)
                     for count in counts]
            slope, start = statistics.linear_regression(counts, times)
            each = {n: took / n for n, took in zip(counts, times)}
            fits.append({"what": what, "bound": bound, "s_per_vf": slope,
                         "s_first": start,
                         "r2": statistics.correlation(counts, times) ** 2,
                         "per_vf_248_to_62": each[248] / each[62]})
    return fits
