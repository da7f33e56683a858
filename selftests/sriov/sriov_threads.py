#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Problems that users of other NICs have reported, in the same sequence. Each case
names the report.
"""

import os
import time
from pathlib import Path

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_eq, ksft_in, ksft_lt
from lib.py import KsftSkipEx
from lib.py import NetDrvEpEnv
from lib.py import cmd, defer, ip
from sriov_lib import Local, Remote, Vf
from sriov_lib import DEADLINE, make_vfs, max_vfs, num_vfs, set_num_vfs, \
    sriov_attr, sysfs_write, vf_infos, vf_mac, wait_until, works

FULL = "FULL" in os.environ
TOGGLES = 200 if FULL else 20
VLAN_TURNS = 50 if FULL else 5
# seconds in which nothing may change by itself
QUIET = 10
# Linux shows statistics of at most CAPPED VFs. A kernel without this limit
# shows 221, and nothing reliable of more.
CAPPED, ROOM = 128, 221
COUNTS = (64, 127, 128, 221, 222, 248)


def _netdevs(vfs):
    """ (index, name) of the netdev of each VF """
    found = []
    for vf in vfs:
        name = vf.host_ifname()
        index = Path(f"/sys/class/net/{name}/ifindex")
        found.append((int(index.read_text(encoding="ascii")), name))
    return found


def _with_drivers(cfg):
    if not make_vfs(cfg, 1)[0].driver():
        raise KsftSkipEx("VFs have no driver on this host")


def toggle(cfg):
    """ Five VFs and none, again and again: always five netdevs
    (sriov-network-operator, pull 233) """
    _with_drivers(cfg)
    for _ in range(TOGGLES):
        vfs = make_vfs(cfg, 5)
        ksft_eq(len({name for _, name in _netdevs(vfs)}), 5)
        set_num_vfs(cfg, 0)


def vlans_at_once(cfg):
    """ VLANs are added and removed on new VFs, without a reset
    (ethernet-linux-ice, issues 57 and 63) """
    _with_drivers(cfg)
    for _ in range(VLAN_TURNS):
        vfs = make_vfs(cfg, 7)
        for vf in vfs:
            name = vf.host_ifname()
            ip(f"link set dev {name} up")
            for _ in range(2):
                ip(f"link add link {name} name vlan9 type vlan id 9")
                ip("link del dev vlan9")
    before = _netdevs(vfs)
    with_carrier = [Path(f"/sys/class/net/{name}/carrier_down_count")
                    for _, name in before]
    lost = [path.read_text(encoding="ascii") for path in with_carrier]
    time.sleep(QUIET)
    ksft_eq(_netdevs(vfs), before)
    ksft_eq([path.read_text(encoding="ascii") for path in with_carrier], lost)
    remote = Remote(cfg)
    works(vfs[0].up(), remote, remote.watch())


def netif_is_down(cfg):
    """ VFs of a NETIF that is down are created, and work when it is up
    (systemd, issue 40739) """
    _with_drivers(cfg)
    set_num_vfs(cfg, 0)
    netif, remote = Local(cfg), Remote(cfg)
    netif.set("down")
    defer(netif.set, "up")
    vfs = make_vfs(cfg, 2)
    ksft_eq(num_vfs(cfg), 2)
    ksft_eq(len(_netdevs(vfs)), 2)
    vfs[0].vf_set(f"mac {vf_mac(0)}")
    netif.set("up")
    wait_until(netif.carrier, "the link of NETIF")
    wire = remote.watch()
    for vf in vfs:
        works(vf.up(), remote, wire)
    ksft_eq(vfs[0].mac, vf_mac(0))


def no_vlan_keeps_trunk(cfg):
    """ Clearing a port VLAN that is not set does not change the VF's own VLANs
    (sriov-cni, issue 291) """
    remote = Remote(cfg)
    vf = make_vfs(cfg, 1)[0].up()
    vf.ip(f"link add link {vf.ifname} name trunk type vlan id 9")
    vf.ip("link set dev trunk up")
    host = cfg.remote
    cmd(f"ip link add link {remote.ifname} name trunk type vlan id 9",
        host=host)
    defer(cmd, "ip link del dev trunk", host=host)
    cmd("ip addr add 198.51.100.1/24 dev trunk", host=host)
    cmd("ip link set dev trunk up", host=host)
    vf.ip("addr add 198.51.100.2/24 dev trunk")
    for args in (None, "vlan 0", "vlan 0 qos 0"):
        if args:
            vf.vf_set(args)
        wait_until(lambda: not cmd("ping -c 1 -W 2 198.51.100.1", ns=vf.ns,
                                   fail=False).ret,
                   f"an answer in the VF's VLAN after {args}")


def many_in_netlink(cfg):
    """ With any number of VFs, ip shows them, or as many as the kernel has
    space for (netlink, issue 960; pyroute2, issue 1044) """
    attr = sriov_attr(cfg, "drivers_autoprobe")
    if attr.exists():
        defer(sysfs_write, attr, attr.read_text(encoding="ascii").strip())
        sysfs_write(attr, 0)
    most = max_vfs(cfg)
    for count in sorted({min(count, most) for count in COUNTS}):
        start = time.monotonic()
        make_vfs(cfg, count)
        took = time.monotonic() - start
        ksft_lt(took, DEADLINE)
        last = Vf(cfg, count - 1)
        last.vf_set(f"mac {vf_mac(count)}")
        infos = vf_infos(cfg)
        ksft_eq([info["vf"] for info in infos], list(range(count)))
        ksft_eq(infos[-1]["address"], vf_mac(count))
        shown = len(vf_infos(cfg, stats=True))
        if count <= ROOM:
            ksft_in(shown, {count, min(count, CAPPED)}, "with statistics")
        dump, = (link for link in ip("link show", json=True)
                 if link["ifname"] == cfg.ifname)
        ksft_eq(len(dump["vfinfo_list"]), count, "in a dump")
        ksft_pr(f"{count} VFs made in {took:.2f} s, "
                f"{shown} shown with statistics")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([toggle, vlans_at_once, netif_is_down, no_vlan_keeps_trunk,
                  many_in_netlink],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
