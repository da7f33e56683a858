#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Flow rules and RSS contexts: which frames go to which queue of PF and VF, also
after resets and other settings."""

import re
import socket

from lib import (CmdError, Netns, Nic, defer, ksft_eq, ksft_ge, ksft_in,
                 ksft_not_in, ksft_raises, ksft_run, ping, wait_until)
from lib.frames import frame, mark, send, tagged
from lib.netlink import qstats

COUNT = 32
VF_RULES, VF_CONTEXTS = 64, 8
PORT = 4300


class Bench(Nic):
    """The NIC, if it is ours."""

    def __init__(self):
        super().__init__()
        self.need_svnic("other drivers have other rules")
        self.start()


def _prepare(end):
    """Until the end of the case four queues and no rules, and the hash selects
    queue 0."""
    old = re.findall(r"Combined:\s+(\d+)", end.ethtool("-l").stdout)[1]
    defer(end.ethtool, "-L", f"combined {old}", fail=False)
    defer(end.ethtool, "-X", "default", fail=False)
    defer(end.ethtool, "-K", "ntuple-filters off", fail=False)
    if old != "4":
        end.ethtool("-L", "combined 4")
    end.ethtool("-X", "equal 1")
    end.ethtool("-K", "ntuple-filters on")
    return end


def _rule(end, spec):
    """Add a rule; returns its location if the driver has chosen it."""
    said = end.ethtool("-N", spec).stdout.split()
    return int(said[-1]) if said else None


def _rules(end):
    """Locations of all rules."""
    return [int(n) for n in
            re.findall(r"^Filter: (\d+)", end.ethtool("-n").stdout, re.M)]


def _context(end, args=""):
    """Make an RSS context; returns its number."""
    return int(end.ethtool("-X", f"context new {args}").stdout.split()[-1])


def _queues(end):
    with end.space():
        stats = qstats(end.dev, queues=True)
    got = {q["queue-id"]: q["rx-packets"] for q in stats if "rx-packets" in q}
    return [got[n] for n in sorted(got)]


def _received(nic, end, how, *args):
    """What each queue of END receives while HOW sends to it."""
    before = _queues(end)
    how(nic, end, *args)
    # what was sent before a reply has been received
    ping(nic.peer, end, 1)
    return [now - then for now, then in zip(_queues(end), before)]


def _datagrams(nic, end, port, six=False):
    """COUNT datagrams of COUNT flows from the peer to PORT."""
    family = socket.AF_INET6 if six else socket.AF_INET
    with nic.peer.space():
        for n in range(COUNT):
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.bind((nic.peer.v6 if six else nic.peer.v4, 21000 + n))
                sock.sendto(b"x", (end.v6 if six else end.v4, port))


def _frames(nic, end, change=lambda data: data):
    """COUNT frames of no protocol that the stack knows."""
    data = change(frame(end.mac, nic.peer.mac, mark()))
    send(nic.peer, data, COUNT)


def _goes_to(nic, end, queue, how, *args):
    got = _received(nic, end, how, *args)
    ksft_ge(got[queue], COUNT, f"to queue {queue}: {got}")


def headers(nic):
    """Rules compare headers of all kinds."""
    pf = _prepare(nic.pf)
    pf.feature("rx-vlan-filter", False)
    defer(pf.feature, "rx-vlan-filter", True)
    for spec, how, *args in (
            ("udp4 dst-port {port}", _datagrams, PORT),
            ("udp4 src-ip {peer4} dst-ip {pf4}", _datagrams, PORT),
            ("udp4 dst-port 4096 m 0x0fff", _datagrams, PORT),
            ("ip4 l4proto 17 src-ip {peer4}", _datagrams, PORT),
            ("udp6 dst-port {port} src-ip {peer6}", _datagrams, PORT, True),
            ("ether proto 0x88b5", _frames),
            ("ether src {peer_mac}", _frames),
            ("ether proto 0x88b5 vlan 5 m 0xf000", _frames,
             lambda data: tagged(data, 5))):
        text = spec.format(port=PORT, peer4=nic.peer.v4, pf4=pf.v4,
                           peer6=nic.peer.v6, peer_mac=nic.peer.mac)
        _goes_to(nic, pf, 0, how, *args)
        where = _rule(pf, f"flow-type {text} action 2")
        _goes_to(nic, pf, 2, how, *args)
        pf.ethtool("-N", f"delete {where}")
        _goes_to(nic, pf, 0, how, *args)


def order(nic):
    """The rule of the lowest location counts, and can be replaced; dropped
    frames arrive nowhere."""
    pf = _prepare(nic.pf)
    _rule(pf, f"flow-type udp4 dst-port {PORT} action 3 loc 7")
    _rule(pf, "flow-type udp4 action 1 loc 9")
    _goes_to(nic, pf, 3, _datagrams, PORT)
    _goes_to(nic, pf, 1, _datagrams, PORT + 1)
    _rule(pf, f"flow-type udp4 dst-port {PORT} action -1 loc 7")
    ksft_in("Action: Drop", pf.ethtool("-n", "rule 7").stdout)
    got = _received(nic, pf, _datagrams, PORT)
    ksft_eq(sum(got[1:]), 0, f"of what is dropped: {got}")
    _rule(pf, "flow-type udp4 action 2 loc 2")
    _goes_to(nic, pf, 2, _datagrams, PORT)
    ksft_eq(_rules(pf), [2, 7, 9])


def refused(nic):
    """What cannot be is refused, and changes nothing."""
    pf = _prepare(nic.pf)
    _rule(pf, f"flow-type udp4 dst-port {PORT} action 3 loc 7")
    before = pf.ethtool("-n").stdout
    for spec in ("udp4 action 4", "udp4 action 3 loc 256",
                 "udp4 action 3 vf 1 loc 7", "sctp4 action 1",
                 "udp4 action 1 context 9", "udp4 user-def 1 action 1"):
        with ksft_raises(CmdError):
            pf.ethtool("-N", f"flow-type {spec}")
    with ksft_raises(CmdError):
        pf.ethtool("-N", "delete 8")
    with ksft_raises(CmdError):
        pf.ethtool("-L", "combined 3")
    ksft_eq(pf.ethtool("-n").stdout, before)
    _goes_to(nic, pf, 3, _datagrams, PORT)
    # without the feature there are no rules
    pf.ethtool("-K", "ntuple-filters off")
    ksft_eq(_rules(pf), [])
    with ksft_raises(CmdError):
        pf.ethtool("-N", f"flow-type udp4 dst-port {PORT} action 3")
    _goes_to(nic, pf, 0, _datagrams, PORT)


def contexts(nic):
    """A context has a table, key and fields of its own."""
    pf = _prepare(nic.pf)
    one = _context(pf, "start 2 equal 2")
    defer(pf.ethtool, "-X", f"context {one} delete", fail=False)
    with ksft_raises(CmdError):
        pf.ethtool("-N", f"flow-type udp4 context {one} action 1")
    where = _rule(pf, f"flow-type udp4 dst-port {PORT} context {one}")
    defer(pf.ethtool, "-N", f"delete {where}", fail=False)
    got = _received(nic, pf, _datagrams, PORT)
    ksft_ge(min(got[2:]), 4, f"both queues of the context: {got}")
    ksft_ge(sum(got[2:]), COUNT, f"{got}")
    _goes_to(nic, pf, 0, _datagrams, PORT + 1)

    pf.ethtool("-X", f"context {one} start 1 equal 1")
    _goes_to(nic, pf, 1, _datagrams, PORT)
    key = ":".join(f"{n:02x}" for n in range(40))
    pf.ethtool("-X", f"context {one} hkey {key}")
    ksft_in(key, pf.ethtool("-x", f"context {one}").stdout)
    ksft_not_in(key, pf.ethtool("-x").stdout)
    with ksft_raises(CmdError):
        pf.ethtool("-X", f"context {one} delete")
    # the number of the rule is added to that of the table
    _rule(pf, f"flow-type udp4 dst-port {PORT} context {one} action 2 "
          f"loc {where}")
    _goes_to(nic, pf, 3, _datagrams, PORT)
    with ksft_raises(CmdError):
        pf.ethtool("-X", f"context {one} start 2 equal 1")
    with ksft_raises(CmdError):
        pf.ethtool("-L", "combined 3")
    _goes_to(nic, pf, 3, _datagrams, PORT)


def survive(nic):
    """Rules and contexts survive down and up, other numbers of queues, and a
    reset, and may be made while the interface is down."""
    pf = _prepare(nic.pf)
    one = _context(pf, "start 3 equal 1")
    defer(pf.ethtool, "-X", f"context {one} delete", fail=False)
    defer(pf.ethtool, "-K", "ntuple-filters off", fail=False)
    _rule(pf, f"flow-type udp4 dst-port {PORT} action 2")
    pf.down()
    defer(nic.start)
    _rule(pf, f"flow-type udp4 dst-port {PORT + 1} context {one}")
    nic.start()

    def check():
        _goes_to(nic, pf, 2, _datagrams, PORT)
        _goes_to(nic, pf, 3, _datagrams, PORT + 1)
        _goes_to(nic, pf, 0, _datagrams, PORT + 2)

    check()
    pf.ethtool("-G", "rx 512")
    check()
    nic.fn.write("reset", 1)
    nic.start()
    check()
    pf.down()
    nic.fn.write("reset", 1)
    where = _rule(pf, f"flow-type udp4 dst-port {PORT + 3} context {one}")
    nic.start()
    check()
    _goes_to(nic, pf, 3, _datagrams, PORT + 3)
    pf.ethtool("-N", f"delete {where}")


def _taken(nic):
    """What is taken of each pool."""
    found = nic.devlink(f"resource show pci/{nic.fn.bdf}", parse=True)
    return {r["name"]: r["occ"] for r in
            next(iter(found["resources"].values()))}


def vfs(nic):
    """A VF has as many as it was granted; the PF shows them."""
    space = Netns("steered")
    defer(space.delete)
    before = _taken(nic)
    nic.set_vfs(2)
    defer(nic.set_vfs, 0)
    vf = nic.vf_end(0, space)
    _prepare(vf)
    taken = _taken(nic)
    ksft_eq(taken["flow_rules"] - before["flow_rules"], 2 * VF_RULES)
    ksft_eq(taken["rss_contexts"] - before["rss_contexts"], 2 * VF_CONTEXTS)

    made = [_rule(vf, f"flow-type udp4 dst-port {PORT + n} action {n % 4}")
            for n in range(VF_RULES)]
    ksft_eq(sorted(made), list(range(VF_RULES)))
    with ksft_raises(CmdError):
        vf.ethtool("-N", f"flow-type udp4 dst-port {PORT + VF_RULES} action 1")
    # one that compares the same is replaced
    ksft_eq(_rule(vf, f"flow-type udp4 dst-port {PORT} action 3"), made[0])
    _goes_to(nic, vf, 3, _datagrams, PORT)
    for n in (1, 2, VF_RULES - 1):
        _goes_to(nic, vf, n % 4, _datagrams, PORT + n)
    numbers = [_context(vf, "start 2 equal 1") for _ in range(VF_CONTEXTS)]
    with ksft_raises(CmdError) as failed:
        _context(vf)
    ksft_in("No space left", str(failed.exception))

    # the VF's own reset: the driver restores everything
    nic.vf(0).write("reset", 1)
    wait_until(vf.carrier, "link of the VF")
    vf.up()
    for n in (1, 2, VF_RULES - 1):
        _goes_to(nic, vf, n % 4, _datagrams, PORT + n)
    vf.ethtool("-N", f"flow-type udp4 dst-port {PORT} context {numbers[-1]} "
               f"loc {made[0]}")
    _goes_to(nic, vf, 2, _datagrams, PORT)


if __name__ == "__main__":
    ksft_run([headers, order, refused, contexts, survive, vfs], setup=Bench)
