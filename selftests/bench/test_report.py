#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report.py: from a small benchmark to the right figures, and from none."""

import contextlib
import csv
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import figures  # noqa: E402
import pcie  # noqa: E402
import report  # noqa: E402

CONFIG = {"date": "2026-11-27T12:00:00", "kernel": "7.3.4", "quick": True,
          "rounds": 5, "seconds": 2.0, "accel": "tcg",
          "tools": {"iperf3": "3.18"}, "opponents": {"svnic": "VF by VFIO"}}
EMPTY = {"schema": 1, "config": CONFIG}
# Mb/s, packets/s, us: what each path has in the middle round
SPEED = {"svnic": 900.0, "igb": 200.0, "virtio": 300.0, "macvtap": 320.0,
         "host": 1000.0}
DELAY = {"svnic": 30.0, "igb": 100.0, "virtio": 90.0, "macvtap": 80.0,
         "host": 20.0}
TX = {"dir": "tx", "size": 60, "packets": 1000, "reads": 2 / 16,
      "read_bytes": 5 * 16 + 16 / 16, "writes": 1 / 16,
      "write_bytes": 8 / 16, "doorbells": 1 / 16, "interrupts": 1 / 16}
RX = {"dir": "rx", "size": 60, "packets": 1000, "reads": 1 / 64 + 1 / 32,
      "read_bytes": 8 + 16 / 32, "writes": 1 + 1 / 32,
      "write_bytes": 60 + 16, "doorbells": 0, "interrupts": 1 / 32}


def full():
    """A benchmark of five rounds that are 2 % apart."""
    samples, insn = [], []
    for n in range(5):
        factor = 1 + (n - 2) * 0.02
        for path in figures.PATHS:
            for guests in (1, 8) if path != "host" else (1,):
                for test in figures.TESTS:
                    sample = {"test": test, "path": path, "guests": guests,
                              "round": n}
                    if test.endswith("_rr"):
                        value = DELAY[path] * factor * guests
                        sample |= {"unit": "us", "value": value, "p50": value,
                                   "p99": value * 3, "p999": value * 9}
                    else:
                        unit = "packets/s" if "udp" in test else "Mb/s"
                        sample |= {"unit": unit,
                                   "value": SPEED[path] * factor}
                    samples.append(sample)
        for driver, count in (("svnicvf", 300), ("igbvf", 600),
                              ("virtio_net", 400)):
            for way in ("tx", "rx"):
                insn.append({"path": driver, "dir": way, "size": 64,
                             "load": "pktgen", "packets": 1000, "round": n,
                             "driver": count * factor, "kernel": 3000})
    scale = {
        "create": [{"vfs": vfs, "bound": bound, "round": n,
                    "create_s": 1 + vfs * 0.1, "destroy_s": 0.5,
                    "mem_bytes_per_vf": 100000}
                   for bound in (False, True)
                   for vfs in (1, 62, 124, 248) for n in range(3)],
        "mailbox": [{"vfs": 248, "round": 0, "rtt_us": 500, "p99_us": 900}],
        "switch": [{"entries": 0, "ns_per_packet": 80},
                   {"entries": 4096, "ns_per_packet": 90}],
        "active": [{"vfs": 1, "round": 0, "mbps": 1000, "jain": 1.0},
                   {"vfs": 64, "round": 0, "mbps": 950, "jain": 0.995}],
        "fair": [{"vfs": 64, "round": 0, "mbps": 119, "jain": 0.98,
                  "link_mbps": 120}],
    }
    return {**EMPTY, "samples": samples, "insn": insn, "pcie": [TX, RX],
            "scale": scale}


class FiguresTest(unittest.TestCase):
    def setUp(self):
        self.targets = figures.targets(full())

    def find(self, what, against):
        found = [one for one in self.targets
                 if one.what.startswith(what) and one.against == against]
        self.assertTrue(found, f"no target {what}")
        return found[0]

    def test_median_and_spread(self):
        one = figures.loads(full())["tcp_tx", "svnic", 1]
        self.assertEqual(one.median, 900.0)
        self.assertAlmostEqual(one.low, 864.0)
        self.assertAlmostEqual(one.high, 936.0)
        self.assertEqual(one.rounds, 5)

    def test_throughput(self):
        one = self.find("1 guest, TCP, guest sends", figures.PATHS["virtio"])
        self.assertAlmostEqual(one.measured, 3.0)
        self.assertEqual(one.verdict, "missed by 25 %")
        self.assertEqual(one.paper, 1.77)
        one = self.find("1 guest, TCP, guest sends", figures.PATHS["igb"])
        self.assertAlmostEqual(one.measured, 4.5)
        self.assertEqual(one.verdict, "met")

    def test_latency_is_better_when_it_is_less(self):
        one = self.find("1 guest, TCP request", figures.PATHS["virtio"])
        self.assertAlmostEqual(one.measured, 1 / 3)
        self.assertEqual(one.verdict, "met")
        one = self.find("8 guests, UDP request", figures.PATHS["igb"])
        self.assertAlmostEqual(one.measured, 0.3)

    def test_instructions(self):
        one = self.find("driver's instructions", "virtio_net")
        self.assertAlmostEqual(one.measured, 0.75)
        self.assertEqual(one.verdict, "missed by 7 %")
        self.assertEqual(self.find("driver's instructions", "igbvf").verdict,
                         "met")

    def test_pcie_is_measured_with_the_same_batches(self):
        packed = pcie.DESIGNS["virtio_packed"].label
        ours = pcie.measured(TX).total + pcie.measured(RX).total
        theirs = sum(pcie.cost("virtio_packed", way, 60, pcie.Batch(k, 64))
                     .total for way, k in (("tx", 16), ("rx", 32)))
        measured = [one for one in self.targets if one.against == packed and
                    one.what.endswith("measured")]
        self.assertAlmostEqual(measured[0].measured, ours / theirs)

    def test_scale(self):
        one = self.find("time per VF made without", "fewer VFs")
        self.assertAlmostEqual(one.measured, 1.0)
        self.assertEqual(one.verdict, "met")
        one = self.find("64 active VFs, aggregate", "1 active VF")
        self.assertAlmostEqual(one.measured, 0.95)
        self.assertEqual(self.find("64 active VFs, Jain", "equal shares")
                         .verdict, "met")
        self.assertEqual(self.find("64 equal VFs", "equal shares").verdict,
                         "missed by 1 %")

    def test_more_time_per_vf_is_told(self):
        bench = full()
        for one in bench["scale"]["create"]:
            one["create_s"] = one["vfs"] ** 2 / 100
        self.targets = figures.targets(bench)
        self.assertTrue(self.find("time per VF made with its", "fewer VFs")
                        .verdict.startswith("missed"))

    def test_nothing_measured(self):
        told = {one.verdict for one in figures.targets(EMPTY)
                if not one.what.endswith("model")}
        self.assertEqual(told, {"not measured"})


class ReportTest(unittest.TestCase):
    def report(self, bench, out):
        path = Path(out) / "bench.json"
        path.write_text(json.dumps(bench))
        with contextlib.redirect_stderr(io.StringIO()) as self.stderr:
            report.main(["report.py", str(path), out])
        return (Path(out) / "report.md").read_text()

    def test_all_files(self):
        """And the same bytes when it is done again."""
        with tempfile.TemporaryDirectory() as out, \
                tempfile.TemporaryDirectory() as again:
            text = self.report(full(), out)
            self.assertEqual(self.stderr.getvalue(), "")
            self.assertIn("| svnic VF | 900 (864 .. 936) | 900", text)
            self.assertNotIn("not measured\n", text.replace(
                "0 not measured.\n", ""))
            files = {path.name for path in Path(out).iterdir()}
            for name in ("throughput", "packets", "latency", "insn",
                         "pcie-bytes", "pcie-rate", "scale"):
                self.assertLessEqual({f"{name}.svg", f"{name}.png"}, files)
                self.assertIn(f"]({name}.png)", text)
            with open(Path(out) / "loads.csv") as file:
                rows = {(row["test"], row["path"], row["guests"]): row
                        for row in csv.DictReader(file)}
            self.assertEqual(rows["tcp_rr", "svnic", "8"]["median"], "240.0")
            self.assertEqual(rows["tcp_rr", "svnic", "8"]["p99"], "720.0")
            self.report(full(), again)
            for path in Path(out).iterdir():
                self.assertEqual(path.read_bytes(),
                                 (Path(again) / path.name).read_bytes(),
                                 path.name)

    def test_nothing_measured(self):
        with tempfile.TemporaryDirectory() as out:
            text = self.report(EMPTY, out)
        self.assertIn("throughput: not measured", text)
        self.assertIn("### TCP, guest sends\n\nnot measured", text)
        self.assertIn("### Mailbox, all VFs at once\n\nnot measured", text)
        # the model needs no measurement
        self.assertIn("![pcie-bytes]", text)

    def test_wrong_form_is_refused(self):
        wrong = full()
        wrong["samples"][3]["path"] = "token ring"
        with tempfile.TemporaryDirectory() as out, \
                self.assertRaises(SystemExit):
            self.report(wrong, out)
        self.assertIn("samples/3/path", self.stderr.getvalue())


if __name__ == "__main__":
    unittest.main()
