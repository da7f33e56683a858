#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The model of PCI Express, against figures worked out by hand."""

import re
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import pcie  # noqa: E402

PAGE = HERE.parent.parent / "Documentation/performance.rst"
UAPI = HERE.parent.parent / "uapi/svnic/svnic_desc.h"
LIB = HERE.parent.parent / "lib/libsvnic_priv.h"


def link_bytes(cost):
    return round(cost.up, 6), round(cost.down, 6)


class LinkTest(unittest.TestCase):
    def test_rates_of_the_paper(self):
        # section 3: 62.96 Gb/s at the physical layer (the paper rounds a lane
        # to 7.87), 57.88 for TLPs
        self.assertAlmostEqual(pcie.GEN3_X8.raw_gbps, 63.015, places=3)
        self.assertAlmostEqual(pcie.GEN3_X8.tlp_gbps, 57.88, places=2)
        self.assertAlmostEqual(pcie.GEN4_X16.raw_gbps, 252.06, places=2)
        self.assertAlmostEqual(pcie.GEN4_X16.tlp_gbps, 227.40, places=2)

    def test_larger_payload_changes_dllps(self):
        # 63.015 * (1 - 16 / 182 - 4 / 1538)
        self.assertAlmostEqual(pcie.Link(3, 8, mps=512).tlp_gbps, 57.312,
                               places=3)


class CostTest(unittest.TestCase):
    def write(self, size, **link):
        cost = pcie.Cost(pcie.Link(3, 8, **link))
        cost.write(size)
        return link_bytes(cost)

    def read(self, size, **link):
        cost = pcie.Cost(pcie.Link(3, 8, **link))
        cost.read(size)
        return link_bytes(cost)

    def test_write(self):
        self.assertEqual(self.write(64), (24 + 64, 0))
        self.assertEqual(self.write(256), (24 + 256, 0))
        self.assertEqual(self.write(257), (2 * 24 + 257, 0))
        self.assertEqual(self.write(1500), (6 * 24 + 1500, 0))
        self.assertEqual(self.write(1500, mps=512), (3 * 24 + 1500, 0))

    def test_read(self):
        self.assertEqual(self.read(64), (24, 20 + 64))
        self.assertEqual(self.read(512), (24, 2 * 20 + 512))
        # 512 + 512 + 476, each of two completions
        self.assertEqual(self.read(1500), (3 * 24, 6 * 20 + 1500))
        # 520: two requests, of which the second is 8 bytes
        self.assertEqual(self.read(520), (2 * 24, 3 * 20 + 520))

    def test_completions_of_the_boundary(self):
        self.assertEqual(self.read(512, rcb_chunks=True), (24, 8 * 20 + 512))
        self.assertEqual(self.read(512, rcb=128, rcb_chunks=True),
                         (24, 4 * 20 + 512))

    def test_registers_and_interrupts(self):
        cost = pcie.Cost(pcie.GEN3_X8)
        cost.register()
        self.assertEqual(link_bytes(cost), (0, 28))
        cost.interrupt()
        self.assertEqual(link_bytes(cost), (28, 28))
        cost.register_read()
        self.assertEqual(link_bytes(cost), (28 + 24, 28 + 24))


class DesignTest(unittest.TestCase):
    def check(self, design, direction, up, down, size=64, batch=32):
        cost = pcie.cost(design, direction, size, batch)
        self.assertEqual(link_bytes(cost), (round(up, 6), round(down, 6)))

    def test_bound(self):
        self.check("bound", "tx", 24, 84)
        self.check("bound", "rx", 88, 0)
        self.check("bound", "both", 112, 84)
        rate = pcie.cost("bound", "rx", 64).packet_rate()
        self.assertAlmostEqual(rate / 1e6, 57.88476 / 8 / 88 * 1e3, places=3)
        # the paper's write bandwidth at 64 bytes
        self.assertAlmostEqual(
            pcie.cost("bound", "rx", 64).payload_gbps(64), 42.1, places=1)

    def test_svnic(self):
        # up: five requests for 32 * 80, indices 8, state request, MSI-X
        # down: doorbell, fetch in ten completions, state of 16
        self.check("svnic", "tx", (5 * 24 + 32 + 24 + 28) / 32,
                   (28 + 200 + 2560 + 36) / 32)
        # the last bytes begin an entry of their own
        self.check("svnic", "tx", 24 + 32 + 24 + 28, 28 + 20 + 96 + 36,
                   size=65, batch=1)
        # the longest, and one that is too long: entries of 144, then of 16
        self.check("svnic", "tx", 24 + 32 + 24 + 28, 28 + 20 + 144 + 36,
                   size=128, batch=1)
        self.check("svnic", "tx", 24 + 24 + 32 + 24 + 28, 28 + 36 + 149 + 36,
                   size=129, batch=1)
        # up: packet request, fetch of 512, indices 8, state request, MSI-X
        # down: doorbell, fetch in two completions, packet, state of 16
        self.check("svnic_mapped", "tx", 24 + (24 + 32 + 24 + 28) / 32,
                   (28 + 40 + 512) / 32 + 84 + 36 / 32)
        self.assertEqual(link_bytes(pcie.cost("svnic", "tx", 129)),
                         link_bytes(pcie.cost("svnic_mapped", "tx", 129)))
        # up: fetch of 256, packet, 32 completions in two TLPs, state, MSI-X
        self.check("svnic", "rx", 88 + (24 + 48 + 512 + 24 + 28) / 32,
                   (20 + 256 + 36) / 32)

    def test_virtio_packed(self):
        self.check("virtio_packed", "tx",
                   24 + (24 + 48 + 512 + 28 + 24 + 24 + 28) / 32,
                   (28 + 40 + 512 + 36 + 24) / 32 + 96)
        self.check("virtio_packed", "rx",
                   100 + (24 + 48 + 512 + 24 + 28) / 32,
                   (40 + 512 + 24) / 32)
        self.check("virtio_in_order", "tx",
                   24 + (24 + 40 + 28 + 24 + 24 + 28) / 32,
                   (28 + 40 + 512 + 36 + 24) / 32 + 96)

    def test_virtio_split(self):
        self.check("virtio_split", "tx",
                   24 + (24 + 24 + 24 + 256 + 26 + 26 + 24 + 24 + 28) / 32,
                   (28 + 84 + 552 + 22 + 22) / 32 + 96)
        self.check("virtio_split", "rx",
                   100 + (24 * 3 + 24 + 256 + 26 + 24 + 28) / 32,
                   (22 + 84 + 552 + 22) / 32)

    def test_82576(self):
        self.check("82576", "tx", 24 + (24 + 48 + 512 + 28) / 32,
                   (28 + 552 + 28) / 32 + 84)
        self.check("82576", "rx", 88 + (24 + 48 + 512 + 28) / 32,
                   (28 + 552 + 28) / 32)
        self.check("82576_head", "tx", 24 + (24 + 28 + 28) / 32,
                   (28 + 552 + 28) / 32 + 84)
        self.check("82576_igbvf", "tx", 24 + 40 + (24 + 28) / 32,
                   28 + (552 + 28) / 32 + 84)
        self.check("82576_igbvf", "rx", 88 + 40 + 24 / 16 + 28 / 32,
                   (28 + 20 + 256) / 16 + 28 / 32)

    def test_simple(self):
        self.check("simple", "tx", 24 + 24 + 28 + 24, 28 + 36 + 84 + 24)
        self.check("simple", "rx", 24 + 88 + 40 + 28 + 24, 28 + 36 + 24)

    def test_one_by_one(self):
        # a batch of one: nothing is shared by packets
        self.check("svnic_mapped", "tx", 24 + 24 + 32 + 24 + 28,
                   28 + 36 + 84 + 36, batch=1)

    def test_both_is_the_sum(self):
        for design in pcie.DESIGNS:
            both = pcie.cost(design, "both", 512, 8)
            ways = pcie.cost(design, "tx", 512, 8) + \
                pcie.cost(design, "rx", 512, 8)
            self.assertEqual(link_bytes(both), link_bytes(ways))

    def test_nobody_is_below_the_bound(self):
        for design in pcie.DESIGNS:
            for size in pcie.SIZES:
                for way in ("tx", "rx"):
                    # who reads many packets at once is not bound by one
                    if (design, way) == ("svnic", "tx") and \
                            size <= pcie.SVNIC_TX_INLINE:
                        continue
                    bound = pcie.cost("bound", way, size)
                    cost = pcie.cost(design, way, size, 64)
                    self.assertGreaterEqual(cost.up, bound.up)
                    self.assertGreaterEqual(cost.down, bound.down)

    def test_the_busier_direction_decides(self):
        cost = pcie.cost("bound", "tx", 64)
        self.assertAlmostEqual(cost.packet_rate(),
                               pcie.GEN3_X8.tlp_gbps * 1e9 / 8 / 84)

    def test_the_page_says_the_same(self):
        text = PAGE.read_text()
        ours = pcie.cost("svnic", "both", 64).total
        for design, about in pcie.DESIGNS.items():
            tx, rx, both = (pcie.cost(design, way, 64).total
                            for way in ("tx", "rx", "both"))
            figures = (f"{tx:.1f}", f"{rx:.1f}", f"{both:.1f}",
                       f"{ours / both:.2f}")
            self.assertRegex(text, r"(?m)^" + re.escape(about.label) +
                             r" +" + r" +".join(map(re.escape, figures)))

    def test_sizes_are_those_of_uapi(self):
        sizes = {name: int(size) for name, size in re.findall(
            r"SVNIC_CHECK_SIZE\(struct (\w+), (\d+)\)", UAPI.read_text())}
        self.assertEqual(pcie.SVNIC_TX_DESC, sizes["svnic_tx_desc"])
        self.assertEqual(pcie.SVNIC_RX_DESC, sizes["svnic_rx_desc"])
        self.assertEqual(pcie.SVNIC_RX_CMPL, sizes["svnic_rx_cmpl"])

    def test_what_goes_into_the_ring_is_the_drivers_to_say(self):
        limit = re.search(r"(?m)^#define LIBSVNIC_TX_INLINE\s+(\d+)U$",
                          LIB.read_text())
        self.assertEqual(pcie.SVNIC_TX_INLINE, int(limit[1]))


class MeasuredTest(unittest.TestCase):
    """What counters give agrees with the model of what they counted."""

    def counters(self, direction, size, k):
        """As device/core counts, see batch() of selftests/core/test_stats.c"""
        mapped = size > pcie.SVNIC_TX_INLINE
        ring = 16 + (0 if mapped else -(-size // 16) * 16)
        extra = {"tx": {"reads": mapped + 2 / k, "writes": 1 / k,
                        "read_bytes": mapped * size + ring + 16 / k,
                        "write_bytes": 8 / k,
                        "doorbells": 1 / k, "interrupts": 1 / k},
                 "rx": {"reads": 1 / 64 + 1 / k, "writes": 1 + 1 / k,
                        "read_bytes": 8 + 16 / k, "write_bytes": size + 16,
                        "doorbells": 0, "interrupts": 1 / k}}[direction]
        return {"dir": direction, "size": size, "packets": 1000, **extra}

    def test_close_and_never_less(self):
        for way in ("tx", "rx"):
            for size in pcie.SIZES:
                for k in (1, 2, 8, 14, 32):
                    # the reference NIC sends no more at once
                    if way == "tx" and \
                            k * pcie._svnic_entries(size) > pcie.REFERENCE_TX:
                        continue
                    counters = self.counters(way, size, k)
                    model = pcie.cost("svnic", way, size,
                                      pcie.batch_seen(counters))
                    cost = pcie.measured(counters)
                    self.assertGreaterEqual(cost.total, model.total - 1e-6)
                    # a header too many for each request but the packet's
                    self.assertLess(cost.total, model.total + 3 * 24 / k)

    def test_packets_alone_are_the_bound(self):
        only = {"reads": 0, "read_bytes": 0, "writes": 0, "write_bytes": 0,
                "doorbells": 0, "interrupts": 0, "size": 1500}
        tx = {**only, "dir": "tx", "reads": 1, "read_bytes": 1500}
        self.assertEqual(link_bytes(pcie.measured(tx)),
                         link_bytes(pcie.cost("bound", "tx", 1500)))
        rx = {**only, "dir": "rx", "writes": 1, "write_bytes": 1500}
        self.assertEqual(link_bytes(pcie.measured(rx)),
                         link_bytes(pcie.cost("bound", "rx", 1500)))

    def test_batch_seen(self):
        for way in ("tx", "rx"):
            for size, k in ((64, 1), (64, 2), (64, 8), (64, 25), (128, 14),
                            (129, 1), (129, 32), (1500, 64)):
                seen = pcie.batch_seen(self.counters(way, size, k))
                self.assertEqual(seen.packets, k)
                # all that was counted is what the model assumes
                self.assertEqual(
                    link_bytes(pcie.cost("svnic", way, size, seen)),
                    link_bytes(pcie.cost("svnic", way, size,
                                         pcie.Batch(k, 64))))
        # batches are no larger than those of the reference NIC
        for way, size, most in (("tx", 64, 25), ("tx", 1500, 128),
                                ("rx", 64, 64)):
            seen = pcie.batch_seen(self.counters(way, size, 1000))
            self.assertEqual(seen.packets, most)

    def test_others_get_our_doorbells_and_interrupts(self):
        quiet = pcie.Batch(32, None, 0, 0)
        # of virtio also what asks for the doorbell, and looks again after it
        for design, asks in (("svnic", 0), ("virtio_packed", 28 + 60),
                             ("virtio_split", 26)):
            for way, saved in (("tx", 28 + 28 + asks), ("rx", 28)):
                usual = pcie.cost(design, way, 64, 32).total
                self.assertAlmostEqual(
                    usual - pcie.cost(design, way, 64, quiet).total,
                    saved / 32)
        # a tail pointer is written whatever the device is doing
        self.assertAlmostEqual(
            pcie.cost("82576", "tx", 64, 32).total -
            pcie.cost("82576", "tx", 64, quiet).total, 2 * 28 / 32)


if __name__ == "__main__":
    unittest.main()
