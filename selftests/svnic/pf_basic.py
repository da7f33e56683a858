#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The PF as a network interface: link, MTU, ethtool, statistics."""

import json
import re
import struct
from pathlib import Path

from lib import (CmdError, End, KsftSkip, Nic, Stream, defer, ksft_eq, ksft_ge,
                 ksft_gt, ksft_in, ksft_lt, ksft_ne, ksft_not_in, ksft_raises,
                 ksft_run, ksft_true, ping, transfer, wait_until)
from lib.frames import BROADCAST, frame, mark, send
from lib.netlink import qstats

MIB = 1 << 20
MAGIC = 0x494e5653      # SVNIC_MAGIC, first register
# total number of receive buffers, unless the user asks for more
RX_BUFFERS = 8192


def _numbers(text, part):
    """The "Name: number" lines of PART of ethtool's output."""
    text = text.split(part, 1)[1]
    found = {}
    for line in text.splitlines()[1:]:
        got = re.match(r"([\w -]+):\s*(\d+|n/a)", line.strip())
        if not got:
            break
        if got[2] != "n/a":
            found[got[1].lower()] = int(got[2])
    return found


def _now(end, opt):
    return _numbers(end.ethtool(opt).stdout, "Current hardware settings")


def _max(end, opt):
    return _numbers(end.ethtool(opt).stdout, "Pre-set maximums")


def _indirection(end):
    lines = re.findall(r"^ +\d+:([ \d]+)$", end.ethtool("-x").stdout, re.M)
    return [int(queue) for line in lines for queue in line.split()]


def probe(nic):
    """The driver is bound and reports its name."""
    info = nic.pf.ethtool("-i").stdout
    ksft_in(f"driver: {nic.pf_driver}\n", info)
    ksft_in(f"bus-info: {nic.fn.bdf}\n", info)
    ksft_eq(nic.fn.driver, nic.pf_driver)
    ksft_eq(nic.vfs, 0)
    nic.start()
    link = nic.pf.ethtool("").stdout
    ksft_in("Link detected: yes", link)
    ksft_gt(int(re.search(r"Speed: (\d+)Mb/s", link)[1]), 0)
    ksft_eq(nic.pf.link()["operstate"], "UP")


def default_rings(nic):
    """The default is large enough for sixteen streams, which emptied a ring of
    1024, but many rings do not take all memory."""
    if not nic.svnic:
        raise KsftSkip("not our drivers")
    rings = _now(nic.pf, "-l")["combined"]
    share = RX_BUFFERS // rings
    ksft_eq(_now(nic.pf, "-g")["rx"], min(2048, 1 << share.bit_length() - 1))


def carrier(nic):
    """The link follows the administrator's setting."""
    nic.start()
    nic.pf.set("down")
    ksft_true(not nic.pf.carrier(), "carrier of an interface that is down")
    nic.pf.set("up")
    wait_until(nic.pf.carrier, "link")
    nic.pf.up()
    ping(nic.pf, nic.peer)


def ping_v4_v6(nic):
    """Small and fragmented pings."""
    nic.start()
    for six in (False, True):
        ping(nic.pf, nic.peer, six=six)
        ping(nic.peer, nic.pf, six=six)
        ping(nic.pf, nic.peer, size=16, six=six)
        ping(nic.pf, nic.peer, size=20000, six=six)


def mtu(nic):
    """From small to jumbo; values that are not supported are refused."""
    nic.start()
    defer(nic.start)
    for size in (1280, 1500, 4000, 9000):
        nic.start(size)
        ping(nic.pf, nic.peer, size=size - 28, opts="-M do")
        ping(nic.peer, nic.pf, size=size - 48, six=True, opts="-M do")
        transfer(nic.pf, nic.peer, 8 * MIB)
        transfer(nic.peer, nic.pf, 8 * MIB, six=True)
    most = nic.pf.link()["max_mtu"]
    ksft_ge(most, 9000)
    with ksft_raises(CmdError):
        nic.pf.set(f"mtu {most + 1}")
    ksft_eq(nic.pf.link()["mtu"], 9000)
    ping(nic.pf, nic.peer, size=9000 - 28, opts="-M do")


def mtu_under_traffic(nic):
    """A change of the MTU loses frames, but no bytes."""
    nic.start()
    defer(nic.start)
    with Stream(nic.pf, nic.peer, six=True) as out, \
            Stream(nic.peer, nic.pf) as back:
        for size in (9000, 1500, 3000, 1500):
            nic.pf.set(f"mtu {size}")
            out.wait_moving()
            back.wait_moving()


def rings(nic):
    """-G, also under traffic."""
    nic.start()
    most, old = _max(nic.pf, "-g"), _now(nic.pf, "-g")
    defer(nic.pf.ethtool, "-G", f"rx {old['rx']} tx {old['tx']}", fail=False)
    with Stream(nic.pf, nic.peer) as out, Stream(nic.peer, nic.pf) as back:
        for rx, tx in ((128, 128), (most["rx"], most["tx"]), (256, 1024)):
            nic.pf.ethtool("-G", f"rx {rx} tx {tx}")
            now = _now(nic.pf, "-g")
            ksft_eq((now["rx"], now["tx"]), (rx, tx))
            out.wait_moving()
            back.wait_moving()
        before = _now(nic.pf, "-g")
        bad = [f"rx {most['rx'] + 1}", f"tx {2 * most['tx']}"]
        if nic.svnic:       # igb takes 0 for its minimum
            bad += ["rx 0", "tx 0"]
        for args in bad:
            with ksft_raises(CmdError):
                nic.pf.ethtool("-G", args)
            ksft_eq(_now(nic.pf, "-g"), before, args)
        out.wait_moving()
        back.wait_moving()


def channels(nic):
    """-L, also under traffic."""
    nic.start()
    most, old = _max(nic.pf, "-l")["combined"], _now(nic.pf, "-l")["combined"]
    if most < 2:
        raise KsftSkip("one queue pair only")
    defer(nic.pf.ethtool, "-L", f"combined {old}", fail=False)
    # one CPU limits the drivers' rate, whatever the setting
    with Stream(nic.pf, nic.peer) as out, Stream(nic.peer, nic.pf) as back:
        for count in (1, most, 2, old):
            if count != _now(nic.pf, "-l")["combined"]:
                nic.pf.ethtool("-L", f"combined {count}")
            ksft_eq(_now(nic.pf, "-l")["combined"], count)
            out.wait_moving()
            back.wait_moving()
        for bad in (0, most + 1):
            with ksft_raises(CmdError):
                nic.pf.ethtool("-L", f"combined {bad}")
            ksft_eq(_now(nic.pf, "-l")["combined"], old)
        out.wait_moving()
        back.wait_moving()


def rss(nic):
    """-x and -X, also under traffic."""
    nic.start()
    table = _indirection(nic.pf)
    queues = _now(nic.pf, "-l")["combined"]
    ksft_gt(len(table), 1)
    ksft_eq(set(table), set(range(queues)))
    defer(nic.pf.ethtool, "-X", "default", fail=False)
    with Stream(nic.peer, nic.pf) as back:
        for equal in range(1, queues + 1):
            nic.pf.ethtool("-X", f"equal {equal}")
            ksft_eq(set(_indirection(nic.pf)), set(range(equal)))
            back.wait_moving()
        before = nic.pf.ethtool("-x").stdout
        with ksft_raises(CmdError):
            nic.pf.ethtool("-X", f"equal {queues + 1}")
        ksft_eq(nic.pf.ethtool("-x").stdout, before)
        if nic.svnic:
            key = ":".join(f"{n:02x}" for n in range(40))
            nic.pf.ethtool("-X", f"hkey {key}")
            ksft_in(key, nic.pf.ethtool("-x").stdout)
            back.wait_moving()
        nic.pf.ethtool("-X", "default")
        ksft_eq(_indirection(nic.pf), table)
        back.wait_moving()


def rss_keeps_channels(nic):
    """A table set by the user does not lose the queues that it uses."""
    nic.need_svnic("igb lets the table shrink with the queues")
    nic.start()
    old = _now(nic.pf, "-l")["combined"]
    if old < 2:
        raise KsftSkip("one queue pair only")
    nic.pf.ethtool("-X", f"equal {old}")
    defer(nic.pf.ethtool, "-X", "default", fail=False)
    with ksft_raises(CmdError):
        nic.pf.ethtool("-L", f"combined {old - 1}")
    ksft_eq(_now(nic.pf, "-l")["combined"], old)
    ksft_eq(set(_indirection(nic.pf)), set(range(old)))
    ping(nic.pf, nic.peer)


def _usecs(end, way):
    return int(re.search(rf"^{way}-usecs:\s*(\d+)", end.ethtool("-c").stdout,
                         re.M)[1])


def coalesce(nic):
    """-C, also under traffic."""
    nic.start()
    old = {way: _usecs(nic.pf, way) for way in ("rx", "tx")}
    for way, usecs in old.items():
        defer(nic.pf.ethtool, "-C", f"{way}-usecs {usecs}", fail=False)
    with Stream(nic.peer, nic.pf) as back, Stream(nic.pf, nic.peer) as forth:
        for usecs in (0, 20, 100):
            nic.pf.ethtool("-C", f"rx-usecs {usecs} tx-usecs {10 * usecs}")
            ksft_eq(_usecs(nic.pf, "rx"), usecs)
            ksft_eq(_usecs(nic.pf, "tx"), 10 * usecs)
            back.wait_moving()
            forth.wait_moving()
        for way in old:
            with ksft_raises(CmdError):
                nic.pf.ethtool("-C", f"{way}-usecs 10000000")
        ksft_eq(_usecs(nic.pf, "rx"), 100)
        ksft_eq(_usecs(nic.pf, "tx"), 1000)
    ping(nic.pf, nic.peer)


def settings_survive(nic):
    """Settings made while down are used, and survive down and up."""
    nic.start()
    old = _now(nic.pf, "-g")
    nic.pf.set("down")
    defer(nic.start)
    defer(nic.pf.ethtool, "-G", f"rx {old['rx']} tx {old['tx']}", fail=False)
    defer(nic.pf.ethtool, "-X", "default", fail=False)
    nic.pf.ethtool("-G", "rx 512 tx 128")
    nic.pf.ethtool("-X", "equal 1")
    nic.start()
    for _ in range(2):
        ksft_eq(_now(nic.pf, "-g"), {**old, "rx": 512, "tx": 128})
        ksft_eq(set(_indirection(nic.pf)), {0})
        transfer(nic.pf, nic.peer, 4 * MIB)
        nic.pf.set("down")
        nic.start()


def statistics(nic):
    """Counters count, and continue over down and up."""
    nic.start()
    before, hw = nic.pf.counters(), nic.pf.stats()
    transfer(nic.pf, nic.peer, 16 * MIB)
    transfer(nic.peer, nic.pf, 16 * MIB)
    after = nic.pf.counters()
    for name in ("rx_bytes", "tx_bytes"):
        ksft_ge(after[name] - before[name], 16 * MIB, name)
    for name in ("rx_packets", "tx_packets"):
        ksft_ge(after[name] - before[name], 16, name)
    for name in ("rx_errors", "tx_errors", "rx_dropped", "tx_dropped"):
        ksft_eq(after[name], before[name], name)
    nic.pf.set("down")
    down = nic.pf.counters()
    nic.start()
    for name in ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets"):
        ksft_ge(down[name], after[name], f"{name}, down")
        ksft_ge(nic.pf.counters()[name], after[name], f"{name}, up again")
    if nic.svnic:
        now = nic.pf.stats()
        for name in ("dma_reads", "dma_writes", "doorbells", "interrupts"):
            ksft_gt(now[name], hw[name], name)
        ksft_ge(now["dma_read_bytes"] - hw["dma_read_bytes"], 16 * MIB)
        ksft_ge(now["dma_write_bytes"] - hw["dma_write_bytes"], 16 * MIB)
        repeated = set(now) & {n for n in nic.pf.counters()}
        ksft_eq(repeated, set(), "standard counters repeated in -S")


def _port(nic):
    """Counters of the port that have a value."""
    groups = json.loads(nic.pf.ethtool(
        "--json -S", "--groups eth-mac eth-ctrl rmon").stdout)[0]
    return {**groups["eth-mac"], **groups["eth-ctrl"],
            **{way: [item["val"] for item in groups["rmon"][f"{way}-pktsNtoM"]]
               for way in ("rx", "tx")}}


def port_statistics(nic):
    """Standard counters of the port: what is sent counts in one direction, by
    its length; a VF does not see them; resets and other drivers do not matter.
    """
    nic.need_svnic("counters of our port")
    nic.start()
    count = 1000
    for size, entry in ((60, 0), (1000, 4)):
        for src, dst, sent, other in (
                (nic.pf, nic.peer, "tx", "rx"),
                (nic.peer, nic.pf, "rx", "tx")):
            before = _port(nic)
            send(src, frame(BROADCAST, src.mac, mark(), size), count)
            wait_until(lambda b=before, e=entry, s=sent:
                       _port(nic)[s][e] >= b[s][e] + count,
                       f"{count} frames of {size} bytes from {src}")
            after = _port(nic)
            ksft_lt(after[other][entry] - before[other][entry], count // 10)
            names = {"tx": ("FramesTransmittedOK", "OctetsTransmittedOK",
                            "BroadcastFramesXmittedOK"),
                     "rx": ("FramesReceivedOK", "OctetsReceivedOK",
                            "BroadcastFramesReceivedOK")}[sent]
            for name, least in zip(names, (count, count * (size + 4), count)):
                ksft_ge(after[name] - before[name], least, name)
    ksft_eq(after["FrameCheckSequenceErrors"], 0)
    before = after
    nic.fn.write("reset", 1)
    wait_until(nic.pf.carrier, "link")
    ksft_ge(_port(nic)["FramesTransmittedOK"], before["FramesTransmittedOK"])
    if nic.vf_max:
        nic.set_vfs(1)
        defer(nic.set_vfs, 0)
        vf = End(nic.host, nic.vf_netdev(0), 9, "vf0")
        text = vf.ethtool("-S", "--groups eth-mac rmon").stdout
        ksft_not_in("Frames", text)


def queue_statistics(nic):
    """The sum of the queues' counters is that of the netdev."""
    nic.start()
    try:
        start = qstats(nic.pf.dev)
    except (OSError, IndexError, StopIteration):
        nic.need_svnic("no queue statistics")
        raise
    transfer(nic.peer, nic.pf, 8 * MIB)
    transfer(nic.pf, nic.peer, 8 * MIB)

    def agree():
        total, link = qstats(nic.pf.dev), nic.pf.counters()
        return all(total[name.replace("_", "-")] == link[name] for name in
                   ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes"))

    wait_until(agree, "queue statistics that agree with the netdev's", 20)
    ksft_ge(qstats(nic.pf.dev)["rx-bytes"] - start["rx-bytes"], 8 * MIB)
    each = qstats(nic.pf.dev, queues=True)
    queues = _now(nic.pf, "-l")["combined"]
    ksft_eq(len(each), 2 * queues)
    ksft_ge(qstats(nic.pf.dev)["rx-packets"],
            sum(q.get("rx-packets", 0) for q in each))
    ksft_gt(sum(q.get("rx-packets", 0) for q in each), 0)
    nic.pf.set("down")
    ksft_ge(qstats(nic.pf.dev)["rx-bytes"], 8 * MIB, "down")
    nic.start()


def registers(nic):
    """-d dumps registers, up and down."""
    nic.start()
    dump = Path("/tmp/registers")
    defer(dump.unlink, missing_ok=True)
    for state in ("up", "down"):
        nic.pf.set(state)
        nic.pf.cmd(["sh", "-c",
                    f"ethtool -d {nic.pf.dev} raw on > {dump}"])
        data = dump.read_bytes()
        ksft_ge(len(data), 0x200)
        if nic.svnic:
            ksft_eq(struct.unpack_from("<I", data)[0], MAGIC)
    nic.start()


def address(nic):
    """The station address can be changed, and frames to it arrive."""
    nic.start()
    old = nic.pf.mac
    defer(nic.pf.set, f"address {old}")
    nic.pf.set("address 02:5e:ff:00:00:01")
    nic.peer.cmd("ip neigh flush all")
    ping(nic.peer, nic.pf)
    ksft_eq(nic.pf.mac, "02:5e:ff:00:00:01")
    with ksft_raises(CmdError):
        nic.pf.set("address 01:00:5e:00:00:01")
    ksft_eq(nic.pf.mac, "02:5e:ff:00:00:01")
    ksft_ne(nic.pf.mac, old)


if __name__ == "__main__":
    ksft_run([probe, default_rings, carrier, ping_v4_v6, mtu,
              mtu_under_traffic, rings, channels, rss, rss_keeps_channels,
              coalesce, settings_survive, statistics, queue_statistics,
              port_statistics, registers, address], setup=Nic)
