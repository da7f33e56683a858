# SPDX-License-Identifier: GPL-2.0-or-later
"""In a machine of svnic-vm: DPDK's testpmd forwards between two VFs.

By its driver for packet sockets, on the netdevs of two VFs that are each in a
VLAN of its own; the other card is the wire. Whatever is sent in the one VLAN
arrives in the other, each frame once and in order, and testpmd and the PF have
counted it. As a router does (mode mac), with VFs that have no rights; as a
bridge does (mode io), with addresses of others.
"""

import json
import os
import re
import socket
import struct
import subprocess
import time
from pathlib import Path

from vm_machine import FULL, LIMIT, Pf, run, wait_until

FRAMES = 20000 if FULL else 500
# no more are on their way, so that none has to be dropped
WINDOW = 16
TAGS = 11, 12
# of nobody who is here
OTHERS = [bytes.fromhex(f"025e00000c{num:02x}") for num in range(2)]
# and of no protocol
ETHERTYPE = 0x88b5
SIZES = 60, 128, 1000, 1514
HEAD = struct.Struct("!6s6sHI")
READY = 0xffffffff


def mac_bytes(mac):
    """An address as it is in a frame."""
    return bytes.fromhex(mac.replace(":", ""))


class Wire:
    """The other card, with an interface for each VLAN, in a name space."""

    def __init__(self):
        run("ip", "netns", "add", "wire")
        run("ip", "link", "set", Pf(1).dev, "netns", "wire", "name", "wire")
        run("ip", "-n", "wire", "link", "set", "wire", "up")
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open("/run/netns/wire", os.O_RDONLY)
        self.socks, self.macs = [], []
        for num, tag in enumerate(TAGS):
            dev, mac = f"wire{tag}", f"02:5e:00:00:0b:{num:02x}"
            run("ip", "-n", "wire", "link", "add", "link", "wire", "name", dev,
                "address", mac, "type", "vlan", "id", tag)
            run("ip", "-n", "wire", "link", "set", dev, "up")
            os.setns(there)
            try:
                sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                     socket.htons(ETHERTYPE))
                sock.bind((dev, ETHERTYPE))
            finally:
                os.setns(here)
            sock.settimeout(0.5)
            self.socks.append(sock)
            self.macs.append(mac_bytes(mac))

    def send(self, side, addresses, num, size=60):
        """Send the frame NUM into the VLAN of a SIDE, to and from ADDRESSES."""
        head = HEAD.pack(*addresses, ETHERTYPE, num)
        self.socks[side].send(head + bytes(size - len(head)))

    def receive(self, side):
        """(to, from, number, size) of a frame, None if none comes."""
        try:
            frame = self.socks[side].recv(2048)
        except TimeoutError:
            return None
        to, source, _, num = HEAD.unpack_from(frame)
        return to, source, num, len(frame)


def forwards(wire, side, path, frames):
    """All FRAMES frames sent into the VLAN of SIDE arrive in the other. The
    PATH is to and from whom, here and there."""
    here, there = path
    end = time.monotonic() + LIMIT
    # testpmd may just have begun; what came late is of those
    wire.send(side, here, READY)
    while not (got := wire.receive(1 - side)) or got[2] != READY:
        assert time.monotonic() < end, "testpmd does not forward"
        wire.send(side, here, READY)
    sent = came = 0
    while came < frames:
        while sent < min(frames, came + WINDOW):
            wire.send(side, here, sent, SIZES[sent % len(SIZES)])
            sent += 1
        got = wire.receive(1 - side)
        if got and got[2] == READY:
            continue
        assert got == (*there, came, SIZES[came % len(SIZES)]), \
            (got, there, sent, came)
        came += 1


def counters(pf):
    """How many frames each VF has received, and sent."""
    link, = json.loads(run("ip", "-s", "-j", "link", "show", pf.dev))
    # ip says "packets" of what is received, but "tx_packets"
    return [[info["stats"]["rx"]["packets"], info["stats"]["tx"]["tx_packets"]]
            for info in link["vfinfo_list"]]


def testpmd(pf, wire, mode, paths, *args):
    """testpmd forwards both ways, by a MODE."""
    before = counters(pf)
    devs = [f"--vdev=net_af_packet{num},iface={pf.netdev(num)}"
            for num in range(len(TAGS))]
    log = Path(f"/run/testpmd-{mode}")
    with open(log, "w") as out:
        proc = subprocess.Popen(
            ["dpdk-testpmd", "-l", "0-1", "--no-huge", "-m", "128", "--no-pci",
             "--no-telemetry", *devs, "--", f"--forward-mode={mode}",
             "--total-num-mbufs=2048", "--auto-start", *args],
            stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT)
    try:
        for side, path in enumerate(paths):
            forwards(wire, side, path, FRAMES)
        # whoever has a terminal would press enter
        proc.communicate(b"\n", LIMIT)
        assert not proc.returncode, proc.returncode
        said = log.read_text()
        for num in range(len(TAGS)):
            stats = re.search(f"Forward statistics for port {num} .*"
                              "((?:\n +[RT]X-.*)+)", said).group(1)
            count = dict(re.findall(r"([RT]X-\w+): (\d+)", stats))
            assert int(count["RX-packets"]) >= FRAMES and \
                int(count["TX-packets"]) >= FRAMES and \
                not int(count["TX-dropped"]), stats
    except (AssertionError, AttributeError):
        print(log.read_text()[-4000:])
        raise
    finally:
        proc.kill()
        proc.wait()
    after = counters(pf)
    for was, now in zip(before, after):
        assert all(new - old >= FRAMES for old, new in zip(was, now)), \
            (before, after)


def main():
    """A router, then a bridge."""
    pf, wire = Pf(), Wire()
    run("ip", "link", "set", pf.dev, "up")
    pf.set_vfs(len(TAGS))
    macs = []
    for num, tag in enumerate(TAGS):
        run("ip", "link", "set", pf.dev, "vf", num, "vlan", tag)
        run("ip", "link", "set", pf.netdev(num), "up")
        macs.append(mac_bytes(Path(
            f"/sys/class/net/{pf.netdev(num)}/address").read_text().strip()))
    start = time.monotonic()
    testpmd(pf, wire, "mac",
            [((macs[side], wire.macs[side]),
              (wire.macs[1 - side], macs[1 - side])) for side in range(2)],
            *(f"--eth-peer={num},{wire.macs[num].hex(':')}"
              for num in range(2)))
    for num in range(len(TAGS)):
        run("ip", "link", "set", pf.dev, "vf", num, "trust", "on")
        run("ip", "link", "set", pf.dev, "vf", num, "spoofchk", "off")
    # the switch of a card sends nothing out that is to one of its own
    run("ip", "-n", "wire", "link", "set", "wire", "promisc", "on")
    testpmd(pf, wire, "io",
            [((OTHERS[1 - side], OTHERS[side]),) * 2 for side in range(2)])
    print(f"# {4 * FRAMES} frames by testpmd in "
          f"{time.monotonic() - start:.0f} s")
    pf.set_vfs(0)
    run("ip", "netns", "del", "wire")
    wait_until(lambda: (Pf(1).path / "net").exists(), "the other card")
