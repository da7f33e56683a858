#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""802.1ad and stacked VLANs of PF, VFs and the wire, without promiscuity."""

from lib import (CmdError, End, Netns, Nic, defer, ksft_eq, ksft_gt,
                 ksft_raises, ksft_run, ping, reaches, transfer, wait_until)
from lib.nic import vf_mac

MIB = 1 << 20
Q, AD = "802.1Q", "802.1ad"
PORT_VLAN = 20


class Bench(Nic):
    """Two VFs, each a netdev in a name space of its own."""

    def __init__(self):
        super().__init__()
        self.start()
        self.spaces = [Netns(f"vf{n}") for n in range(2)]
        self.set_vfs(2)
        defer(self.close)
        self.vf_ends = [self.vf_end(n, self.spaces[n], vf_mac(n))
                        for n in range(2)]

    def close(self):
        """Remove everything."""
        for space in self.spaces:
            space.delete()
        self.set_vfs(0)

    def port_vlan(self, num, vid, proto=Q):
        """The administrator puts VF NUM into a VLAN; 0 for none."""
        self.host.cmd(f"ip link set dev {self.pf.dev} vf {num} vlan {vid} "
                      f"proto {proto}")


def _add(end, *tags):
    """Interfaces of END for TAGS, the outer one first; returns the last
    name."""
    dev, name = end.dev, ""
    for proto, vid in tags:
        name += f"{'s' if proto == AD else 'c'}{vid}"
        end.cmd(f"ip link add link {dev} name {name} type vlan "
                f"proto {proto} id {vid}")
        defer(end.cmd, f"ip link del {name}", fail=False)
        end.cmd(f"ip link set dev {name} up")
        dev = name
    return dev


def _tagged(end, num, *tags):
    """END with TAGS, with addresses of its own."""
    vlan = End(end.node, _add(end, *tags), num, f"{end} behind {tags}")
    vlan.v4, vlan.v6 = f"198.18.99.{num}", f"2001:db8:99::{num}"
    return vlan.up()


def _wait_reaches(src, dst):
    """Wait until frames pass after a change of the configuration."""
    wait_until(lambda: reaches(src, dst), f"a reply to {src} from {dst}")


def _full_size(src, dst, mtu=1500):
    """Packets of MTU bytes in both directions, whatever the number of tags."""
    _wait_reaches(src, dst)
    ping(src, dst, 3, size=mtu - 28, opts="-M do")
    ping(dst, src, 3, size=mtu - 28, opts="-M do")


def _moves(bench, one, two, *pairs):
    """TCP between tagged ends; VFs leave segmentation to the NIC."""
    before = [vf.stats().get("tx_tso", 0) for vf in bench.vf_ends]
    for src, dst in pairs:
        transfer(src, dst, 4 * MIB)
    transfer(one, two, MIB, six=True)
    if bench.svnic:
        for vf, tso in zip(bench.vf_ends, before):
            ksft_gt(vf.stat("tx_tso"), tso, f"{vf}: segmentation")


def _stack(bench, *tags):
    pf, peer, one, two = (
        _tagged(end, num, *tags) for num, end in
        enumerate((bench.pf, bench.peer, *bench.vf_ends), 1))
    spoofed = [vf.stats().get("tx_spoof_vlan") for vf in bench.vf_ends]
    for dst in (pf, peer, two):
        _full_size(one, dst)
    _full_size(pf, peer)
    _moves(bench, one, two, (one, two), (one, peer), (peer, two), (two, pf),
           (pf, peer))
    ksft_eq([vf.stats().get("tx_spoof_vlan") for vf in bench.vf_ends],
            spoofed)


def service_vlan(bench):
    """802.1ad interfaces."""
    _stack(bench, (AD, 10))


def customer_in_service(bench):
    """802.1Q in 802.1ad."""
    _stack(bench, (AD, 11), (Q, 5))


def customer_in_customer(bench):
    """802.1Q in 802.1Q, of the same id."""
    _stack(bench, (Q, 7), (Q, 7))


def largest_mtu(bench):
    """Two tags of the stack fit before the longest packet."""
    mtu = min(end.link()["max_mtu"] for end in (bench.pf, bench.peer))
    defer(bench.start)
    bench.start(mtu)
    _full_size(_tagged(bench.pf, 1, (AD, 13), (Q, 5)),
               _tagged(bench.peer, 2, (AD, 13), (Q, 5)), mtu)


def after_reset(bench):
    """Tagged frames arrive again after a reset of VF and PF."""
    pf, peer, one = (
        _tagged(end, num, (AD, 12), (Q, 5)) for num, end in
        enumerate((bench.pf, bench.peer, bench.vf_ends[0]), 1))
    _full_size(one, peer)
    bench.vf(0).write("reset", 1)
    _full_size(one, peer)
    bench.fn.write("reset", 1)
    _full_size(pf, peer)
    _full_size(one, peer)


def in_port_vlan(bench):
    """In an 802.1ad port VLAN a VF may have VLANs of its own."""
    one, two = bench.vf_ends
    peer = _tagged(bench.peer, 1, (AD, PORT_VLAN), (Q, 5))
    # a VLAN that was configured before
    inner = [_tagged(one, 2, (Q, 5))]
    for num in range(2):
        defer(bench.port_vlan, num, 0)
        bench.port_vlan(num, PORT_VLAN, AD)
    # a VLAN that is configured afterwards
    wait_until(two.carrier, "link")
    inner.append(_tagged(two, 3, (Q, 5)))
    for vlan in inner:
        _full_size(vlan, peer)
    _full_size(*inner)
    _moves(bench, *inner, inner, (inner[0], peer), (peer, inner[1]),
           (inner[1], peer))
    # two VLANs of its own: three tags on the wire
    deep = [_tagged(end, 2 + num, (Q, 6), (Q, 8))
            for num, end in enumerate((one, two))]
    for num, end in enumerate(deep):
        end.cmd(f"ip addr flush dev {end.dev}")
        end.v4, end.v6 = f"198.18.98.{num + 1}", f"2001:db8:98::{num + 1}"
        end.up()
    _full_size(*deep)
    transfer(*deep, 4 * MIB)

    bench.vf(0).write("reset", 1)
    for vlan in inner:
        _full_size(vlan, peer)


def not_in_port_vlan(bench):
    """In an 802.1Q port VLAN a VF has no VLANs; they work again without it."""
    one, two = bench.vf_ends
    vlans = [_tagged(end, num, (Q, 5)) for num, end in enumerate((one, two))]
    _full_size(*vlans)
    defer(bench.port_vlan, 0, 0)
    # a change of the EtherType with the same id: filters change as well
    for proto in (AD, Q):
        bench.port_vlan(0, PORT_VLAN, proto)
    wait_until(one.carrier, "link")
    for proto in (Q, AD):
        with ksft_raises(CmdError):
            _add(one, (proto, 6))
    bench.port_vlan(0, 0)
    _full_size(*vlans)


if __name__ == "__main__":
    ksft_run([service_vlan, customer_in_service, customer_in_customer,
              largest_mtu, after_reset, in_port_vlan, not_in_port_vlan],
             setup=Bench)
