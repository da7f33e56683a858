#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions per packet: in the driver, and in the whole kernel.

Runs in the lab host of "lab insn": its QEMU has the plugin of insn/plugin.c and,
beside the SV-NIC, a pair of igb ports and a virtio-net with an igb port as its
peer. The netdevs under test are those of the lab host itself: no guest runs.

Everything of the netdev under test -- sender, interrupts, NAPI -- is on CPU 1,
which does nothing else; the peer, this program and the rest are on CPU 0.

"driver" is what CPU 1 executed within the text of the driver's modules; for
virtio_net that includes virtio's rings and PCI transport. "kernel" is all it
executed of the kernel, less the idle loop, less the packet generator, less what
an idle CPU executes in the same time (the timer's tick).
"""

import argparse
import bisect
import collections
import ctypes
import json
import mmap
import os
import re
import socket
import statistics
import struct
import sys
import time
from itertools import chain
from pathlib import Path

# the lab runs a copy of this file
sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "svnic"),
                "/src/selftests/svnic"]
from lib.nic import Nic
from lib.node import End, Netns, Node
from lib.utils import cmd, wait_until

CPU, OTHER = 1, 0       # under test, and everything else
ROUNDS = 5
COUNT = 10000           # packets of a sample
SIZE = 64               # on the wire, with the FCS
PORT = 9
PAYLOAD = bytes(SIZE - 4 - 42)
DELAY_NS = 100000       # between packets that are to be received
IDLE_S = 2
PKTGEN_TIMEOUT = 300
MARK = 0x53564e00       # as in insn/plugin.c
SO_ATTACH_FILTER = 26
# slots of bus 0 where "lab insn" puts the root ports of the other NICs
IGB, IGB_PEER, VIRTIO, VIRTIO_PEER = 0x14, 0x15, 0x16, 0x17

# Functions of an idle CPU. The timer's tick is measured separately.
IDLE = re.compile(r"do_idle|default_idle|.*cpu_?idle.*|arch_cpu_idle.*|"
                  r"tick_nohz_.*|.*safe_halt|ct_idle_.*|cpu_startup_entry|"
                  r"schedule_idle|flush_smp_call_function_queue")
# virtio's core is part of the kernel image: the functions around this one
VIRTIO_CORE = "virtqueue_add_outbuf"
VIRTIO_NAME = re.compile(r"(__)?(virtio|virtqueue|vring|vp)_")


class Plugin:
    """Begin and end of a count by the plugin, and the results."""

    def __init__(self):
        self.path = Path("/out/insn")
        self.page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ |
                              mmap.PROT_WRITE | mmap.PROT_EXEC)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.page))
        self.calls = []
        for n in range(2):
            # nopl MARK + n(%rax); ret
            code = b"\x0f\x1f\x80" + struct.pack("<I", MARK + n) + b"\xc3"
            self.page[16 * n:16 * n + len(code)] = code
            self.calls.append(ctypes.CFUNCTYPE(None)(base + 16 * n))
        self.path.unlink(missing_ok=True)

    def begin(self):
        """Begin counting."""
        self.calls[0]()
        self.start = time.monotonic()

    def end(self):
        """End counting: {address: instructions on CPU}, seconds."""
        seconds = time.monotonic() - self.start
        self.calls[1]()
        if not self.path.exists():
            raise RuntimeError("no plugin: this is for \"lab insn\"")
        return read_counts(self.path.read_text()), seconds


def read_counts(text):
    """The plugin's output: {address: instructions on CPU}."""
    counts = {}
    for line in text.splitlines():
        addr, *cpus = line.split()
        counts[int(addr, 16)] = int(cpus[CPU])
    if 0 in counts:
        raise RuntimeError("more blocks than the plugin has counters")
    return counts


class Symbols:
    """Finds the function and module of an address."""

    def __init__(self, text):
        self.table = []
        for line in text.splitlines():
            addr, kind, name, *module = line.split()
            if kind in "tTwW" and not name.startswith("__pfx_"):
                self.table.append((int(addr, 16), name,
                                   module[0][1:-1] if module else "kernel"))
        self.table.sort(key=lambda s: s[0])
        self.addrs = [s[0] for s in self.table]
        self.core = self._cluster(VIRTIO_CORE)

    def _cluster(self, name):
        """Bounds of the VIRTIO_NAMEs around the function NAME."""
        at = next(i for i, s in enumerate(self.table) if s[1] == name)
        ends = []
        for step in (-1, 1):
            i = last = at
            # there may be static functions with any name between them
            while abs(i - last) < 15:
                i += step
                if VIRTIO_NAME.match(self.table[i][1]):
                    last = i
            ends.append(last)
        return self.addrs[ends[0]], self.addrs[ends[1] + 1]

    def find(self, addr):
        """(function, module, offset); virtio's core is module "virtio"."""
        start, name, module = \
            self.table[bisect.bisect(self.addrs, addr) - 1]
        if self.core[0] <= addr < self.core[1]:
            module = "virtio"
        return name, module, addr - start


def pin(cpu):
    """Move this program to one CPU."""
    os.sched_setaffinity(0, {cpu})


def bdf_of(end):
    """The PCI function behind a netdev."""
    return re.search(r"bus-info: (\S+)", end.ethtool("-i").stdout)[1]


def irqs_to(bdf, cpu):
    """Move all interrupts of a PCI function to one CPU."""
    for irq in os.listdir(f"/sys/bus/pci/devices/{bdf}/msi_irqs"):
        path = f"/proc/irq/{irq}/smp_affinity_list"
        # unused interrupts have no such file
        if os.path.exists(path):
            Path(path).write_text(str(cpu))


def sink(addr):
    """A socket at ADDR that receives all datagrams and drops them."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # the filter's only instruction: keep no byte (BPF_RET)
    code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("HP", 1, ctypes.addressof(code)))
    sock.bind((addr, PORT))
    return sock


class Driver:
    """A netdev under test and its peer, which is in a name space."""

    def __init__(self, name, modules, end, peer, num):
        self.name = name
        self.modules = modules
        self.end, self.peer = end, peer
        self.end.v4, self.peer.v4 = (f"198.18.{num}.{n}" for n in (1, 2))
        self.macs = {}
        self.sinks = []

    def start(self):
        """Both ends up, with addresses, neighbours, and a receiver of
        packets."""
        ends = (self.end, self.peer)
        for end in ends:
            # only packets of the measurement
            end.cmd(f"sysctl -q -w net.ipv6.conf.{end.dev}.disable_ipv6=1")
            end.cmd(f"ip addr add {end.v4}/24 dev {end.dev}")
            end.set("up")
        self.macs = {end: end.mac for end in ends}
        for one, two in (ends, ends[::-1]):
            wait_until(one.carrier, f"link of {one}")
            one.cmd(f"ip neigh replace {two.v4} lladdr {self.macs[two]} "
                    f"dev {one.dev} nud permanent")
        irqs_to(bdf_of(self.end), CPU)
        irqs_to(bdf_of(self.peer), OTHER)
        self.sinks.append(sink(self.end.v4))
        with self.peer.node:
            self.sinks.append(sink(self.peer.v4))

    def settle(self):
        """Wait until the counters do not change any more."""
        last = None
        while last != (last := (self.end.counters(), self.peer.counters())):
            time.sleep(0.3)
        return last[0]

    def interrupts(self):
        """Interrupts of the netdev under test so far."""
        irqs = set(os.listdir(
            f"/sys/bus/pci/devices/{bdf_of(self.end)}/msi_irqs"))
        total = 0
        for line in Path("/proc/interrupts").read_text().splitlines():
            number, *counts = line.split()
            if number.rstrip(":") in irqs:
                total += sum(int(n) for n in counts[:2])
        return total


def pktgen(drv, src, dst, cpu, count, burst=1, delay=0):
    """COUNT smallest frames from SRC by the kernel's packet generator."""
    room = Path("/proc/net/pktgen")
    thread = room / f"kpktgend_{cpu}"
    device = room / src.dev
    thread.write_text(f"add_device {src.dev}\n")
    for line in (f"count {count}", f"pkt_size {SIZE - 4}", f"burst {burst}",
                 f"delay {delay}", f"dst_mac {drv.macs[dst]}", f"dst {dst.v4}",
                 f"src_min {src.v4}", f"src_max {src.v4}",
                 f"udp_dst_min {PORT}", f"udp_dst_max {PORT}",
                 "udp_src_min 9", "udp_src_max 9"):
        device.write_text(line + "\n")
    # The thread does all this when it is scheduled: on a busy machine that is
    # after these writes return.
    (room / "pgctrl").write_text("start\n")
    wait_until(lambda: re.search(r"Result: OK: \d+\(", device.read_text()),
               f"packets of {src}", PKTGEN_TIMEOUT)
    thread.write_text("rem_device_all\n")
    wait_until(lambda: not device.exists(), f"{device} to go")


# Loads. Each is called with a Driver and the number of packets.

def tx_pktgen(drv, count, burst=1):
    """The kernel's packet generator on the CPU under test."""
    pktgen(drv, drv.end, drv.peer, CPU, count, burst)


def tx_burst(drv, count):
    """The same; the doorbell can wait for the last of 32 frames."""
    tx_pktgen(drv, count, 32)


def tx_udp(drv, count):
    """Datagrams from a program: a system call for each."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((drv.peer.v4, PORT))
        pin(CPU)
        for _ in range(count):
            sock.send(PAYLOAD)
        pin(OTHER)


def rx_paced(drv, count, delay=DELAY_NS):
    """The packet generator at the peer, at a rate without losses."""
    with drv.peer.node:
        pktgen(drv, drv.peer, drv.end, OTHER, count, delay=delay)


def rx_flood(drv, count):
    """The packet generator at the peer, as fast as it goes."""
    rx_paced(drv, count, 0)


LOADS = {"tx": {"pktgen": tx_pktgen, "burst": tx_burst, "udp": tx_udp},
         "rx": {"paced": rx_paced, "flood": rx_flood}}
GENERATED = {"pktgen", "burst"}
# The loads for "driver" and "kernel" of an entry: those that depend least on
# the speed of the machine.
SHOWN = {"tx": ("pktgen", "udp"), "rx": ("flood", "flood")}


def split(symbols, counts, modules=()):
    """Instructions by part -- driver, pktgen, idle, else -- and by place."""
    parts, places = collections.Counter(), collections.Counter()
    for addr, count in counts.items():
        name, module, offset = symbols.find(addr)
        places[f"{module}:{name}"] += count
        if module in modules:
            part = "driver"
            places[f"{module}:{name}+{offset:#x}"] += count
        elif module == "pktgen":
            part = "pktgen"
        elif module == "kernel" and IDLE.fullmatch(name):
            part = "idle"
        else:
            part = "else"
        parts[part] += count
    return parts, places


class Bench:
    """The drivers, and everything needed to measure them."""

    def __init__(self):
        pin(OTHER)
        for name in ("pktgen", "igb", "igbvf", "virtio_net"):
            cmd(f"modprobe {name}")
        self.drivers = [self._vf("svnicvf", {"svnicvf", "libsvnic"}, Nic(), 1),
                     self._vf("igbvf", {"igbvf"}, self._igb(), 2),
                     self._virtio()]
        for drv in self.drivers:
            drv.start()
        self.plugin = Plugin()
        self.symbols = Symbols(Path("/proc/kallsyms").read_text())
        self.tick = self._tick()

    @staticmethod
    def _netdev(slot):
        """The netdev behind the root port of a slot."""
        room = Path(f"/sys/bus/pci/devices/0000:00:{slot:02x}.0")
        return wait_until(lambda: next((path.name for path in chain(
            room.glob("0000:*/net/*"), room.glob("0000:*/virtio*/net/*"))),
            None), f"netdev in slot {slot:#x}")

    def _peer(self, slot, name):
        """The igb port of a slot, in a name space of its own."""
        dev, space = self._netdev(slot), Netns(name)
        cmd(f"ip link set dev {dev} netns {space.name}")
        return End(space, dev, 2, f"peer of {name}")

    def _igb(self):
        dev = self._netdev(IGB)
        peer = self._peer(IGB_PEER, "igb")
        pf = End(Node(), dev, 1)
        return Nic({"SVNIC_PF": dev, "SVNIC_BDF": bdf_of(pf),
                    "SVNIC_PEER": peer.dev, "SVNIC_PEER_NS": peer.node.name})

    @staticmethod
    def _vf(name, modules, nic, num):
        """A VF of NIC, bound to its driver here in the lab host."""
        nic.pf.set("up")
        nic.peer.set("up")
        wait_until(nic.pf.carrier, f"link of {nic.pf}")
        nic.set_vfs(1)
        return Driver(name, modules, End(nic.host, nic.vf_netdev(0), 1, name),
                   nic.peer, num)

    def _virtio(self):
        end = End(Node(), self._netdev(VIRTIO), 1, "virtio_net")
        return Driver("virtio_net", {"virtio_net", "virtio"}, end,
                   self._peer(VIRTIO_PEER, "virtio"), 3)

    def _tick(self):
        """Instructions per second of an idle CPU."""
        self.plugin.begin()
        time.sleep(IDLE_S)
        counts, seconds = self.plugin.end()
        return split(self.symbols, counts)[0]["else"] / seconds

    def sample(self, drv, direction, load, count):
        """One measurement, per packet; the same by function and by block."""
        before, irqs = drv.settle(), drv.interrupts()
        self.plugin.begin()
        LOADS[direction][load](drv, count)
        after = drv.settle()
        counts, seconds = self.plugin.end()
        irqs = drv.interrupts() - irqs
        key = f"{direction}_packets"
        packets = after[key] - before[key]
        if not packets:
            raise RuntimeError(f"{drv.name} {direction} {load}: no packets")
        parts, places = split(self.symbols, counts, drv.modules)
        result = {"packets": packets, "seconds": round(seconds, 2),
                  "interrupts": round(irqs / packets, 4),
                  "driver": round(parts["driver"] / packets, 2)}
        # the wait of the generator for space is part of the kernel
        if not (direction == "tx" and load in GENERATED):
            kernel = parts["driver"] + parts["else"] - self.tick * seconds
            result["kernel"] = round(kernel / packets, 2)
        return result, {place: count / packets
                        for place, count in places.items()}


def entry(name, direction, num, loads):
    """An entry of bench.json from a round's samples {load: sample}."""
    driver, kernel = (loads[load] for load in SHOWN[direction])
    return {"path": name, "dir": direction, "size": SIZE, "round": num,
            "packets": driver["packets"], "driver": driver["driver"],
            "kernel": kernel["kernel"], "loads": loads}


def measure(rounds=ROUNDS, count=COUNT, progress=print):
    """Entries for "insn" of bench.json; the last round's profile: by driver,
    direction and load, instructions per packet by function and by block."""
    bench = Bench()
    entries, profile = [], {}
    for num in range(rounds):
        for direction, loads in LOADS.items():
            samples = {drv.name: {} for drv in bench.drivers}
            for load in loads:
                for drv in bench.drivers:
                    sample, places = bench.sample(drv, direction, load, count)
                    samples[drv.name][load] = sample
                    profile[f"{drv.name} {direction} {load}"] = places
            for name, done in samples.items():
                entries.append(entry(name, direction, num, done))
                progress(f"insn: round {num + 1}/{rounds}, {name} {direction}: "
                         + ", ".join(f"{load} {done[load]['driver']:.0f}"
                                     for load in done) +
                         f", kernel {entries[-1]['kernel']:.0f}")
    return entries, profile


def summary(entries):
    """Lines of a table: medians, and ratios to the first driver's."""
    lines = [f"{'':12}{'driver':>10}{'ratio':>7}{'kernel':>10}{'ratio':>7}"]
    for direction in LOADS:
        ours = None
        for name in dict.fromkeys(e["path"] for e in entries):
            cells = [statistics.median(e[what] for e in entries if
                                       (e["path"], e["dir"]) ==
                                       (name, direction))
                     for what in ("driver", "kernel")]
            ours = ours or cells
            lines.append(f"{name:10}{direction}" + "".join(
                f"{cell:10.1f}{own / cell:7.2f}"
                for own, cell in zip(ours, cells)))
    return lines


def main():
    """Measure; writes /out/insn.json and /out/insn-profile.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--count", type=int, default=COUNT,
                        help="packets of a sample")
    args = parser.parse_args()
    entries, profile = measure(args.rounds, args.count,
                               lambda text: print(text, flush=True))
    print("\n".join(summary(entries)))
    Path("/out/insn.json").write_text(json.dumps({"insn": entries}, indent=1))
    Path("/out/insn-profile.json").write_text(json.dumps(
        {what: sorted(([place, round(count, 2)]
                       for place, count in places.items() if count >= 0.05),
                      key=lambda row: -row[1])
         for what, places in profile.items()}, indent=1))


if __name__ == "__main__":
    main()
