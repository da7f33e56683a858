#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Unit tests of insn.py: what it makes of the plugin's counts."""

import unittest

import insn

# the virtio core is found by its names, static functions in between included
KALLSYMS = "\n".join(
    [f"{0x1000 + 16 * n:x} t before{n}" for n in range(20)] +
    ["2000 t virtio_dev_match", "2010 t device_show",
     "2020 T __pfx_virtqueue_add_outbuf", "2028 T virtqueue_add_outbuf",
     "2040 t vp_notify"] +
    [f"{0x2060 + 16 * n:x} t after{n}" for n in range(20)] +
    ["3000 T do_idle", "3100 D virtqueue_data",
     "9000 t libsvnic_xmit\t[libsvnic]", "9100 t pktgen_xmit\t[pktgen]"])


class Insn(unittest.TestCase):
    """Of functions and of entries."""

    def setUp(self):
        self.symbols = insn.Symbols(KALLSYMS)

    def test_counts(self):
        """A line per block, a column per CPU."""
        self.assertEqual(insn.read_counts("ff 1 2\n10 3 0\n"),
                         {0xff: 2, 0x10: 0})

    def test_counters_ran_out(self):
        """What is beyond the plugin's counters is an error."""
        with self.assertRaises(RuntimeError):
            insn.read_counts("0 0 7\n")

    def test_find(self):
        """Function, module and offset."""
        for addr, found in (
                (0x9004, ("libsvnic_xmit", "libsvnic", 4)),
                (0x1008, ("before0", "kernel", 8)),
                (0x2018, ("device_show", "virtio", 8)),
                (0x205f, ("vp_notify", "virtio", 0x1f)),
                (0x2060, ("after0", "kernel", 0))):
            self.assertEqual(self.symbols.find(addr), found)

    def test_split(self):
        """Each instruction is in one part."""
        parts, places = insn.split(
            self.symbols, {0x9004: 10, 0x9010: 5, 0x9100: 7, 0x3004: 3,
                           0x1000: 2, 0x2030: 1}, {"libsvnic"})
        self.assertEqual(parts, {"driver": 15, "pktgen": 7, "idle": 3,
                                 "else": 3})
        self.assertEqual(places["libsvnic:libsvnic_xmit"], 15)
        self.assertEqual(places["libsvnic:libsvnic_xmit+0x10"], 5)

    def test_entry(self):
        """Driver and kernel come from the loads that are shown."""
        loads = {"pktgen": {"packets": 9, "driver": 1.5},
                 "burst": {"packets": 8, "driver": 1.0},
                 "udp": {"packets": 7, "driver": 2.0, "kernel": 50.0}}
        got = insn.entry("svnicvf", "tx", 3, loads)
        self.assertEqual((got["driver"], got["kernel"], got["packets"]),
                         (1.5, 50.0, 9))

    def test_summary(self):
        """Ratios are ours to theirs."""
        entries = [{"path": path, "dir": way, "driver": driver, "kernel": 10}
                   for path, driver in (("svnicvf", 50), ("igbvf", 100))
                   for way in ("tx", "rx")]
        self.assertIn(" 0.50", insn.summary(entries)[2])


if __name__ == "__main__":
    unittest.main()
