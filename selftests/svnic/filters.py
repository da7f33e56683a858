#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Addresses and VLANs that the stack wants, and those that the NIC passes."""

import fcntl
import socket
import struct
import threading
from array import array

from lib import (CmdError, Netns, Nic, defer, ksft_eq, ksft_in, ksft_le,
                 ksft_pr, ksft_raises, ksft_run, ksft_true, wait_until)
from lib.frames import (BROADCAST, SOL_PACKET, Watch, frame, mac_bytes, mark,
                        send, tagged)
from lib.nic import vf_mac

ADD, DROP = 1, 2                # PACKET_ADD_MEMBERSHIP, ..._DROP_...
GROUP, PROMISC, UNICAST = 0, 1, 3
SIOCETHTOOL, ETHTOOL_GDRVINFO = 0x8946, 3
RESETS = 20                     # tries to change a filter during a reset
MANY, FEW = 300, 10             # groups
MOVES = 40                      # more moves than a VF has filters
FOREIGN = "02:5e:00:00:99:99"
BRIDGE = "br-svnic"
VID = 3000


class Member:
    """A socket that adds addresses to END's netdev, like tcpdump."""

    def __init__(self, end):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.index = socket.if_nametoindex(end.dev)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def want(self, option, kind, mac=None):
        """ADD or DROP an address or a mode."""
        addr = mac_bytes(mac) if mac else b""
        self.sock.setsockopt(SOL_PACKET, option,
                             struct.pack("=iHH8s", self.index, kind, len(addr),
                                         addr))


def group(num):
    """The address of a group."""
    return f"01:00:5e:01:{num >> 8:02x}:{num & 255:02x}"


def present(end):
    """True unless the netdev, in this name space, is being reset."""
    data = array("B", struct.pack("I", ETHTOOL_GDRVINFO) + bytes(192))
    with socket.socket() as sock:
        try:
            fcntl.ioctl(sock, SIOCETHTOOL,
                        struct.pack("16sP16x", end.dev.encode(),
                                    data.buffer_info()[0]))
        except OSError:
            return False
    return True


def in_reset(end, function, change):
    """CHANGE(True) while FUNCTION is reset; CHANGE(False) reverts it."""
    for _ in range(RESETS):
        reset = threading.Thread(target=function.write, args=("reset", 1))
        reset.start()
        while present(end) and reset.is_alive():
            pass
        change(True)
        late = present(end)
        reset.join()
        wait_until(end.carrier, f"link of {end}")
        if not late:
            return
        change(False)
    raise RuntimeError(f"{end}: never in time for a reset")


def hears(nic, end, dst, timeout=60):
    """True if END receives frames that the peer sends to DST."""
    with Watch(end) as watch:
        def heard():
            number = mark()
            send(nic.peer, frame(dst, nic.peer.mac, number))
            return watch.wait(number, 1)
        try:
            return wait_until(heard, "frame", timeout)
        except TimeoutError:
            return False


def deaf(nic, end, dst):
    """END receives broadcast, but no frames to DST, at least in the end."""
    with Watch(end) as watch:
        def unheard():
            number, last = mark(), mark()
            send(nic.peer, frame(dst, nic.peer.mac, number))
            send(nic.peer, frame(BROADCAST, nic.peer.mac, last))
            return watch.wait(last) and not watch.saw(number)
        return wait_until(unheard, f"{dst} not to be heard")


def start_vfs(nic, count, trusted=()):
    """COUNT VFs as netdevs of the host; returns their ends."""
    nic.set_vfs(count)
    defer(nic.set_vfs, 0)
    for num in trusted:
        nic.set_vf_trust(num, True)
    return [nic.vf_end(num, mac=vf_mac(num)) for num in range(count)]


def _changes(nic, end, function):
    with Member(end) as member:
        def join(there):
            option = ADD if there else DROP
            member.want(option, GROUP, group(1))
            member.want(option, UNICAST, FOREIGN)

        in_reset(end, function, join)
        ksft_true(hears(nic, end, group(1)), f"{end}: a group")
        ksft_true(hears(nic, end, FOREIGN), f"{end}: an address")
        in_reset(end, function, lambda there: join(not there))
        deaf(nic, end, group(1))
        deaf(nic, end, FOREIGN)

        def listen(there):
            member.want(ADD if there else DROP, PROMISC)

        in_reset(end, function, listen)
        ksft_true(hears(nic, end, FOREIGN), f"{end}: promiscuous")
        in_reset(end, function, lambda there: listen(not there))
        deaf(nic, end, FOREIGN)


def changes_in_reset(nic):
    """Groups joined and left during a reset are right after it."""
    nic.start()
    nic.peer.set("promisc off")
    _changes(nic, nic.pf, nic.fn)
    vf = start_vfs(nic, 1, trusted=[0])[0]
    _changes(nic, vf, nic.vf(0))


def many_groups(nic):
    """More groups than filters of a trusted VF, and few groups again."""
    nic.start()
    vf = start_vfs(nic, 1, trusted=[0])[0]
    with Member(vf) as member:
        before = vf.stat("mbx_requests")
        for num in range(MANY):
            member.want(ADD, GROUP, group(num))
        for num in (0, MANY // 2, MANY - 1):
            ksft_true(hears(nic, vf, group(num)), f"group {num} of {MANY}")
        asked = vf.stat("mbx_requests") - before
        for num in range(MANY - FEW):
            member.want(DROP, GROUP, group(num))
        deaf(nic, vf, group(0))
        for num in range(MANY - FEW, MANY):
            ksft_true(hears(nic, vf, group(num)), f"group {num} of {FEW}")
        left = vf.stat("mbx_requests") - before - asked
    ksft_pr(f"{asked} requests for {MANY} groups, {left} to leave all but "
            f"{FEW}")
    # one request for each filter, if the stack changes groups one by one
    ksft_le(asked, 64)
    ksft_le(left, 64)


def untrusted_groups(nic):
    """More groups than filters without trust: free filters are used."""
    nic.start()
    vf = start_vfs(nic, 1)[0]
    with Member(vf) as member:
        before = vf.stat("mbx_requests")
        for num in range(MANY):
            member.want(ADD, GROUP, group(num))
        ksft_true(hears(nic, vf, group(0)), "the first group")
        deaf(nic, vf, group(MANY - 1))
        ksft_le(vf.stat("mbx_requests") - before, 64)
        for num in range(MANY - 1):
            member.want(DROP, GROUP, group(num))
        ksft_true(hears(nic, vf, group(MANY - 1)), "the last group")


def freed_address(nic):
    """An address of another VF can be used when it is free."""
    nic.start()
    vf = start_vfs(nic, 2)[1]
    nic.set_vf_mac(1, "00:00:00:00:00:00")
    with Member(vf) as member:
        member.want(ADD, UNICAST, vf_mac(0))
        deaf(nic, vf, vf_mac(0))
        nic.set_vf_mac(0, FOREIGN)
        ksft_true(hears(nic, vf, vf_mac(0), 90), "the address that is free")


def moves(nic):
    """A VF that moves between name spaces leaves no filters behind."""
    nic.start()
    vf = start_vfs(nic, 1)[0]
    rooms = [Netns(f"room{num}") for num in range(2)]
    for room in rooms:
        defer(room.delete)
    nic.host.cmd(f"ip link set dev {vf.dev} netns {rooms[0]}")
    for num in range(MOVES):
        here, there = rooms[num % 2], rooms[1 - num % 2]
        here.ip(f"link set dev {vf.dev} up")
        here.ip(f"maddr add {group(num)} dev {vf.dev}")
        here.ip(f"link set dev {vf.dev} netns {there}")
    vf.node = rooms[MOVES % 2]
    vf.up()
    vf.cmd(f"ip maddr add {group(MOVES)} dev {vf.dev}")
    ksft_true(hears(nic, vf, group(MOVES)), "a group after all moves")


def _bridge(nic, state):
    """Put the PF into a bridge with all VLANs, or remove it."""
    if not state:
        nic.host.ip(f"link del {BRIDGE}")
        return
    nic.host.ip(f"link add {BRIDGE} up type bridge vlan_filtering 1")
    nic.pf.set(f"master {BRIDGE}")
    nic.host.cmd(f"bridge vlan add vid 2-4094 dev {nic.pf.dev}")


def _vlan_filters(nic):
    """Number of VLAN filters of the NIC in use."""
    shown = nic.devlink(f"resource show pci/{nic.fn.bdf}", parse=True)
    return next(resource["occ"] for resource in
                next(iter(shown["resources"].values()))
                if resource["name"] == "vlan_filters")


def _hears_tagged(nic, end, vid):
    with Watch(end) as watch:
        def heard():
            number = mark()
            send(nic.peer, tagged(frame(BROADCAST, nic.peer.mac, number), vid))
            return watch.wait(number, 1)
        return wait_until(heard, f"VLAN {vid} at {end}")


def _vf_vlan(nic, vf):
    vf.cmd(f"ip link add link {vf.dev} name v100 type vlan id 100")
    defer(vf.cmd, "ip link del v100", fail=False)
    _hears_tagged(nic, vf, 100)


def vlans_then_vfs(nic):
    """A PF in a bridge with all VLANs leaves filters for VFs."""
    nic.start()
    _bridge(nic, True)
    undo = defer(_bridge, nic, False)
    taken = _vlan_filters(nic)
    vfs = start_vfs(nic, 4)
    ksft_pr(f"{taken} VLAN filters taken, {_vlan_filters(nic)} with VFs")
    _hears_tagged(nic, nic.pf, VID)
    _vf_vlan(nic, vfs[0])
    nic.set_vfs(0)
    wait_until(lambda: _vlan_filters(nic) == taken, "filters of the PF")
    undo()


def vfs_then_vlans(nic):
    """A PF gets all VLANs even if there are VFs."""
    nic.start()
    vfs = start_vfs(nic, 4)
    _bridge(nic, True)
    defer(_bridge, nic, False)
    nic.host.cmd(f"bridge vlan add vid 4094 dev {nic.pf.dev}")
    _hears_tagged(nic, nic.pf, 4094)
    _hears_tagged(nic, nic.pf, VID)
    _vf_vlan(nic, vfs[0])


def vlan_filter_switch(nic):
    """rx-vlan-filter can be switched off where allowed, and on again."""
    nic.start()
    trusted, vf = start_vfs(nic, 2, trusted=[0])
    for end in (nic.pf, trusted):
        wait_until(lambda: end.has_feature("rx-vlan-filter"), "switch")
        end.feature("rx-vlan-filter", False)
        _hears_tagged(nic, end, VID)
        end.feature("rx-vlan-filter", True)
        wait_until(lambda: not _passes(nic, end), f"filter of {end}")
    with ksft_raises(CmdError) as caught:
        vf.ethtool("-K", "rx-vlan-filter off")
    if caught.exception:
        ksft_in("Could not change", caught.exception.stderr)
    ksft_eq(vf.feature("rx-vlan-filter"), True)


def _passes(nic, end):
    """True if a frame of a VLAN that is not configured reaches END."""
    with Watch(end) as watch:
        number, last = mark(), mark()
        send(nic.peer, tagged(frame(BROADCAST, nic.peer.mac, number), VID))
        send(nic.peer, frame(BROADCAST, nic.peer.mac, last))
        return not watch.wait(last) or watch.saw(number)


if __name__ == "__main__":
    ksft_run([changes_in_reset, many_groups, untrusted_groups, freed_address,
              moves, vlans_then_vfs, vfs_then_vlans, vlan_filter_switch],
             setup=Nic)
