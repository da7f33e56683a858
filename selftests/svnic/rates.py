#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Rates of VFs: maximum, guarantee and weight, measured on a full link.

The link has 120 Mb/s, which eight VFs on two emulated CPUs can fill. The bytes
that the device counts as sent by each VF are measured.
"""

import contextlib

from lib import (CmdError, FULL, KsftSkip, Netns, Nic, defer, ksft_eq,
                 ksft_figure, ksft_ge, ksft_in, ksft_le, ksft_pr, ksft_raises,
                 ksft_run, wait_until)
from lib.flow import Flow, vf_rates
from lib.nic import slow_nic, vf_mac

VFS = 8
CAPS = (1, 3, 10, 30, 100) if FULL else (1, 10, 100)
SECONDS = 8 if FULL else 5
# a slow machine spoils some of the windows; a wrong rate is wrong in all
WINDOWS = 8
# Factor: a sender that is late sometimes must be able to send this much more
# than the maximum to reach it.
SPARE = 1.15
MBIT = 125000
# a frame of 64 KiB takes half a second at the lowest maximum
LOW_CAP = 3
DEFAULTS = {"tx_share": 0, "tx_max": 0, "tx_weight": 100, "tx_priority": 0}


class Bench:
    """VFs of the NIC with the slow link, each in a name space of its own."""

    def __init__(self):
        # the other NIC has the same addresses, so it is down
        Nic().need_svnic("no such link and no devlink rates")
        self.nic = slow_nic()
        defer(self.nic.peer_ns.delete)
        self.nic.start(9000)
        self.pf, self.peer = self.nic.pf, self.nic.peer
        self.speed = int(self.pf.cmd(
            f"cat /sys/class/net/{self.pf.dev}/speed").stdout)
        spaces = [Netns(f"vf{num}") for num in range(VFS)]
        self.nic.set_vfs(VFS)
        defer(self.close, spaces)
        # large frames, since fewer of them fill the link
        self.vfs = [self.nic.vf_end(num, spaces[num], vf_mac(num)).up(9000)
                    for num in range(VFS)]

    def close(self, spaces):
        """Remove everything."""
        for space in spaces:
            space.delete()
        self.nic.set_vfs(0)
        self.pf.down()

    def ip(self, num, args):
        """ip link set PF vf NUM."""
        self.pf.set(f"vf {num} {args}")

    def devlink(self, num, args):
        """devlink port function rate set, of VF NUM."""
        self.nic.devlink(f"port function rate set {self.port(num)} {args}")

    def port(self, num):
        """The devlink port of VF NUM."""
        return f"pci/{self.nic.fn.bdf}/{num + 1}"

    def leaf(self, num):
        """The rate leaf of VF NUM, bytes per second; values of 0 are
        missing."""
        port = self.port(num)
        shown = self.nic.devlink(f"port function rate show {port}", parse=True)
        leaf = shown["rate"][port]
        return {name: int(leaf.get(name, 0)) for name in DEFAULTS}

    def shown(self, num):
        """min_tx_rate and max_tx_rate of VF NUM, Mb/s."""
        rate = self.nic.vf_info(num).get("rate", {})
        return rate.get("min_tx", 0), rate.get("max_tx", 0)

    def reset(self):
        """Set all rates to their defaults at the end of the case."""
        defer(self.free)

    def free(self):
        """Set all rates to their defaults."""
        for num in range(VFS):
            self.ip(num, "min_tx_rate 0 max_tx_rate 0")
            self.devlink(num, "tx_weight 100 tx_priority 0")

    def measure(self, seconds=SECONDS):
        """Mb/s of each VF."""
        return vf_rates(self.pf.dev, seconds)

    def steady(self):
        """Wait until the rates of a second are like those of the one before."""
        last = 0

        def same():
            nonlocal last
            before, last = last, sum(self.measure(1))
            return before and abs(last - before) <= before / 10

        # on a busy machine they never are
        with contextlib.suppress(TimeoutError):
            wait_until(same, "a steady rate", 60)

    @contextlib.contextmanager
    def flood(self, nums, proto="udp"):
        """VFs send as much as they can to the wire. The backlog is what the
        link can send in a second, since a CPU may be late by that."""
        with contextlib.ExitStack() as stack:
            for num in nums:
                stack.enter_context(Flow(self.vfs[num], self.peer, proto,
                                         backlog=self.speed * MBIT))
            yield stack

    def window(self, good, seconds=SECONDS, least=0):
        """Mb/s of each VF in the first window that is GOOD, or in the last
        one. A window counts only if the sum is at LEAST that much (default:
        that of a full link). Otherwise the machine was too slow for it."""
        full = 0.95 * self.speed
        rates = []
        for _ in range(WINDOWS):
            rates = self.measure(seconds)
            ksft_pr(_text(rates))
            if sum(rates) >= (least or full) and good(rates):
                return rates
        if sum(rates) < least:
            # check whether it is the maximum that limits the rate
            self.free()
            free = max(sum(self.measure()) for _ in range(2))
            ksft_pr(f"without any rates: {free:.2f} Mb/s")
            if free < SPARE * least:
                raise KsftSkip("this machine is too slow for the load")
        ksft_ge(sum(rates), least or full, "less is sent than may be")
        return rates


def _text(rates):
    return ", ".join(f"{rate:.2f}" for rate in rates) + " Mb/s"


def _off(value, target):
    return f"{100 * (value / target - 1):+.1f} %"


def doors(bench):
    """Settings by ip link are shown by devlink, and the other way round."""
    bench.reset()
    for num in range(VFS):
        ksft_eq(bench.leaf(num), DEFAULTS)
        ksft_eq(bench.shown(num), (0, 0))
    bench.ip(0, "max_tx_rate 50 min_tx_rate 10")
    ksft_eq(bench.leaf(0), DEFAULTS | {"tx_share": 10 * MBIT,
                                       "tx_max": 50 * MBIT})
    bench.devlink(0, "tx_max 70mbit")
    ksft_eq(bench.shown(0), (10, 70))
    bench.devlink(0, "tx_share 20mbit tx_weight 7 tx_priority 3")
    ksft_eq(bench.shown(0), (20, 70))
    bench.ip(0, "max_tx_rate 0")
    ksft_eq(bench.leaf(0), {"tx_share": 20 * MBIT, "tx_max": 0,
                            "tx_weight": 7, "tx_priority": 3})
    ksft_eq(bench.leaf(1), DEFAULTS)

    # a refused setting changes neither view
    was = bench.leaf(0), bench.shown(0)
    most = bench.speed
    for door, args in ((bench.ip, f"max_tx_rate {most + 1}"),
                       (bench.ip, f"min_tx_rate {most + 1}"),
                       (bench.ip, "max_tx_rate 19"),
                       (bench.devlink, f"tx_max {most + 1}mbit"),
                       (bench.devlink, f"tx_share {most + 1}mbit"),
                       (bench.devlink, "tx_max 19mbit"),
                       (bench.devlink, "tx_weight 10001"),
                       (bench.devlink, "tx_priority 8")):
        with ksft_raises(CmdError) as raised:
            door(0, args)
        ksft_pr(args, "--", getattr(raised.exception, "stderr", "").strip())
        ksft_eq((bench.leaf(0), bench.shown(0)), was, args)
    # the sum of all guarantees must not exceed the link
    with ksft_raises(CmdError) as raised:
        bench.devlink(1, f"tx_share {most - 19}mbit")
    ksft_in("leave", getattr(raised.exception, "stderr", ""))
    bench.devlink(1, f"tx_share {most - 20}mbit")
    ksft_eq(bench.shown(1), (most - 20, 0))


def caps(bench):
    """A VF that sends alone gets its max_tx_rate, no more and no less."""
    vf = bench.vfs[0]
    bench.reset()
    for cap in CAPS:
        bench.ip(0, f"max_tx_rate {cap}")
        for name in ("tcp-segmentation-offload",
                     "generic-segmentation-offload"):
            vf.feature(name, cap > LOW_CAP)

        def good(rates, cap=cap):
            return abs(rates[0] - cap) <= 0.03 * cap

        for proto in ("tcp", "udp"):
            # a backlog of one second
            with Flow(vf, bench.peer, proto, backlog=cap * MBIT):
                bench.steady()
                rates = bench.window(good, SECONDS if cap > LOW_CAP
                                     else 2 * SECONDS, 0.97 * cap)
            ksft_figure(f"max_tx_rate {cap} Mb/s, {proto.upper()}",
                        f"{rates[0]:.3f} Mb/s, {_off(rates[0], cap)}",
                        "within 3 %", good(rates))


def guarantee(bench):
    """min_tx_rate is kept while seven other VFs flood."""
    least = 2 * bench.speed // 5
    bench.reset()
    bench.ip(0, f"min_tx_rate {least}")
    # by its weight it would get almost nothing
    bench.devlink(0, "tx_weight 1")

    def good(rates):
        return rates[0] >= 0.95 * least

    with bench.flood(range(1, VFS)):
        for proto in ("udp", "tcp"):
            with bench.flood([0], proto):
                bench.steady()
                rates = bench.window(good)
            ksft_figure(f"min_tx_rate {least} of {bench.speed} Mb/s, "
                        f"{proto.upper()}, seven flood",
                        f"{rates[0]:.2f} Mb/s, {_off(rates[0], least)}",
                        "at least -5 %", good(rates))


def equal_shares(bench):
    """Eight VFs with equal settings on a full link."""
    def jain(rates):
        return sum(rates) ** 2 / (VFS * sum(rate ** 2 for rate in rates))

    with bench.flood(range(VFS)):
        bench.steady()
        rates = bench.window(lambda rates: jain(rates) >= 0.99)
    ksft_figure(f"eight equal VFs, {sum(rates):.1f} of {bench.speed} Mb/s: "
                "Jain's index", f"{jain(rates):.5f}", "at least 0.99",
                jain(rates) >= 0.99)


def weights(bench):
    """Three VFs with tx_weight 1:2:4 get these parts of a full link."""
    bench.reset()
    ratio = (1, 2, 4)
    for num, weight in enumerate(ratio):
        bench.devlink(num, f"tx_weight {weight * 100}")

    def parts(rates):
        rates = rates[:len(ratio)]
        return [rate / sum(rates) * sum(ratio) for rate in rates]

    def good(rates):
        return all(abs(part - weight) <= 0.05 * weight
                   for part, weight in zip(parts(rates), ratio))

    with bench.flood(range(len(ratio))):
        bench.steady()
        rates = bench.window(good)
    ksft_figure("tx_weight 1:2:4",
                ":".join(f"{part:.3f}" for part in parts(rates)),
                "within 5 %", good(rates))


def priority(bench):
    """A VF of a higher tx_priority comes first, a guarantee before it."""
    first, last = 0, 1
    bench.reset()
    bench.devlink(first, "tx_priority 1")
    with bench.flood([first, last]):
        bench.steady()
        ksft_pr("priority alone")
        most = 0.02 * bench.speed
        rates = bench.window(lambda rates: rates[last] <= most, SECONDS / 2)
        ksft_le(rates[last], most, "what the other gets")

        least = bench.speed // 10
        bench.ip(last, f"min_tx_rate {least}")
        bench.steady()
        ksft_pr("and a guarantee")
        rates = bench.window(lambda rates: rates[last] >= 0.95 * least,
                             SECONDS / 2)
        ksft_ge(rates[last], 0.95 * least, "guarantee beside a priority")

        # the second gets the capacity that the first must not use
        cap = bench.speed // 4
        bench.ip(first, f"max_tx_rate {cap}")
        bench.steady()
        ksft_pr("and a cap")
        rates = bench.window(lambda rates: abs(rates[first] - cap)
                             <= 0.03 * cap, SECONDS / 2)
        ksft_le(abs(rates[first] - cap), 0.03 * cap, "cap")


if __name__ == "__main__":
    ksft_run([doors, caps, guarantee, equal_shares, weights, priority],
             setup=Bench)
