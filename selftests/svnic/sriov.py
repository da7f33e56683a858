#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""VFs are created and removed by sriov_numvfs, under traffic of the PF."""

import contextlib
import errno
import re
import time
from pathlib import Path

from lib import (FULL, CmdError, Netns, Nic, Ping, defer, ksft_eq, ksft_ge,
                 ksft_gt, ksft_in, ksft_ne, ksft_pr, ksft_raises, ksft_run,
                 ksft_true, ping, wait_until)
from lib.drivers import Paced, said
from lib.nic import vf_mac
from lib.utils import memory

CYCLES = 50 if FULL else 10
# Memory in KiB that may be missing after cycles. The first value is inexact;
# if each cycle leaks a netdev, the other values show it.
TOLERANCE = {"used": 8192, "slab": 1536, "percpu": 512, "vmalloc": 1024}
# the PF's stream may wait for a CPU, but not for the NIC
MAX_GAP = 20
ZERO_MAC = "00:00:00:00:00:00"


def _refused(nic, count, *errors):
    before = nic.vfs
    with ksft_raises(OSError) as caught:
        nic.set_vfs(count)
    if caught.exception:
        ksft_in(caught.exception.errno, errors, f"sriov_numvfs {count}")
    ksft_eq(nic.vfs, before)


def _autoprobe(nic, value):
    old = nic.fn.read("sriov_drivers_autoprobe")
    nic.fn.write("sriov_drivers_autoprobe", value)
    return defer(nic.fn.write, "sriov_drivers_autoprobe", old)


def _fresh(nic):
    nic.start()
    if nic.vfs:
        nic.set_vfs(0)


def _netdevs(nic, count):
    """Wait for the netdevs of all VFs; their names."""
    def found():
        names = [nic.vf(n).netdev() for n in range(count)]
        return names if all(names) else None

    return wait_until(found, f"{count} netdevs", 240, pause=0.5)


def bad_count(nic):
    """Invalid numbers: the PCI core refuses them, nothing changes."""
    _fresh(nic)
    _refused(nic, nic.vf_max + 1, errno.ERANGE)
    _refused(nic, -1, errno.EINVAL)
    _refused(nic, "x", errno.EINVAL)
    _refused(nic, 65536, errno.ERANGE, errno.EINVAL)
    nic.set_vfs(2)
    defer(nic.set_vfs, 0)
    _refused(nic, 3, errno.EBUSY)
    _refused(nic, 1, errno.EBUSY)
    _refused(nic, nic.vf_max + 1, errno.ERANGE)
    nic.set_vfs(2)
    _netdevs(nic, 2)
    ping(nic.pf, nic.peer)


def max_and_back(nic):
    """0, maximum, 0, 3, 0, 7, 0 while the PF moves data."""
    _fresh(nic)
    with Ping(nic.pf, nic.peer, 0.2), \
            Paced(nic.peer, nic.pf, gap=MAX_GAP) as stream:
        for count in (nic.vf_max, 3, 7):
            start = time.monotonic()
            nic.set_vfs(count)
            ksft_eq(nic.vfs, count)
            made = time.monotonic() - start
            _netdevs(nic, count)
            start = time.monotonic()
            nic.set_vfs(0)
            ksft_eq(nic.vfs, 0)
            ksft_pr(f"{count} VFs made in {made:.1f} s, "
                    f"gone in {time.monotonic() - start:.1f} s")
            stream.wait_moving()


def _cycles(nic, cycle, warm, count):
    """CYCLE again and again under traffic, without a memory leak."""
    for _ in range(warm):
        cycle()
    before = memory()
    with Ping(nic.pf, nic.peer, 0.2), \
            Paced(nic.pf, nic.peer, gap=MAX_GAP) as stream:
        for _ in range(count):
            cycle()
            stream.wait_moving(1)

    def grown():
        now = memory()
        return {name: now[name] - before[name] for name in now}

    def settled():
        return all(kib <= TOLERANCE[name] for name, kib in grown().items())

    with contextlib.suppress(TimeoutError):
        wait_until(settled, "memory", 20, pause=1)
    ksft_pr(f"memory after {count} cycles, KiB: {grown()}")
    ksft_true(settled(), "memory lost")
    ping(nic.pf, nic.peer)


def max_unbound(nic):
    """All VFs without a driver, again and again."""
    _fresh(nic)
    _autoprobe(nic, 0)

    def cycle():
        nic.set_vfs(nic.vf_max)
        nic.set_vfs(0)

    _cycles(nic, cycle, 1, CYCLES if FULL else 2)


def cycles(nic):
    """VFs and their netdevs, again and again."""
    _fresh(nic)

    def cycle():
        for count in (3, 7):
            nic.set_vfs(count)
            _netdevs(nic, count)
            nic.set_vfs(0)

    _cycles(nic, cycle, 3, CYCLES)


def autoprobe(nic):
    """sriov_drivers_autoprobe, both ways."""
    _fresh(nic)
    defer(nic.set_vfs, 0)
    set_back = _autoprobe(nic, 0)
    nic.set_vfs(3)
    ksft_eq([nic.vf(n).driver for n in range(3)], [None] * 3)
    nic.vf(1).probe()
    ksft_eq(nic.vf(1).driver, None)
    # but a driver that is named is bound
    nic.vf(2).override(nic.vf_driver)
    nic.vf(2).probe()
    ksft_eq(nic.vf(2).driver, nic.vf_driver)
    ksft_eq(nic.vf(0).driver, None)
    nic.vf_netdev(2)
    nic.set_vfs(0)
    set_back()
    nic.set_vfs(3)
    _netdevs(nic, 3)
    ksft_eq([nic.vf(n).driver for n in range(3)], [nic.vf_driver] * 3)


def vf_addresses(nic):
    """ip link set vf mac: valid addresses are shown, invalid ones refused."""
    _fresh(nic)
    count = 4
    nic.set_vfs(count)
    defer(nic.set_vfs, 0)
    ksft_eq([nic.vf_info(n)["vf"] for n in range(count)], list(range(count)))
    ksft_eq(nic.vf_info(count), None)
    for num in range(count):
        nic.set_vf_mac(num, vf_mac(num))
    shown = [nic.vf_info(n)["address"] for n in range(count)]
    ksft_eq(shown, [vf_mac(n) for n in range(count)])
    for num, mac in ((count, vf_mac(9)), (nic.vf_max, vf_mac(9)),
                     (100000, vf_mac(9)), (0, "01:00:5e:00:00:01"),
                     (0, "ff:ff:ff:ff:ff:ff")):
        with ksft_raises(CmdError) as caught:
            nic.set_vf_mac(num, mac)
        if caught.exception:
            ksft_in("Invalid argument", caught.exception.stderr,
                    f"vf {num} mac {mac}")
    ksft_eq([nic.vf_info(n)["address"] for n in range(count)], shown)
    nic.set_vf_mac(1, ZERO_MAC)
    nic.set_vf_mac(0, vf_mac(0))
    ksft_eq(nic.vf_info(0)["address"], vf_mac(0))
    ksft_eq(nic.vf_info(2)["address"], vf_mac(2))
    nic.pf.set("down")
    nic.start()
    ksft_eq(nic.vf_info(2)["address"], vf_mac(2), "after down and up")


def defaults_again(nic):
    """Settings of a VF are lost when the VF is removed."""
    _fresh(nic)
    nic.set_vfs(2)
    defer(nic.set_vfs, 0)
    nic.set_vf_mac(1, vf_mac(1))
    nic.set_vfs(0)
    nic.set_vfs(2)
    ksft_ne(nic.vf_info(1)["address"], vf_mac(1))


def all_netdevs(nic):
    """All VFs as netdevs, set up, though there are not enough vectors."""
    _fresh(nic)
    nic.set_vfs(nic.vf_max)
    defer(nic.set_vfs, 0)
    names = _netdevs(nic, nic.vf_max)
    links = {link["ifname"]: link["address"]
             for link in nic.host.ip("link show", parse=True)}
    ksft_eq(len({links[name] for name in names}), nic.vf_max,
            "addresses are not unique")
    # with statistics the list of VFs is longer than the limit of an attribute
    shown = nic.host.ip(f"link show dev {nic.pf.dev}").stdout
    ksft_eq(shown.count("\n    vf "), nic.vf_max)
    if nic.svnic:
        ksft_true(said("may tell of"), "a word about that")

    up = len(names)
    ups = "\n".join(f"link set dev {name} up" for name in names)
    done = nic.host.cmd(["sh", "-c", f"echo '{ups}' | ip -batch -"], fail=False,
                       timeout=900)
    if done.returncode:
        ksft_pr(done.stderr.strip())
        failed = re.search(r"Command failed -:(\d+)", done.stderr)
        up = int(failed[1]) - 1 if failed else 0
    ksft_ge(up, nic.vf_max if nic.svnic else min(8, nic.vf_max))
    shared = re.search(r"svnic-event-\S+, (\S+)-0$",
                       Path("/proc/interrupts").read_text(), re.M)
    if shared:
        # there are no vectors for more channels either: nothing changes
        before = nic.pf.ethtool("-l").stdout
        most = re.search(r"Combined:\s+(\d+)", before)[1]
        with ksft_raises(CmdError):
            nic.pf.ethtool("-L", f"combined {most}")
        ksft_eq(nic.pf.ethtool("-l").stdout, before)
        ksft_pr(f"{shared[1]} shares the vector of its events")
    # netdevs that are up work, with or without a vector of their own
    ping(nic.pf, nic.peer)
    with_ns = Netns("vf0")
    defer(with_ns.delete)
    for num in (0, names.index(shared[1]) if shared else nic.vf_max - 1):
        end = nic.vf_end(num, with_ns)
        ping(end, nic.peer)
        ping(end, nic.pf)


def eswitch(nic):
    """The only mode is shown, and another is refused with a reason."""
    nic.need_svnic("not its devlink")
    dev = f"pci/{nic.fn.bdf}"
    shown = nic.devlink(f"dev eswitch show {dev}", parse=True)
    ksft_eq(shown["dev"][dev]["mode"], "legacy")
    nic.devlink(f"dev eswitch set {dev} mode legacy")
    with ksft_raises(CmdError) as raised:
        nic.devlink(f"dev eswitch set {dev} mode switchdev")
    ksft_in("legacy mode only", str(raised.exception))


def pf_down_with_vfs(nic):
    """VFs work while the PF's netdev is down."""
    nic.need_svnic("its VFs need the PF up")
    _fresh(nic)
    nic.set_vfs(2)
    defer(nic.set_vfs, 0)
    ends = []
    for num in range(2):
        space = Netns(f"vf{num}")
        defer(space.delete)
        ends.append(nic.vf_end(num, space, vf_mac(num)))
    with Paced(ends[0], ends[1]) as local, \
            Paced(ends[0], nic.peer) as out:
        for _ in range(3):
            nic.pf.set("down")
            local.wait_moving()
            out.wait_moving()
            nic.pf.up()
            local.wait_moving()
    ping(nic.pf, ends[1])
    ksft_gt(local.bytes, 0)


if __name__ == "__main__":
    ksft_run([bad_count, max_and_back, max_unbound, cycles, autoprobe,
              vf_addresses, defaults_again, all_netdevs, eswitch,
              pf_down_with_vfs],
             setup=Nic)
