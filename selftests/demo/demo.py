#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo, as it runs in the lab host: VFs, two KVM guests, files moved
between guests, wire and PF, one table at the end.

The last line begins with "demo: PASS" or "demo: FAIL".
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

PF = os.environ["SVNIC_PF"]
BDF = os.environ["SVNIC_BDF"]
PEER = os.environ["SVNIC_PEER"]
PEER_NS = os.environ["SVNIC_PEER_NS"]

MIB = int(os.environ.get("DEMO_MIB", "256"))
FILE = "/run/demo.bin"
COPY = "/run/demo.copy"
PORT = 5001
GUEST_MEM = str(320 + 2 * MIB)
# a transfer slower than this is considered to hang
FLOOR_MIB_S = 0.5


class DemoError(Exception):
    """An error, which the last line reports."""


def step(text):
    """Print the next step and the time when it begins."""
    print(f"\n=== [{time.monotonic() - START:6.1f} s] {text}", flush=True)


def run(*argv, timeout=120):
    """Run a command in the lab host; returns its output."""
    done = subprocess.run(argv, capture_output=True, text=True,
                          timeout=timeout, check=False)
    if done.returncode:
        raise DemoError(f"{' '.join(argv)}: exit status {done.returncode}\n"
                        f"{done.stdout}{done.stderr}")
    return done.stdout


def show(*argv):
    """Run a command in the lab host and show its output."""
    print("#", " ".join(argv), flush=True)
    print(run(*argv), end="", flush=True)


class Node:
    """A node with an address: the host's PF, the wire peer, a guest."""

    def __init__(self, name, dev, addr, prefix=()):
        self.name = name
        self.dev = dev
        self.addr = addr
        self.prefix = prefix

    def run(self, *argv, timeout=120):
        """Run a command at this node; returns its output."""
        return run(*self.prefix, *argv, timeout=timeout)

    def popen(self, *argv):
        """Start a command at this node."""
        return subprocess.Popen([*self.prefix, *argv], text=True,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def up(self):
        """Give the netdev its address and bring it up."""
        self.run("ip", "addr", "add", f"{self.addr}/24", "dev", self.dev)
        self.run("ip", "link", "set", self.dev, "up")

    def sha256(self, path):
        """Checksum of a file at this node."""
        return self.run("sha256sum", path, timeout=600).split()[0]

    def rtt(self, other):
        """Median round trip to another node, milliseconds."""
        out = self.run("ping", "-c", "11", "-i", "0.1", "-w", "30",
                       other.addr)
        times = [float(t) for t in re.findall(r"time=([\d.]+)", out)]
        if len(times) < 6:
            raise DemoError(f"{self.name} hears {len(times)} of 11 pings "
                            f"from {other.name}")
        # the first one includes the resolution of the address
        return statistics.median(times[1:])

    def counters(self):
        """Packets of the netdev, and the PCIe counters of its function."""
        link = json.loads(self.run("ip", "-s", "-j", "link", "show",
                                   self.dev))[0]["stats64"]
        hw = self.run("ethtool", "-S", self.dev)
        found = {k: int(v) for k, v in re.findall(r"(\w+): (\d+)", hw)}
        found["packets"] = link["rx"]["packets"] + link["tx"]["packets"]
        return found

    def wait_port(self):
        """Wait until a program listens."""
        end = time.monotonic() + 60
        while f":{PORT} " not in self.run("ss", "-Hltn"):
            if time.monotonic() > end:
                raise DemoError(f"{self.name} does not listen")
            time.sleep(0.2)


def per_packet(before, after):
    """PCIe cost between two readings, per packet."""
    packets = max(after["packets"] - before["packets"], 1)

    def cost(*names):
        return sum(after[n] - before[n] for n in names) / packets

    return {
        "DMA": cost("dma_reads", "dma_writes"),
        "bytes": cost("dma_read_bytes", "dma_write_bytes"),
        "doorbells": cost("doorbells"),
        "interrupts": cost("interrupts"),
    }


def transfer(src, dst, digest):
    """Move the file from one node to another, compare, and report rates."""
    limit = MIB / FLOOR_MIB_S
    rtt = src.rtt(dst)
    before = src.counters(), dst.counters()
    server = dst.popen("socat", "-u", "-b", "262144",
                       f"TCP-LISTEN:{PORT},reuseaddr",
                       f"OPEN:{COPY},creat,trunc")
    try:
        dst.wait_port()
        begin = time.monotonic()
        src.run("socat", "-u", "-b", "262144", f"OPEN:{FILE}",
                f"TCP:{dst.addr}:{PORT}", timeout=limit)
        out, _ = server.communicate(timeout=limit)
        seconds = time.monotonic() - begin
    finally:
        server.kill()
    if server.returncode:
        raise DemoError(f"{dst.name} did not receive: {out}")
    after = src.counters(), dst.counters()
    same = dst.sha256(COPY) == digest
    dst.run("rm", COPY)
    row = {
        "way": f"{src.name} -> {dst.name}", "rtt": rtt, "same": same,
        "rate": MIB * 8 * 1.048576 / seconds,
        "ends": [per_packet(b, a) for b, a in zip(before, after)],
    }
    print(f"{row['way']}: {MIB} MiB in {seconds:.1f} s, {row['rate']:.0f} "
          f"Mb/s, SHA-256 {'the same' if same else 'DIFFERS'}", flush=True)
    return row


def table(rows):
    """The table at the end."""
    print(f"\n{'':24}{'TCP':>7}{'RTT':>8}  SHA-256   PCIe per packet, sender "
          "| receiver")
    print(f"{f'{MIB} MiB':24}{'Mb/s':>7}{'ms':>8}{'':12}"
          + " | ".join(["  DMA  bytes  bells  irqs"] * 2))
    for row in rows:
        ends = " | ".join(f"{e['DMA']:5.2f} {e['bytes']:6.0f} "
                          f"{e['doorbells']:6.3f}{e['interrupts']:6.3f}"
                          for e in row["ends"])
        print(f"{row['way']:24}{row['rate']:7.0f}{row['rtt']:8.2f}  "
              f"{'same' if row['same'] else 'DIFFERS':10}{ends}")


def start_guest(name, vf, addr):
    """A KVM guest with a VF."""
    dev = run("lab-guest", "start", name, "--vf", str(vf), "--mem", GUEST_MEM,
              timeout=300).strip()
    return Node(name, dev, addr, ("lab-guest", "exec", name))


def demo():
    """Everything; returns the rows of the table."""
    sysfs = f"/sys/bus/pci/devices/{BDF}"
    run("lab-klog", "mark")

    step("The NIC")
    show("lspci", "-nn", "-s", BDF)
    show("ip", "link", "show", PF)
    pf = Node("PF", PF, "192.0.2.1")
    peer = Node("wire peer", PEER, "192.0.2.2",
                ("ip", "netns", "exec", PEER_NS))
    for node in (pf, peer):
        node.up()

    step("Two virtual functions, with MACs from the administrator")
    with open(f"{sysfs}/sriov_drivers_autoprobe", "w", encoding="ascii") as f:
        f.write("0")
    with open(f"{sysfs}/sriov_numvfs", "w", encoding="ascii") as f:
        f.write("2")
    for vf in range(2):
        show("ip", "link", "set", PF, "vf", str(vf), "mac",
             f"02:00:00:00:00:1{vf}")
    show("ip", "link", "show", PF)

    step("Two KVM guests, each with a VF by VFIO")
    with ThreadPoolExecutor() as pool:
        guests = list(pool.map(start_guest, ("guest 1", "guest 2"), (0, 1),
                               ("192.0.2.11", "192.0.2.12")))
    for guest in guests:
        guest.up()
        print(f"{guest.name}: {guest.dev}, {guest.addr}")
        print(guest.run("ethtool", "-i", guest.dev).splitlines()[0])

    step(f"A random file of {MIB} MiB")
    guests[0].run("sh", "-c", f"head -c {MIB}M /dev/urandom > {FILE}",
                  timeout=600)
    digest = guests[0].sha256(FILE)
    print(f"SHA-256 {digest}")

    step("guest -> guest, guest -> wire")
    rows = [transfer(guests[0], guests[1], digest),
            transfer(guests[0], peer, digest)]

    step("guest -> PF, and back from the wire")
    rows.append(transfer(guests[0], pf, digest))
    run("sh", "-c", f"head -c {MIB}M /dev/urandom > {FILE}", timeout=600)
    rows.append(transfer(peer, guests[1], pf.sha256(FILE)))

    step("Kernel logs")
    run("lab-klog", "check")
    print("nothing but good news in the host's and the guests' kernel logs")
    for guest in guests:
        run("lab-guest", "stop", guest.name)
    table(rows)
    return rows


def main():
    try:
        rows = demo()
    except (DemoError, OSError, subprocess.TimeoutExpired) as err:
        print(f"\ndemo: FAIL: {err}".replace("\n", " ").strip())
        return 1
    wrong = [row["way"] for row in rows if not row["same"]]
    if wrong:
        print(f"demo: FAIL: content differs: {', '.join(wrong)}")
        return 1
    print(f"demo: PASS ({len(rows)} files moved, "
          f"{time.monotonic() - START:.0f} s in the lab host)")
    return 0


START = time.monotonic()
sys.exit(main())
