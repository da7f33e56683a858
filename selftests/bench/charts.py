# SPDX-License-Identifier: GPL-2.0-or-later
"""Charts of bench.json, each as SVG and as PNG.

The same file gives the same bytes: no dates, no random identifiers.
"""

import matplotlib
from matplotlib.ticker import (FuncFormatter, LogLocator, MaxNLocator,
                               NullFormatter, NullLocator)

import figures
import pcie

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

# Colours that people with any colour vision can distinguish (Okabe and Ito).
COLOURS = {"svnic": "#0072b2", "igb": "#d55e00", "virtio": "#009e73",
           "macvtap": "#cc79a7", "host": "#666666"}
MARKERS = {"svnic": "o", "igb": "s", "virtio": "^", "macvtap": "v",
           "host": "D"}
# A design has the colour of the path that uses it; variants have other lines.
DESIGNS = {
    "svnic": ("#0072b2", "-", 2.4),
    "svnic_mapped": ("#0072b2", ":", 1.6),
    "virtio_packed": ("#009e73", "-", 1.6),
    "virtio_in_order": ("#009e73", "--", 1.2),
    "virtio_split": ("#009e73", ":", 1.6),
    "82576": ("#d55e00", "-", 1.6),
    "82576_head": ("#d55e00", ":", 1.6),
    "82576_igbvf": ("#d55e00", "--", 1.2),
    "bound": ("#000000", "-", 1.0),
}
STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "errorbar.capsize": 2.5,
    "figure.dpi": 130,
    "font.size": 9,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.markersize": 4.5,
    "svg.hashsalt": "svnic",
}
SPREAD = "Median of the rounds; bars: lowest and highest."


def _number(value, _=None):
    """1200 as 1.2k: axes are rough, tables have the exact values."""
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:g}{unit}"
    return f"{value:g}"


class Sheet:
    """A figure of panels with one legend above them."""

    def __init__(self, rows, columns, title, height=2.7):
        self.fig, self._axes = pyplot.subplots(
            rows, columns, squeeze=False, layout="constrained",
            figsize=(4.1 * columns, height * rows + 0.7))
        self._handles = {}
        self._title = title
        self._at = 0

    def panel(self, title, xlabel, ylabel):
        axes = self._axes.flat[self._at]
        self._at += 1
        axes.set_title(title, loc="left")
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.yaxis.set_major_formatter(FuncFormatter(_number))
        return axes

    def line(self, axes, label, points, shift=0.0, **style):
        """Points are {x: Stat}; SHIFT moves x by this part of it."""
        x = [at * (1 + shift) for at in sorted(points)]
        y = [points[at] for at in sorted(points)]
        self._handles[label] = axes.errorbar(
            x, [one.median for one in y],
            yerr=[[one.median - one.low for one in y],
                  [one.high - one.median for one in y]],
            label=label, elinewidth=1, **style)

    def plain(self, axes, label, x, y, **style):
        self._handles[label], = axes.plot(x, y, label=label, **style)

    def legend(self, label, handle):
        self._handles[label] = handle

    def save(self, base, columns=5):
        """With this number of columns in the legend, 0 if panels have their
        own."""
        self.fig.suptitle(self._title, x=0.01, ha="left", fontsize=12)
        if columns and len(self._handles) > 1:
            self.fig.legend(self._handles.values(), self._handles.keys(),
                            loc="outside lower left", ncols=columns)
        self.fig.savefig(f"{base}.svg", metadata={"Date": None})
        self.fig.savefig(f"{base}.png", metadata={"Software": None})
        pyplot.close(self.fig)


def _absent(axes):
    axes.text(0.5, 0.5, "not measured", transform=axes.transAxes,
              ha="center", va="center", color="#888888")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)


def _powers(axes, ticks):
    """A logarithmic axis with only these ticks."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(list(ticks))


def _by_guests(sheet, found, test, ylabel, log=False):
    axes = sheet.panel(figures.TESTS[test], "guests", ylabel)
    guests = sorted({key[2] for key in found if key[0] == test})
    if not guests:
        _absent(axes)
        return
    for i, path in enumerate(figures.PATHS):
        points = {n: found[test, path, n] for n in guests
                  if (test, path, n) in found}
        if points:
            # Side by side, so that bars do not hide each other.
            sheet.line(axes, figures.PATHS[path], points, (i - 2) * 0.025,
                       color=COLOURS[path], marker=MARKERS[path])
    _powers(axes, guests)
    axes.set_xlim(guests[0] * 0.85, guests[-1] * 1.18)
    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(_number))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=0)


def _throughput(bench, base):
    found = figures.loads(bench)
    tests = ["tcp_tx", "tcp_rx", "tcp_tx_4", "tcp_rx_4"]
    if any(key[0] == "guest_tcp" for key in found):
        tests += ["guest_tcp"]
    if not any(key[0] in tests for key in found):
        return None
    sheet = Sheet((len(tests) + 1) // 2, 2, "TCP throughput, all guests")
    for test in tests:
        _by_guests(sheet, found, test, "Mb/s")
    for axes in list(sheet.fig.axes)[len(tests):]:
        axes.set_axis_off()
    sheet.save(base)
    return f"TCP throughput of all guests together. {SPREAD}"


def _packets(bench, base):
    found = figures.loads(bench)
    tests = ["udp64_tx", "udp64_rx", "udp1500_tx", "udp1500_rx"]
    if not any(key[0] in tests for key in found):
        return None
    sheet = Sheet(2, 2, "Packets per second, all guests")
    for test in tests:
        _by_guests(sheet, found, test, "packets/s")
    sheet.save(base)
    return f"Packet rate of all guests together. {SPREAD}"


def _latency(bench, base):
    fields = {"value": "median", "p99": "99th percentile",
              "p999": "99.9th percentile"}
    tests = ["tcp_rr", "udp_rr"]
    if not any(sample["test"] in tests
               for sample in bench.get("samples", [])):
        return None
    sheet = Sheet(3, 2, "Latency of a request and its response")
    for field, name in fields.items():
        for test in tests:
            _by_guests(sheet, figures.loads(bench, field), test,
                       f"{name}, µs", log=True)
    sheet.save(base)
    return f"Round trip of one byte. {SPREAD}"


def _designs(sheet, axes, bench, way, value, link=pcie.GEN3_X8):
    """Lines of value(cost, size) of all designs, and points of measurements"""
    for design, (colour, line, width) in DESIGNS.items():
        sheet.plain(axes, pcie.DESIGNS[design].label, pcie.SIZES,
                    [value(pcie.cost(design, way, size, link=link), size)
                     for size in pcie.SIZES],
                    color=colour, linestyle=line, linewidth=width, marker=".",
                    zorder=3 if design == "svnic" else 2)
    found = figures.counters(bench)
    ways = ("tx", "rx") if way == "both" else (way,)
    points = {}
    for size in sorted({size for _, size in found}):
        costs = [pcie.measured(found[one, size], link) for one in ways
                 if (one, size) in found]
        if len(costs) == len(ways):
            points[size] = value(sum(costs, pcie.Cost(link)), size)
    if points:
        sheet.plain(axes, "SV-NIC, measured", points.keys(), points.values(),
                    color="#003a5c", linestyle="", marker="D", markersize=7,
                    markerfacecolor="none", markeredgewidth=1.4, zorder=4)
    _powers(axes, pcie.SIZES)
    axes.set_ylim(bottom=0)


def _pcie_bytes(bench, base):
    sheet = Sheet(1, 2, "PCIe bytes besides the packet's own, both "
                  f"directions of the link, batches of {pcie.BATCH}", 3.6)
    for way, name in (("tx", "sent"), ("rx", "received")):
        axes = sheet.panel(f"packet {name}", "bytes of the packet",
                           "bytes per packet")
        _designs(sheet, axes, bench, way,
                 lambda cost, size: cost.total - size)
    sheet.save(base, 3)
    return ("PCIe bytes that a packet costs besides itself, by its size: the "
            "model, and what the device counted.")


def _pcie_rate(bench, base):
    sheet = Sheet(len(pcie.LINKS), 3, "Packet rate that PCI Express allows, "
                  f"batches of {pcie.BATCH}", 3.0)
    for link in pcie.LINKS:
        for way, name in (("tx", "packets sent"), ("rx", "packets received"),
                          ("both", "as many sent as received, each")):
            axes = sheet.panel(f"{link.name}, {name}",
                               "bytes of the packet", "packets/s")
            _designs(sheet, axes, bench, way,
                     lambda cost, _: cost.packet_rate(), link)
    sheet.save(base, 3)
    return "Packet rate if only the link is the limit, by packet size."


def _insn(bench, base):
    found = {field: figures.instructions(bench, field)
             for field in ("driver", "kernel")}
    groups = sorted({key[1:] for key in found["driver"]}, key=lambda group: (
        group[2], group[0] == "rx", str(group[1])))
    if not groups:
        return None
    sizes = sorted({size for *_, size in groups})
    sheet = Sheet(1, 2, "Guest instructions per packet of "
                  f"{', '.join(map(str, sizes))} bytes")
    for field, name in (("driver", "in the driver"),
                        ("kernel", "in the whole kernel")):
        axes = sheet.panel(name, "", "instructions per packet")
        for i, (driver, path) in enumerate(figures.DRIVERS.items()):
            at = [j for j, group in enumerate(groups)
                  if (driver, *group) in found[field]]
            if not at:
                continue
            bars = [found[field][driver, *groups[j]] for j in at]
            sheet.legend(driver, axes.bar(
                [j + (i - 1) * 0.27 for j in at],
                [one.median for one in bars], 0.25, color=COLOURS[path],
                yerr=[[one.median - one.low for one in bars],
                      [one.high - one.median for one in bars]],
                error_kw={"elinewidth": 1}))
        axes.set_xticks(range(len(groups)), [
            "\n".join(str(part) for part in (
                way, load, size if len(sizes) > 1 else None) if part)
            for way, load, size in groups])
        axes.grid(False, axis="x")
    sheet.save(base)
    return f"Guest instructions per packet, by load. {SPREAD}"


SVNIC = {"color": COLOURS["svnic"], "marker": "o"}
SECOND = {"color": COLOURS["igb"], "marker": "s"}
BOUND = {"linestyle": "--", "markerfacecolor": "none"}


def _scale_panel(sheet, bench, title, xlabel, ylabel, lines):
    """Lines are (part, field, with drivers, label, style)."""
    axes = sheet.panel(title, xlabel, ylabel)
    drawn = 0
    for part, field, bound, label, style in lines:
        points = figures.scale(bench, part, field, bound=bound)
        if points:
            sheet.line(axes, label, points, **style)
            drawn += 1
    if not drawn:
        _absent(axes)
        return axes
    if drawn > 1:
        axes.legend()
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return axes


def _switch_panel(sheet, bench):
    """Sizes of the table at equal distances: they are powers, and may be 0."""
    field, unit = "ns_per_packet", "ns"
    if not figures.scale(bench, "switch", field, "entries"):
        field = unit = "instructions"
    points = figures.scale(bench, "switch", field, "entries")
    axes = sheet.panel("switching a packet", "addresses in the table", unit)
    if not points:
        _absent(axes)
        return
    sheet.line(axes, "packet", dict(enumerate(points.values())), **SVNIC)
    axes.set_xticks(range(len(points)), points)
    axes.set_ylim(bottom=0)


def _scale(bench, base):
    if not any(bench.get("scale", {}).values()):
        return None
    sheet = Sheet(2, 3, "Scale", 2.9)
    _scale_panel(sheet, bench, "creating and destroying VFs", "VFs", "seconds",
                 [("create", "create_s", False, "create", SVNIC),
                  ("create", "create_s", True, "create, with drivers",
                   {**SVNIC, **BOUND}),
                  ("create", "destroy_s", False, "destroy", SECOND),
                  ("create", "destroy_s", True, "destroy, with drivers",
                   {**SECOND, **BOUND})])
    _scale_panel(sheet, bench, "host memory per VF", "VFs", "bytes",
                 [("create", "mem_bytes_per_vf", False, "no driver", SVNIC),
                  ("create", "mem_bytes_per_vf", True, "with its driver",
                   {**SVNIC, **BOUND})])
    _scale_panel(sheet, bench, "mailbox round trip, all VFs at once", "VFs",
                 "µs", [("mailbox", "rtt_us", None, "median", SVNIC),
                        ("mailbox", "p99_us", None, "99th percentile",
                         SECOND)])
    _switch_panel(sheet, bench)
    _scale_panel(sheet, bench, "aggregate throughput", "active VFs", "Mb/s",
                 [("active", "mbps", None, "throughput", SVNIC)])
    axes = _scale_panel(sheet, bench, "fairness", "active VFs", "Jain's index",
                        [("active", "jain", None, "each as fast as it can",
                          SVNIC),
                         ("fair", "jain", None, "a link that is full",
                          {**SECOND, "linestyle": ""})])
    shares = [one.low for part in ("active", "fair")
              for one in figures.scale(bench, part, "jain").values()]
    if shares:
        axes.set_ylim(min(0.9, min(shares) - 0.02), 1.005)
    sheet.save(base, columns=0)
    return f"1 to 248 VFs. {SPREAD}"


CHARTS = {
    "throughput": _throughput,
    "packets": _packets,
    "latency": _latency,
    "insn": _insn,
    "pcie-bytes": _pcie_bytes,
    "pcie-rate": _pcie_rate,
    "scale": _scale,
}


def draw(bench, out):
    """Draw everything that has samples; {name: caption or None}"""
    with pyplot.rc_context(STYLE):
        return {name: chart(bench, f"{out}/{name}")
                for name, chart in CHARTS.items()}
