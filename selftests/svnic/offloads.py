#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checksums, segmentation, coalescing, VLAN tags, RSS: correct whether the NIC
or the stack does it."""

import re
import socket
import struct

from lib import (FULL, End, KsftSkip, Nic, defer, ksft_eq, ksft_ge, ksft_gt,
                 ksft_in, ksft_lt, ksft_pr, ksft_run, ksft_true, ping, transfer,
                 wait_until)
from lib.frames import Watch, mac_bytes, send
from lib.netlink import qstats

MIB = 1 << 20
SIZE = 128 * MIB if FULL else 64 * MIB
SMALL = 16 * MIB
SWITCHES = ("tx-checksumming", "rx-checksumming", "scatter-gather",
            "tcp-segmentation-offload", "generic-segmentation-offload",
            "generic-receive-offload", "tx-vlan-offload",
            "rx-vlan-offload", "receive-hashing")


# the key of the verification suite that was published with the hash
KEY = ("6d:5a:56:da:25:5b:0e:c2:41:67:25:3d:43:a3:8f:b0:d0:ca:2b:cb:"
       "ae:7b:30:b4:77:cb:2d:a3:80:30:f2:0c:6a:42:b7:3b:be:ac:01:fa")


def _restore(end):
    """Restore the present offloads at the end of the case."""
    now = [name for name in SWITCHES if end.has_feature(name)]
    text = " ".join(f"{name} {'on' if end.feature(name) else 'off'}"
                    for name in now)
    defer(end.ethtool, "-K", text)


def _switch(end, **states):
    for name, state in states.items():
        end.feature(name.replace("_", "-"), state)


def _both_ways(nic, size, six=False):
    transfer(nic.pf, nic.peer, size, six)
    transfer(nic.peer, nic.pf, size, six)


def defaults(nic):
    """Everything on: what is offered is used, and no data is corrupted."""
    nic.start()
    ksft_true(nic.pf.feature("tx-checksumming"))
    ksft_true(nic.pf.feature("rx-checksumming"))
    ksft_true(nic.pf.feature("scatter-gather"))
    ksft_true(nic.pf.feature("tcp-segmentation-offload"))
    before = nic.pf.stats()
    _both_ways(nic, SIZE)
    _both_ways(nic, SIZE, six=True)
    if nic.svnic:
        ksft_gt(nic.pf.stat("tx_tso"), before["tx_tso"])


def tso_off(nic):
    """The stack makes the segments; the NIC still computes the checksums."""
    nic.start()
    _restore(nic.pf)
    _switch(nic.pf, tcp_segmentation_offload=False)
    before = nic.pf.stats().get("tx_tso")
    _both_ways(nic, SIZE)
    transfer(nic.pf, nic.peer, SMALL, six=True)
    ksft_eq(nic.pf.stats().get("tx_tso"), before)


def tx_checksum_off(nic):
    """The stack computes the checksums, and so makes the segments, too."""
    nic.start()
    _restore(nic.pf)
    _switch(nic.pf, tx_checksumming=False)
    ksft_true(not nic.pf.feature("tcp-segmentation-offload"))
    _both_ways(nic, SIZE)
    transfer(nic.pf, nic.peer, SMALL, six=True)


def rx_checksum_off(nic):
    """The stack verifies received checksums."""
    nic.start()
    _restore(nic.pf)
    # other offloads need the checksum's verdict, and are switched off with it
    _switch(nic.pf, rx_checksumming=False)
    _both_ways(nic, SIZE)
    transfer(nic.peer, nic.pf, SMALL, six=True)


def receive_coalescing(nic):
    """Frames are coalesced with hardware GRO, and only with it."""
    nic.need_svnic("it counts what it does not split")
    nic.start()
    _restore(nic.pf)
    # otherwise frames that were sent separately are not coalesced
    ksft_true(not nic.pf.feature("rx-gro-hw"))
    for state in (False, True):
        _switch(nic.pf, generic_receive_offload=state)
        before = nic.pf.stat("rx_coalesced")
        transfer(nic.peer, nic.pf, SIZE)
        transfer(nic.peer, nic.pf, SMALL, six=True)
        made = nic.pf.stat("rx_coalesced") - before
        if state:
            ksft_gt(made, 0, "no frame was coalesced")
        else:
            ksft_eq(made, 0, "coalesced although switched off")


def combinations(nic):
    """Both ends differ in their offloads."""
    nic.start()
    _restore(nic.pf)
    _restore(nic.peer)
    for bits in range(8):
        _switch(nic.pf, tx_checksumming=bool(bits & 1))
        if bits & 1:
            _switch(nic.pf, tcp_segmentation_offload=bool(bits & 2))
        _switch(nic.pf, rx_checksumming=bool(bits & 4))
        _switch(nic.peer, rx_checksumming=not bits & 1,
                tx_checksumming=not bits & 2)
        _both_ways(nic, 4 * MIB, six=bool(bits & 1))


def linear_frames(nic):
    """Without scatter and gather."""
    nic.start()
    _restore(nic.pf)
    if not nic.pf.has_feature("scatter-gather"):
        raise KsftSkip("scatter-gather is fixed")
    _switch(nic.pf, scatter_gather=False)
    _both_ways(nic, SMALL)


def jumbo(nic):
    """Large frames with all offloads, and without segmentation."""
    nic.start(9000)
    defer(nic.start)
    _restore(nic.pf)
    _both_ways(nic, SIZE)
    _switch(nic.pf, tcp_segmentation_offload=False)
    _both_ways(nic, SMALL, six=True)


def _udp_frame(nic, good):
    """A UDP datagram from the peer to the PF, with a right or wrong
    checksum."""
    src, dst = (socket.inet_aton(e.v4) for e in (nic.peer, nic.pf))
    data = b"checksum test "
    udp = struct.pack("!HHHH", 4000, 4001, 8 + len(data), 0) + data
    pseudo = src + dst + struct.pack("!HH", 17, len(udp))

    def fold(words):
        total = sum(struct.unpack(f"!{len(words) // 2}H", words))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return ~total & 0xffff

    total = fold(pseudo + udp) ^ (0 if good else 0x5a5a)
    udp = udp[:6] + struct.pack("!H", total) + udp[8:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
    head += src + dst
    head = head[:10] + struct.pack("!H", fold(head)) + head[12:]
    return mac_bytes(nic.pf.mac) + mac_bytes(nic.peer.mac) + b"\x08\0" + \
        head + udp


def wrong_checksum(nic):
    """A wrong checksum is never accepted, a right one always."""
    nic.start()
    _restore(nic.pf)
    count = 20

    def udp_errors():
        text = nic.pf.cmd("nstat -asz UdpInCsumErrors").stdout
        return int(re.search(r"UdpInCsumErrors\s+(\d+)", text)[1])

    for offload in (True, False):
        _switch(nic.pf, rx_checksumming=offload)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((nic.pf.v4, 4001))
            sock.settimeout(60)
            before = udp_errors()
            send(nic.peer, _udp_frame(nic, False), count)
            wait_until(lambda: udp_errors() - before == count,
                       "datagrams with wrong checksums to be counted", 60)
            send(nic.peer, _udp_frame(nic, True), count)
            for _ in range(count):
                ksft_eq(sock.recv(100), b"checksum test ")
            ksft_eq(udp_errors() - before, count)


def _vlan(end, vid, num):
    name = f"{end.dev[:10]}.{vid}"
    end.cmd(f"ip link add link {end.dev} name {name} type vlan id {vid}")
    defer(end.cmd, f"ip link del {name}", fail=False)
    vlan = End(end.node, name, num)
    vlan.v4 = f"198.18.{vid % 200 + 1}.{num}"
    vlan.v6 = f"2001:db8:{vid:x}::{num:x}"
    return vlan.up()


def vlans(nic):
    """Tags inserted and removed by the NIC or by the stack."""
    nic.start()
    _restore(nic.pf)
    here, there = _vlan(nic.pf, 100, 1), _vlan(nic.peer, 100, 2)
    other = _vlan(nic.pf, 200, 1)
    for insert, strip in ((True, True), (False, False), (True, False),
                          (False, True)):
        _switch(nic.pf, tx_vlan_offload=insert, rx_vlan_offload=strip)
        ping(here, there)
        ping(there, here, six=True)
        transfer(here, there, SMALL)
        transfer(there, here, SMALL, six=True)
        ping(nic.pf, nic.peer)
    before = other.counters()["rx_packets"]
    transfer(there, here, MIB)
    ksft_lt(other.counters()["rx_packets"] - before, 10,
            "frames of another VLAN")


def vlan_on_the_wire(nic):
    """The tag is on the wire, whoever inserts it."""
    nic.start()
    _restore(nic.pf)
    here = _vlan(nic.pf, 300, 1)
    # otherwise the peer would not accept the frame
    _vlan(nic.peer, 300, 2)
    # the peer has no VLAN 300: only a promiscuous socket sees the frame
    nic.peer.set("promisc on")
    defer(nic.peer.set, "promisc off")
    for insert in (True, False):
        _switch(nic.pf, tx_vlan_offload=insert)
        with Watch(nic.peer) as watch:
            here.cmd(f"ping -c 1 -W 1 {here.v4[:-1]}9", fail=False)

            def arp_seen():
                return [f for f in watch.take()
                        if f[:6] == b"\xff" * 6 and f[12:14] == b"\x81\0" and
                        struct.unpack("!H", f[14:16])[0] & 0xfff == 300]

            wait_until(arp_seen, "an ARP request with tag 300", 30)


def _spread(nic, flows):
    """Send a datagram of each of FLOWS, port of the peer and of the PF; returns
    packets received by each queue."""
    def queues():
        return {q["queue-id"]: q["rx-packets"] for q in
                qstats(nic.pf.dev, queues=True) if "rx-packets" in q}

    before = queues()
    for theirs, ours in flows:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
            sink.bind((nic.pf.v4, ours))
            sink.settimeout(60)
            with nic.peer_ns, socket.socket(socket.AF_INET,
                                            socket.SOCK_DGRAM) as sock:
                sock.bind((nic.peer.v4, theirs))
                sock.sendto(b"x", (nic.pf.v4, ours))
            sink.recv(10)
    after = queues()
    return [after[q] - before[q] for q in sorted(after)]


def _all_queues(nic):
    """Use as many channels as there can be, restore all of RSS afterwards;
    returns their number."""
    most, old = (int(n) for n in re.findall(r"Combined:\s+(\d+)",
                                            nic.pf.ethtool("-l").stdout))
    defer(nic.pf.ethtool, "-L", f"combined {old}", fail=False)
    defer(nic.pf.ethtool, "-X", "default", fail=False)
    defer(nic.pf.ethtool, "-N", "rx-flow-hash udp4 sdfn", fail=False)
    if most != old:
        nic.pf.ethtool("-L", f"combined {most}")
    # with some keys the ports of a case differ in bits that do not matter
    nic.pf.ethtool("-X", f"hkey {KEY}")
    return most


def rss_spread(nic):
    """Flows are spread over the queues according to the table."""
    nic.need_svnic("no queue statistics")
    nic.start()
    count = 128
    flows = [(20000 + n, 4002) for n in range(count)]
    most = _all_queues(nic)
    ping(nic.pf, nic.peer)

    got = _spread(nic, flows)
    ksft_pr("packets a queue:", got)
    ksft_ge(sum(got), count)
    ksft_ge(sum(n > 0 for n in got), most * 3 // 4, f"queues in use: {got}")
    ksft_lt(max(got), count // 2, f"one queue has too much: {got}")

    nic.pf.ethtool("-X", "equal 2")
    got = _spread(nic, flows)
    ksft_lt(sum(got[2:]), 8, f"queues beyond the table: {got}")
    ksft_ge(min(got[:2]), count // 8, f"{got}")


def rss_fields(nic):
    """A flow's queue depends on the fields that are hashed, and not on its
    direction if the hash is symmetric."""
    nic.need_svnic("no queue statistics")
    nic.start()
    count = 64
    flows = {"f": [(20000 + n, 4002) for n in range(count)],
             "n": [(20000, 4100 + n) for n in range(count)]}
    _all_queues(nic)
    ping(nic.pf, nic.peer)
    for fields, differ, one_queue in (("sd", "f", True), ("f", "f", False),
                                      ("f", "n", True), ("sdn", "n", False),
                                      ("sdn", "f", True)):
        nic.pf.ethtool("-N", f"rx-flow-hash udp4 {fields}")
        got = _spread(nic, flows[differ])
        if one_queue:
            ksft_ge(max(got), count, f"{fields}: {got}")
        else:
            ksft_lt(max(got), count // 2, f"{fields}: {got}")

    nic.pf.ethtool("-N", "rx-flow-hash udp4 sdfn")
    defer(nic.pf.ethtool, "-X", "xfrm none")
    nic.pf.ethtool("-X", "xfrm symmetric-xor")
    ksft_in("symmetric-xor: on", nic.pf.ethtool("-x").stdout)
    # addresses are the same, and their exclusive or in both directions
    used = set()
    for n in range(16):
        got = [_spread(nic, [ports] * 8) for ports in
               ((20000 + n, 4200), (4200, 20000 + n))]
        queues = [max(range(len(q)), key=lambda i, q=q: q[i]) for q in got]
        ksft_eq(*queues, f"of ports {20000 + n} and 4200: {got}")
        used.update(queues)
    ksft_gt(len(used), 1)
    # fields of one direction are refused then
    failed = nic.pf.ethtool("-N", "rx-flow-hash udp4 s", fail=False)
    ksft_gt(failed.returncode, 0)


if __name__ == "__main__":
    ksft_run([defaults, tso_off, tx_checksum_off, rx_checksum_off,
              receive_coalescing, combinations, linear_frames, jumbo,
              wrong_checksum, vlans, vlan_on_the_wire, rss_spread,
              rss_fields], setup=Nic)
