#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report.py BENCH_JSON OUTDIR: tables, charts and a report of a benchmark.

Writes into OUTDIR report.md, a CSV file per table, and charts as SVG and PNG.
What was not measured is said to be so. Runs in the lab's tree of tools:

  selftests/lab/lab chroot --tools --bind OUT \\
      python3 selftests/bench/report.py OUT/bench.json OUT
"""

import csv
import json
import sys
from pathlib import Path

import figures
import pcie

HERE = Path(__file__).resolve().parent


def read(path):
    """bench.json, held against its schema where there is a validator."""
    bench = json.loads(Path(path).read_text())
    try:
        import jsonschema
    except ImportError:
        print("report: no jsonschema here: form not checked", file=sys.stderr)
        return bench
    schema = json.loads((HERE / "schema.json").read_text())
    errors = sorted(jsonschema.Draft7Validator(schema).iter_errors(bench),
                    key=lambda error: list(map(str, error.absolute_path)))
    for error in errors[:20]:
        where = "/".join(map(str, error.absolute_path)) or "top"
        print(f"{path}: {where}: {error.message}", file=sys.stderr)
    if errors:
        sys.exit(1)
    return bench


def number(value):
    """Three digits that count: 0.0123, 1.23, 1234567."""
    if value is None:
        return ""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def _spread(one):
    return f"{number(one.median)} ({number(one.low)} .. {number(one.high)})"


class Report:
    """The text of report.md, and the CSV files beside it."""

    def __init__(self, bench, out):
        self.bench = bench
        self.out = Path(out)
        self._lines = []

    def text(self, *lines):
        self._lines += [*lines, ""]

    def head(self, title):
        self.text(f"## {title}")

    def table(self, header, rows):
        def line(cells):
            return "| " + " | ".join(cells) + " |"
        self.text(line(header), line(["---"] * len(header)),
                  *(line([str(cell) for cell in row]) for row in rows))

    def absent(self):
        self.text("not measured")

    def csv(self, name, header, rows):
        with open(self.out / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    def save(self):
        (self.out / "report.md").write_text("\n".join(self._lines))


def configuration(report):
    config = report.bench["config"]
    report.text("# SV-NIC: what the benchmark measured")
    if config["quick"]:
        report.text("A QUICK run: fewer loads and guests than the full one.")
    report.head("Configuration")
    rows = [(key, value) for key, value in config.items()
            if not isinstance(value, dict)]
    rows += [(f"{key} of {name}" if key == "opponents" else name, value)
             for key in ("tools", "opponents")
             for name, value in config.get(key, {}).items()]
    report.table(("", ""), rows)
    samples = report.bench.get("samples", [])
    report.csv("samples",
               ("test", "path", "guests", "round", "unit", "value", "p50",
                "p99", "p999"),
               ([sample.get(key, "") for key in
                 ("test", "path", "guests", "round", "unit", "value", "p50",
                  "p99", "p999")] for sample in samples))


def targets(report):
    rows = figures.targets(report.bench)
    report.head("Targets")
    report.text("Ratios of medians of this run, SV-NIC to its opponent. The "
                "paper's are those of Raj and Schwan, HPDC 2007, against the "
                "software path of their time.")
    report.table(("figure", "against", "measured", "target", "paper",
                  "verdict"),
                 ((row.what, row.against,
                   "" if row.measured is None else f"{row.measured:.3g}",
                   row.wanted,
                   "" if row.paper is None else f"{row.paper:.2f}",
                   row.verdict) for row in rows))
    done = [row for row in rows if row.measured is not None]
    met = sum(row.verdict == "met" for row in done)
    report.text(f"{met} of {len(done)} met, {len(rows) - len(done)} not "
                "measured.")
    report.csv("targets",
               ("figure", "against", "measured", "relation", "target",
                "paper", "verdict"),
               ((row.what, row.against, row.measured,
                 ">=" if row.least else "<=", row.target, row.paper,
                 row.verdict) for row in rows))


def load_tables(report):
    found = figures.loads(report.bench)
    tails = {field: figures.loads(report.bench, field)
             for field in ("p99", "p999")}
    units = {sample["test"]: sample["unit"]
             for sample in report.bench.get("samples", [])}
    report.head("Loads")
    report.text("Medians of the rounds, in parentheses the lowest and highest.")
    for test, title in figures.TESTS.items():
        guests = sorted({key[2] for key in found if key[0] == test})
        report.text(f"### {title}" + (f", {units[test]}" if guests else ""))
        if not guests:
            report.absent()
            continue
        report.table(
            ("path", *(f"{n} guest" + ("s" if n > 1 else "")
                       for n in guests)),
            ((label, *(_spread(found[test, path, n])
                       if (test, path, n) in found else "" for n in guests))
             for path, label in figures.PATHS.items()
             if any((test, path, n) in found for n in guests)))
        for field, name in (("p99", "99th"), ("p999", "99.9th")):
            tail = {key: one for key, one in tails[field].items()
                    if key[0] == test}
            if tail:
                report.text(f"{name} percentile, us:")
                report.table(
                    ("path", *map(str, guests)),
                    ((label, *(_spread(tail[test, path, n])
                               if (test, path, n) in tail else ""
                               for n in guests))
                     for path, label in figures.PATHS.items()
                     if any((test, path, n) in tail for n in guests)))
    report.csv("loads",
               ("test", "path", "guests", "unit", "median", "low", "high",
                "rounds", "p99", "p999"),
               ((test, path, n, units[test], *one,
                 *(tails[field][test, path, n].median
                   if (test, path, n) in tails[field] else ""
                   for field in ("p99", "p999")))
                for test in figures.TESTS for path in figures.PATHS
                for (found_test, found_path, n), one in sorted(found.items())
                if (found_test, found_path) == (test, path)))


def instructions(report):
    found = {field: figures.instructions(report.bench, field)
             for field in ("driver", "kernel")}
    report.head("Instructions per packet")
    order = list(figures.DRIVERS)
    keys = sorted(found["driver"], key=lambda key: (
        key[3], key[1] == "rx", str(key[2]), order.index(key[0])))
    if keys:
        report.table(("driver", "direction", "load", "bytes",
                      "in the driver", "whole kernel"),
                     ((*(part or "" for part in key),
                       _spread(found["driver"][key]),
                       _spread(found["kernel"][key])) for key in keys))
    else:
        report.absent()
    report.csv("insn",
               ("driver", "dir", "load", "size", "driver_median", "driver_low",
                "driver_high", "kernel_median", "kernel_low", "kernel_high"),
               ((*key, *found["driver"][key][:3], *found["kernel"][key][:3])
                for key in keys))


def _model(design, batch):
    """Bytes of a packet of 64 bytes sent and one received."""
    return pcie.cost(design, "both", 64, batch).total


def pcie_model(report):
    header = ("design", "dir", "size", "batch", "mps", "mrrs", "up", "down",
              "total", *(f"{what} {link.name}" for link in pcie.LINKS
                         for what in ("packets/s", "payload Gb/s")))
    rows = []
    for design in pcie.DESIGNS:
        for way in ("tx", "rx", "both"):
            for size in pcie.SIZES:
                for k in (1, 8, pcie.BATCH, 64):
                    cost = pcie.cost(design, way, size, k)
                    rates = [pcie.cost(design, way, size, k, link)
                             for link in pcie.LINKS]
                    rows.append((
                        design, way, size, k, cost.link.mps, cost.link.mrrs,
                        round(cost.up, 3), round(cost.down, 3),
                        round(cost.total, 3),
                        *(value for rate in rates for value in
                          (round(rate.packet_rate()),
                           round(rate.payload_gbps(size), 3)))))
    report.csv("pcie-model", header, rows)

    report.head("PCI Express")
    report.text("Documentation/performance.rst has the model. Bytes of TLPs "
                "with headers, both directions of the link, for a packet of "
                f"64 bytes, with batches of {pcie.BATCH}; ratios are of tx + "
                "rx, SV-NIC to this.")
    ours = _model("svnic", pcie.BATCH)
    body = []
    for design, about in pcie.DESIGNS.items():
        tx, rx = (pcie.cost(design, way, 64) for way in ("tx", "rx"))
        fast = pcie.cost(design, "both", 64, link=pcie.GEN4_X16)
        body.append((about.label, f"{tx.total:.1f}", f"{rx.total:.1f}",
                     f"{tx.total + rx.total:.1f}",
                     f"{ours / (tx.total + rx.total):.2f}",
                     f"{tx.packet_rate() / 1e6:.1f}",
                     f"{rx.packet_rate() / 1e6:.1f}",
                     f"{(tx + rx).packet_rate() / 1e6:.1f}",
                     f"{fast.packet_rate() / 1e6:.1f}"))
    three, four = (link.name for link in pcie.LINKS)
    report.table(("interface", "tx", "rx", "tx + rx", "ratio",
                  f"tx Mpps, {three}", f"rx Mpps, {three}",
                  f"both Mpps, {three}", f"both Mpps, {four}"), body)
    report.text("The ratio of SV-NIC to the others by the size of batches:")
    batches = (1, 8, 16, pcie.BATCH, 64)
    report.table(
        ("interface", *(f"batches of {k}" for k in batches)),
        ((about.label,
          *(f"{_model('svnic', k) / _model(design, k):.2f}" for k in batches))
         for design, about in pcie.DESIGNS.items() if design != "svnic"))


def _measured(one):
    """Cells of a row: the device's bytes, the model's, rates of links."""
    model = pcie.cost("svnic", one["dir"], one["size"], pcie.batch_seen(one))
    rates = [pcie.measured(one, link) for link in pcie.LINKS]
    return (pcie.batch_seen(one).packets, f"{pcie.measured(one).total:.1f}",
            f"{model.total:.1f}",
            *(f"{rate.packet_rate() / 1e6:.1f}" for rate in rates),
            *(f"{rate.payload_gbps(one['size']):.1f}" for rate in rates))


def pcie_measured(report):
    found = figures.counters(report.bench)
    fields = ("reads", "read_bytes", "writes", "write_bytes", "doorbells",
              "interrupts")
    report.text("### What the device counted, per packet")
    if found:
        report.table(
            ("direction", "bytes", "reads", "bytes read", "writes",
             "bytes written", "doorbells", "interrupts", "batch seen",
             "PCIe bytes", "the same, model",
             *(f"Mpps, {link.name}" for link in pcie.LINKS),
             *(f"Gb/s, {link.name}" for link in pcie.LINKS)),
            ((way, size, *(number(one[field]) for field in fields),
              *_measured(one))
             for (way, size), one in found.items()))
    else:
        report.absent()
    report.csv("pcie-measured",
               ("dir", "size", *fields, "batch_seen", "up", "down", "total"),
               ((way, size, *(one[field] for field in fields),
                 pcie.batch_seen(one).packets,
                 *(round(value, 3) for value in (pcie.measured(one).up,
                                                 pcie.measured(one).down,
                                                 pcie.measured(one).total)))
                for (way, size), one in found.items()))


# part of "scale", with drivers or without, title, key, {field: heading}
SCALE = (
    ("create", False, "Creating and destroying VFs without drivers", "vfs",
     {"create_s": "create, s", "destroy_s": "destroy, s",
      "mem_bytes_per_vf": "memory per VF, bytes"}),
    ("create", True, "Creating and destroying VFs with their drivers", "vfs",
     {"create_s": "create, s", "destroy_s": "destroy, s",
      "mem_bytes_per_vf": "memory per VF, bytes"}),
    ("mailbox", None, "Mailbox, all VFs at once", "vfs",
     {"rtt_us": "round trip, us", "p99_us": "99th percentile, us",
      "per_s": "answers/s"}),
    ("switch", None, "Switching a packet", "entries",
     {"ns_per_packet": "ns", "instructions": "instructions"}),
    ("active", None, "Active VFs", "vfs",
     {"mbps": "aggregate Mb/s", "jain": "Jain's index"}),
    ("fair", None, "Equal VFs on a full link", "vfs",
     {"mbps": "aggregate Mb/s", "jain": "Jain's index"}),
)


def scale(report):
    report.head("Scale")
    for part, bound, title, key, fields in SCALE:
        report.text(f"### {title}")
        found = {field: figures.scale(report.bench, part, field, key, bound)
                 for field in fields}
        found = {field: points for field, points in found.items() if points}
        counts = sorted({n for points in found.values() for n in points})
        if counts:
            report.table((key, *(fields[field] for field in found)),
                         ((n, *(_spread(points[n]) if n in points else ""
                                for points in found.values()))
                          for n in counts))
        else:
            report.absent()
        name = part if not bound else f"{part}-bound"
        report.csv(f"scale-{name}",
                   (key, *(f"{field}_{what}" for field in found
                           for what in ("median", "low", "high"))),
                   ((n, *(value for points in found.values() for value in
                          (points[n][:3] if n in points
                           else ("", "", "")))) for n in counts))


def charts(report):
    try:
        import charts as drawing
    except ImportError as error:
        # Figures are worth having without pictures.
        print(f"report: no charts: {error}", file=sys.stderr)
        return
    report.head("Charts")
    for name, caption in drawing.draw(report.bench, report.out).items():
        if caption is None:
            report.text(f"{name}: not measured")
        else:
            report.text(f"![{name}]({name}.png)",
                        "", f"{caption} ([SVG]({name}.svg))")


def main(argv):
    if len(argv) != 3:
        sys.exit(__doc__)
    bench = read(argv[1])
    Path(argv[2]).mkdir(parents=True, exist_ok=True)
    report = Report(bench, argv[2])
    for part in (configuration, targets, load_tables, instructions,
                 pcie_model, pcie_measured, scale, charts):
        part(report)
    report.save()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
