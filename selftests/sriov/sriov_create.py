#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
VFs are created and removed by sriov_numvfs.
"""

import errno
import time

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_eq, ksft_in, ksft_lt, ksft_ne, ksft_raises
from lib.py import KsftSkipEx
from lib.py import NetDrvEpEnv
from lib.py import cmd, defer
from sriov_lib import Local, Remote
from sriov_lib import DEADLINE, make_vfs, max_vfs, num_vfs, passes, \
    set_num_vfs, sriov_attr, sysfs_write, vf_infos, vf_mac, works

TURNS, MOST_TURNS = 3, 10


def _refused(cfg, count, *errors):
    before = num_vfs(cfg)
    with ksft_raises(OSError) as cm:
        sysfs_write(sriov_attr(cfg, "numvfs"), count)
    if isinstance(cm.exception, OSError):
        ksft_in(cm.exception.errno, errors, f"sriov_numvfs {count}")
    ksft_eq(num_vfs(cfg), before)


def _autoprobe(cfg, val):
    attr = sriov_attr(cfg, "drivers_autoprobe")
    if not attr.exists():
        raise KsftSkipEx("the kernel has no sriov_drivers_autoprobe")
    defer(sysfs_write, attr, attr.read_text(encoding="ascii").strip())
    sysfs_write(attr, val)


def _timed(cfg, count):
    start = time.monotonic()
    set_num_vfs(cfg, count)
    return time.monotonic() - start


def max_and_back(cfg):
    """
    None, as many as there can be, none, a quarter, none; four times the VFs
    take about four times the time, not sixteen
    """
    count = max_vfs(cfg)
    few = max(count // 4, 1)
    _autoprobe(cfg, 0)
    make_vfs(cfg, 1)
    set_num_vfs(cfg, 0)
    took = {}

    def turn(part):
        made = _timed(cfg, part)
        ksft_eq(num_vfs(cfg), part)
        ksft_eq([info["vf"] for info in vf_infos(cfg)], list(range(part)))
        gone = _timed(cfg, 0)
        ksft_eq((num_vfs(cfg), vf_infos(cfg)), (0, []))
        ksft_pr(f"{part} VFs made in {made:.2f} s, gone in {gone:.2f} s")
        took[part] = min(took.get(part, made), made)

    # 4 is linear; a constant part makes it less, a busy machine more, but not
    # in all turns
    # all turns
    for number in range(MOST_TURNS):
        turn(count)
        turn(few)
        if number >= TURNS - 1 and took[count] < 8 * took[few]:
            break
    ksft_lt(took[count], DEADLINE)
    if count >= 16:
        ksft_lt(took[count], 8 * took[few])


def invalid_counts(cfg):
    """ Invalid numbers: the PCI core's errors, nothing changes """
    make_vfs(cfg, 1)
    for count, errors in ((max_vfs(cfg) + 1, (errno.ERANGE,)),
                          (65536, (errno.ERANGE, errno.EINVAL)),
                          (-1, (errno.EINVAL,)),
                          ("x", (errno.EINVAL,))):
        _refused(cfg, count, *errors)


def busy_while_there_are_vfs(cfg):
    """ Another number than the present one: EBUSY, and the VFs stay """
    remote = Remote(cfg)
    vfs = make_vfs(cfg, 2)
    wire = remote.watch()
    vf = vfs[0].up()
    if max_vfs(cfg) > 2:
        _refused(cfg, 3, errno.EBUSY)
    _refused(cfg, 1, errno.EBUSY)
    set_num_vfs(cfg, 2)
    works(vf, remote, wire, "after all that")


def autoprobe_off(cfg):
    """ Without autoprobe VFs have no driver until one is named """
    remote = Remote(cfg)
    driver = make_vfs(cfg, 1)[0].driver()
    if not driver:
        raise KsftSkipEx("VFs have no driver on this host")
    _autoprobe(cfg, 0)
    vfs = make_vfs(cfg, 2)
    ksft_eq([vf.driver() for vf in vfs], [None, None])
    vfs[1].vf_set(f"mac {vf_mac(1)}")
    sysfs_write(vfs[1].pci / "driver_override", driver)
    vfs[1].bind()
    ksft_eq(vfs[0].driver(), None)
    vf = vfs[1].up()
    ksft_eq(vf.mac, vf_mac(1))
    works(vf, remote, remote.watch(), "bound by hand")


def created_vfs_are_there_at_once(cfg):
    """ After the write to sriov_numvfs all VFs can be set and used """
    count = min(8, max_vfs(cfg))
    for _ in range(3):
        vfs = make_vfs(cfg, count)
        for vf in vfs:
            ksft_eq(vf.try_set(f"mac {vf_mac(vf.num)}").ret, 0, f"{vf}")
        ksft_eq([info["address"] for info in vf_infos(cfg)],
                [vf_mac(num) for num in range(count)])
        if not vfs[0].driver():
            raise KsftSkipEx("VFs have no driver on this host")
        names = {vf.host_ifname() for vf in vfs}
        ksft_eq(len(names), count)
        for name in names:
            ksft_eq(cmd(f"ip link show dev {name}", fail=False).ret, 0)


def netif_works_meanwhile(cfg):
    """ NETIF moves frames while the number of VFs changes """
    remote = Remote(cfg)
    wire = remote.watch()
    netif = Local(cfg)
    for count in (2, 0, 1, 0):
        if count:
            make_vfs(cfg, count)
        else:
            set_num_vfs(cfg, 0)
        passes(netif, remote, wire, f"{count} VFs")
        passes(remote, netif, netif.watch(), f"{count} VFs")


def no_such_vf(cfg):
    """ The number of a VF that does not exist is refused """
    def refused(num):
        res = cmd(f"ip link set dev {cfg.ifname} vf {num} mac {vf_mac(9)}",
                  fail=False)
        ksft_ne(res.ret, 0, f"VF {num} was set")

    make_vfs(cfg, 1)
    for num in (1, max_vfs(cfg), 65536, 2**31 - 2):
        refused(num)
    ksft_eq(len(vf_infos(cfg)), 1)
    set_num_vfs(cfg, 0)
    refused(0)
    ksft_eq(vf_infos(cfg), [])


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([max_and_back, invalid_counts, busy_while_there_are_vfs,
                  autoprobe_off, created_vfs_are_there_at_once,
                  netif_works_meanwhile, no_such_vf],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
