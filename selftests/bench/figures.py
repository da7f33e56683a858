# SPDX-License-Identifier: GPL-2.0-or-later
"""Computes figures from the samples of bench.json: medians, spread, targets."""

import statistics
from collections import defaultdict
from typing import NamedTuple, Optional

import pcie

PATHS = {
    "svnic": "svnic VF",
    "igb": "igb VF",
    "virtio": "virtio, vhost, bridge",
    "macvtap": "virtio, vhost, macvtap",
    "host": "svnic PF, no guest",
}
TESTS = {
    "tcp_tx": "TCP, guest sends",
    "tcp_rx": "TCP, guest receives",
    "tcp_tx_4": "TCP, 4 streams, guest sends",
    "tcp_rx_4": "TCP, 4 streams, guest receives",
    "udp64_tx": "64-byte packets, guest sends",
    "udp64_rx": "64-byte packets, guest receives",
    "udp1500_tx": "1500-byte packets, guest sends",
    "udp1500_rx": "1500-byte packets, guest receives",
    "tcp_rr": "TCP request and response",
    "udp_rr": "UDP request and response",
    "guest_tcp": "TCP, guest to guest",
    "guest_rr": "request and response, guest to guest",
}
DRIVERS = {"svnicvf": "svnic", "igbvf": "igb", "virtio_net": "virtio"}
# Growth is linear if a further VF costs at most this factor of the one before.
LINEAR = 1.2


class Stat(NamedTuple):
    """A figure: the median of its rounds, and the lowest and highest."""
    median: float
    low: float
    high: float
    rounds: int


def stat(values):
    """The Stat of some values, None of none."""
    values = list(values)
    if not values:
        return None
    return Stat(statistics.median(values), min(values), max(values),
                len(values))


def grouped(entries, keys, field):
    """{values of keys: Stat of field}, of the entries that have the field."""
    groups = defaultdict(list)
    for entry in entries:
        if entry.get(field) is not None:
            groups[tuple(entry.get(key) for key in keys)].append(entry[field])
    return {key: stat(values) for key, values in groups.items()}


def loads(bench, field="value"):
    """{(test, path, guests): Stat}"""
    return grouped(bench.get("samples", []), ("test", "path", "guests"), field)


def instructions(bench, field):
    """{(driver, dir, load, size): Stat}"""
    return grouped(bench.get("insn", []), ("path", "dir", "load", "size"),
                   field)


def scale(bench, part, field, key="vfs", bound=None):
    """{number of VFs: Stat}, in order; of creation with drivers or without."""
    entries = bench.get("scale", {}).get(part, [])
    if bound is not None:
        entries = [one for one in entries if one.get("bound", False) == bound]
    found = grouped(entries, (key,), field)
    return {at: found[(at,)] for at, in sorted(found)}


def counters(bench):
    """{(dir, size): counters per packet}, medians of the rounds, in order."""
    fields = ("reads", "read_bytes", "writes", "write_bytes", "doorbells",
              "interrupts")
    result = defaultdict(dict)
    for field in fields:
        found = grouped(bench.get("pcie", []), ("dir", "size"), field)
        for (way, size), value in found.items():
            result[way, size][field] = value.median
    return {(way, size): {**result[way, size], "dir": way, "size": size}
            for way, size in sorted(result)}


class Target(NamedTuple):
    """A target of the project and the measured value.

    measured: None if it was not. paper: the ratio Raj and Schwan published.
    """
    what: str
    against: str
    measured: Optional[float]
    least: bool
    target: float
    paper: Optional[float] = None

    @property
    def wanted(self):
        return f"{'>=' if self.least else '<='} {self.target:.2f}"

    @property
    def verdict(self):
        if self.measured is None:
            return "not measured"
        if self.measured == self.target or \
                (self.measured > self.target) == self.least:
            return "met"
        off = (self.measured / self.target - 1) * 100
        return f"missed by {abs(off):.0f} %"


# what, test, guests, at least or at most, {opponent: (target, paper's)}
_LOADS = [
    *((f"1 guest, {TESTS[test]}", test, 1, True,
       {"virtio": (4.0, 1.77), "igb": (4.0, None)})
      for test in ("tcp_tx", "tcp_rx", "tcp_tx_4", "tcp_rx_4")),
    *((f"1 guest, {TESTS[test]}", test, 1, True,
       {"virtio": (4.0, None), "igb": (2.0, None)})
      for test in ("udp64_tx", "udp64_rx")),
    *((f"1 guest, {TESTS[test]}, median", test, 1, False,
       {"virtio": (0.35, 0.47), "igb": (0.5, None)})
      for test in ("tcp_rr", "udp_rr")),
    *((f"8 guests, {TESTS[test]}", test, 8, True,
       {"virtio": (4.0, 2.03), "igb": (3.0, None)})
      for test in ("tcp_tx", "tcp_rx", "tcp_tx_4", "tcp_rx_4")),
    *((f"8 guests, {TESTS[test]}, median", test, 8, False,
       {"virtio": (0.45, 0.61), "igb": (0.6, None)})
      for test in ("tcp_rr", "udp_rr")),
]
_DRIVERS = {"virtio_net": 0.7, "igbvf": 0.6}
# The smallest frame, with its FCS and without, as it is in memory.
_SMALL = (64, 60)
_PCIE = {"virtio_packed": 0.8, "82576": 0.6, "82576_igbvf": 0.6}


def _ratio(ours, theirs):
    """Ratio of the medians of two Stats, None if one is missing."""
    if not ours or not theirs or not theirs.median:
        return None
    return ours.median / theirs.median


def _load_targets(bench):
    found = loads(bench)
    for what, test, guests, least, opponents in _LOADS:
        for path, (target, paper) in opponents.items():
            yield Target(what, PATHS[path],
                         _ratio(found.get((test, "svnic", guests)),
                                found.get((test, path, guests))),
                         least, target, paper)


def _driver_targets(bench):
    found = instructions(bench, "driver")
    for way in ("tx", "rx"):
        loads_seen = {key[2] for key in found if key[1] == way}
        for load in sorted(loads_seen, key=str) or [None]:
            what = f"driver's instructions per 64-byte packet, {way}"
            for driver, target in _DRIVERS.items():
                yield Target(what + (f", {load}" if load else ""), driver,
                             _ratio(found.get(("svnicvf", way, load, 64)),
                                    found.get((driver, way, load, 64))),
                             False, target)


def _pcie_targets(bench):
    """The other designs are modelled with the batches of our device."""
    found = counters(bench)
    ours = [found[way, size] for way in ("tx", "rx")
            for size in _SMALL if (way, size) in found]
    for design, target in _PCIE.items():
        ratio = None
        if len(ours) == 2:
            ratio = sum(pcie.measured(one).total for one in ours) / \
                sum(pcie.cost(design, one["dir"], one["size"],
                              pcie.batch_seen(one)).total for one in ours)
        yield Target("PCIe bytes per 64-byte packet, tx + rx, measured",
                     pcie.DESIGNS[design].label, ratio, False, target)
    for design, target in _PCIE.items():
        yield Target("PCIe bytes per 64-byte packet, tx + rx, model",
                     pcie.DESIGNS[design].label,
                     pcie.cost("svnic", "both", 64).total /
                     pcie.cost(design, "both", 64).total, False, target)


def _slope(points, low, high):
    return (points[high].median - points[low].median) / (high - low)


def _create_target(bench, bound):
    """The cost of a further VF does not depend on the number of VFs."""
    create = scale(bench, "create", "create_s", bound=bound)
    counts = sorted(create)
    middle = [n for n in counts[1:-1] if n <= counts[-1] / 2]
    ratio, upper = None, "upper half"
    if middle:
        below = _slope(create, counts[0], middle[-1])
        if below > 0:
            ratio = _slope(create, middle[-1], counts[-1]) / below
        upper = f"{middle[-1]} to {counts[-1]}"
    return Target(f"time per VF made {'with' if bound else 'without'} its "
                  f"driver, {upper}", "fewer VFs", ratio, False, LINEAR)


def _scale_targets(bench):
    active = scale(bench, "active", "mbps")
    yield Target("64 active VFs, aggregate throughput", "1 active VF",
                 _ratio(active.get(64), active.get(1)), True, 0.9)
    for part, what in (("fair", "64 equal VFs on a full link, Jain's index"),
                       ("active", "64 active VFs, Jain's index")):
        jain = scale(bench, part, "jain").get(64)
        yield Target(what, "equal shares", jain.median if jain else None,
                     True, 0.99)
    for bound in (False, True):
        yield _create_target(bench, bound)


def targets(bench):
    """All targets of the project, as Targets."""
    return [*_load_targets(bench), *_driver_targets(bench),
            *_pcie_targets(bench), *_scale_targets(bench)]
