#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark in the lab host: guests with VFs of the SV-NIC against other
kinds of networking, under the same loads.

  bench.py [--quick] [--only NAME]... [--rounds N] [--seconds S] [--out FILE]

NAME is a path, a load or a number of guests. Rounds interleave the paths. Each
measurement is one entry of bench.json (schema.json), written after each round.
What could not be measured is told, and at the end the exit status is 1.
"""

import argparse
import collections
import contextlib
import datetime
import json
import os
import platform
import re
import sys
import time

from lib import paths
from lib.loads import LOADS, per_packet
from lib.place import place
from svnic.lib.nic import Nic
from svnic.lib.node import boot_guests
from svnic.lib.utils import cmd

ROUNDS = 5
SECONDS, QUICK_SECONDS = 3, 1
AT_ONCE = 2
# number of failures after which a load is not tried again
TRIES = 2
ALONE = ("tcp_tx", "tcp_rx", "tcp_tx_4", "tcp_rx_4", "udp64_tx", "udp64_rx",
         "udp1500_tx", "udp1500_rx", "tcp_rr", "udp_rr")
TOGETHER = ("tcp_tx", "tcp_rx", "tcp_rr", "guest_tcp")
# number of guests -> loads
PLAN = {1: ALONE, 2: (*TOGETHER, "guest_rr"), 4: TOGETHER, 8: TOGETHER}
QUICK_PLAN = {1: ("tcp_tx", "tcp_rx", "udp64_tx", "udp64_rx", "tcp_rr"),
              2: TOGETHER}
OFFLOADS = ("rx-checksumming", "tx-checksumming", "scatter-gather",
            "tcp-segmentation-offload", "generic-receive-offload",
            "large-receive-offload", "rx-gro-hw")
VERSIONS = {"iperf3": ("iperf3 --version", r"iperf (\S+)"),
            "sockperf": ("sockperf --version", r"version (\S+)"),
            "pktgen": ("modinfo -F vermagic pktgen", r"(\S+)")}


def say(text):
    """A line of progress."""
    print(f"[{time.monotonic() - START:6.0f} s] {text}", flush=True)


def version(command, regex):
    """A program's own version message."""
    done = cmd(command, fail=False)
    found = re.search(regex, done.stdout + done.stderr)
    return found[1] if found else "unknown"


def config(args, chosen):
    """The part of bench.json about the configuration of the measurement."""
    with open("/proc/cpuinfo", encoding="utf-8") as text:
        accel = "tcg" if "TCG" in text.read() else "kvm"
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(
            timespec="seconds"),
        "kernel": platform.release(),
        "qemu": version("/lab/qemu/qemu-system-x86_64 --version",
                        r"version (\S+)"),
        "accel": accel, "lab_cpus": os.cpu_count(),
        "guest_mem_mb": paths.GUEST_MEM, "guest_cpus": paths.GUEST_CPUS,
        "quick": args.quick, "rounds": args.rounds, "seconds": args.seconds,
        "tools": {name: version(*how) for name, how in VERSIONS.items()},
        "opponents": {path.name: path.config for path in chosen},
    }
    if args.commit:
        result["svnic_commit"] = args.commit
    if args.host_cpus:
        result["host_cpus"] = args.host_cpus
    return result


def offloads(end):
    """The offloads that a netdev has on, for the record."""
    text = end.ethtool("-k").stdout
    return ", ".join(name for name in OFFLOADS
                     if re.search(rf"^{name}: on", text, re.M)) or "none"


def boot(path):
    """Boot a path's guests, a few at a time, and pause them. Guests that fail
    to boot have no end."""
    for at in range(0, len(path.guests), AT_ONCE):
        some = path.guests[at:at + AT_ONCE]
        say(f"boot {', '.join(guest.name for guest in some)}")
        boot_guests(*some)
        for guest in some:
            path.join(guest)
        paths.pause(some)


def describe(path):
    """A path's configuration, and the features of its netdev."""
    paths.resume(path.guests[:1])
    text = f"{path.config}; on at {path.ends[0]}: {offloads(path.ends[0])}"
    paths.pause(path.guests[:1])
    return text


class Bench:
    """A run: what was measured, and what could not be."""

    def __init__(self, args, plan, names):
        self.args = args
        self.plan = plan
        self.failures = collections.Counter()
        self.lost = []
        self.paths = []
        nic = Nic().start()
        for name in names:
            with self.alive(name):
                self.paths.append(paths.build(name, max(plan), nic))
        self.result = {"schema": 1, "config": config(args, self.paths),
                       "samples": [], "pcie": []}

    @contextlib.contextmanager
    def alive(self, name):
        """A failure in this context ends NAME, not the run."""
        try:
            yield
        except Exception as err:
            self.lost.append(f"{name}: {err}")
            say(f"FAILED: {name}: {err!r}")

    def figures(self):
        """Path, number of guests and loads, in the order of a round."""
        for count, loads in self.plan.items():
            for path in self.paths:
                if path.name == "host":
                    if count == 1:
                        yield path, 1, loads
                elif len(path.guests) >= count:
                    yield path, count, loads

    def boot(self):
        """Boot all guests."""
        for path in self.paths:
            with self.alive(path.name):
                boot(path)
                self.result["config"]["opponents"][path.name] = describe(path)

    def measure(self, path, count, load, number):
        """One sample; returns its text for the line of progress."""
        key = (load, path.name, count)
        if self.failures[key] >= TRIES:
            return f"{load} -"
        unit, func = LOADS[load]
        try:
            result = func(path, count, self.args.seconds)
        except Exception as err:
            self.failures[key] += 1
            say(f"FAILED: {load}, {path.name}, {count} guests: {err!r}")
            return f"{load} FAILED"
        sample = {"test": load, "path": path.name, "guests": count,
                  "round": number, "unit": unit, "value": result.value,
                  "each": result.each, **result.more}
        if result.device:
            sample["device"] = {name: value for name, value in
                                result.device.items() if value}
        self.result["samples"].append(sample)
        way = load.rpartition("_")[2]
        cost = per_packet(result, way) if path.name == "svnic" and \
            load.startswith("udp") and way in ("tx", "rx") else None
        if cost:
            self.result["pcie"].append({**cost, "round": number})
        return f"{load} {result.value:.0f} {unit}"

    def round(self, number):
        """Measure all figures once."""
        for path, count, loads in self.figures():
            if len(path.ends) < count:
                continue
            some = path.guests[:count]
            with self.alive(f"{path.name}, {count} guests, round {number}"):
                paths.resume(some)
                place(some)
                done = [self.measure(path, count, load, number)
                        for load in loads]
                paths.pause(some)
                say(f"round {number} of {self.args.rounds}, {path.name}, "
                    f"{count} guest{'s' * (count > 1)}: {', '.join(done)}")

    def write(self):
        """Write the results so far to bench.json."""
        temporary = f"{self.args.out}.new"
        with open(temporary, "w", encoding="utf-8") as out:
            json.dump(self.result, out, indent=1)
            out.write("\n")
        os.replace(temporary, self.args.out)

    def missing(self):
        """The figures without a sample of each round."""
        have = collections.Counter(
            (sample["test"], sample["path"], sample["guests"])
            for sample in self.result["samples"])
        return self.lost + [
            f"{load} of {path.name}, {count} guests: "
            f"{have[load, path.name, count]} of {self.args.rounds} rounds"
            for path, count, loads in self.figures() for load in loads
            if have[load, path.name, count] < self.args.rounds]

    def run(self):
        """All rounds; returns the exit status."""
        self.boot()
        for number in range(1, self.args.rounds + 1):
            self.round(number)
            self.write()
        log = cmd("lab-klog check", fail=False)
        if log.returncode:
            say(log.stdout.rstrip())
        for path in self.paths:
            with self.alive(f"end of {path.name}"):
                path.close()
        missing = self.missing()
        for what in missing:
            say(f"MISSING: {what}")
        say(f"{len(self.result['samples'])} samples in {self.args.out}")
        return 1 if missing else 0


def pick(names, plan):
    """Paths and plan, restricted to NAMES."""
    known = {*paths.PATHS, *LOADS, *map(str, PLAN)}
    for name in names:
        if name not in known:
            raise SystemExit(f"bench: no path, load or number of guests: "
                             f"{name} (there are: {' '.join(sorted(known))})")
    names = set(names)
    chosen = [name for name in paths.PATHS if name in names] or \
        list(paths.PATHS)
    counts = [count for count in plan if str(count) in names] or list(plan)
    loads = [load for load in LOADS if load in names]
    if loads:
        # a load that is named need not be in the plan of a quick run
        plan = {count: [load for load in loads if load in PLAN[count]]
                for count in counts}
    return chosen, {count: plan[count] for count in counts if plan[count]}


def main():
    """Parse the command line, measure; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--out", default="/out/bench.json")
    parser.add_argument("--commit", help="of the tree, for the record")
    parser.add_argument("--host-cpus", type=int, help="for the record")
    args = parser.parse_args()
    if args.seconds is None:
        args.seconds = QUICK_SECONDS if args.quick else SECONDS
    names, plan = pick(args.only, QUICK_PLAN if args.quick else PLAN)
    if not plan:
        raise SystemExit("bench: nothing is left to measure")
    say(f"{args.rounds} rounds of {args.seconds} s a load; paths "
        f"{', '.join(names)}; guests {', '.join(map(str, plan))}")
    return Bench(args, plan, names).run()


START = time.monotonic()
if __name__ == "__main__":
    sys.exit(main())
