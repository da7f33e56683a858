#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
MSI-X vectors of VFs: sriov_vf_total_msix and sriov_vf_msix_count.
"""

import errno
import os
import struct

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_eq, ksft_ge, ksft_gt, ksft_in, ksft_raises
from lib.py import KsftSkipEx
from lib.py import NetDrvEpEnv
from sriov_lib import Remote
from sriov_lib import make_vfs, sriov_attr, sysfs_write, works

PCI_CAPABILITY_LIST = 0x34
PCI_CAP_ID_MSIX = 0x11
PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_QSIZE = 2, 0x7ff


def _total(cfg):
    attr = sriov_attr(cfg, "vf_total_msix")
    total = int(attr.read_text(encoding="ascii")) if attr.exists() else 0
    if not total:
        raise KsftSkipEx("the driver has no pool of vectors for VFs")
    return total


def _vf(cfg):
    _total(cfg)
    vf = make_vfs(cfg, 2)[0]
    if not (vf.pci / "sriov_vf_msix_count").exists():
        raise KsftSkipEx("VFs have no sriov_vf_msix_count")
    return vf


def _set(vf, count):
    sysfs_write(vf.pci / "sriov_vf_msix_count", count)


def _refused(vf, count, *errors):
    before = _table_size(vf)
    with ksft_raises(OSError) as cm:
        _set(vf, count)
    if isinstance(cm.exception, OSError):
        ksft_in(cm.exception.errno, errors, f"sriov_vf_msix_count {count}")
    ksft_eq(_table_size(vf), before)


def _table_size(vf):
    """ The table size in the MSI-X capability of the VF """
    config = (vf.pci / "config").read_bytes()
    pos = config[PCI_CAPABILITY_LIST]
    while pos and config[pos] != PCI_CAP_ID_MSIX:
        pos = config[pos + 1]
    if not pos:
        raise KsftSkipEx("VFs have no MSI-X capability")
    flags = struct.unpack_from("<H", config, pos + PCI_MSIX_FLAGS)[0]
    return (flags & PCI_MSIX_FLAGS_QSIZE) + 1


def _vectors_used(vf):
    irqs = vf.pci / "msi_irqs"
    return len(os.listdir(irqs)) if irqs.exists() else 0


def _bound_with(vf, count):
    """ Give an unbound VF @count vectors and a driver; returns those used """
    if vf.driver():
        vf.unbind()
    _set(vf, count)
    vf.bind()
    vf.up()
    return _vectors_used(vf)


def count_of_unbound_vf(cfg):
    """ A VF uses not more vectors than it was given, and works """
    remote = Remote(cfg)
    vf = _vf(cfg)
    wire = remote.watch()
    vf.up()
    used = _vectors_used(vf)
    ksft_pr(f"{_table_size(vf)} vectors by default, {used} in use, "
            f"{_total(cfg)} for all VFs")
    for count in (2, 3):
        used = _bound_with(vf, count)
        ksft_gt(used, 0)
        ksft_ge(count, used)
        works(vf, remote, wire, f"{count} vectors")


def zero_is_the_default(cfg):
    """ 0 gives a VF the initial number """
    vf = _vf(cfg)
    vf.up()
    used = _vectors_used(vf)
    if used <= 2:
        raise KsftSkipEx("VFs use too few vectors to tell")
    ksft_ge(2, _bound_with(vf, 2))
    ksft_eq(_bound_with(vf, 0), used)


def count_is_the_table_size(cfg):
    """ The MSI-X capability shows a guest the right number """
    vf = _vf(cfg)
    if vf.driver():
        vf.unbind()
    for count in (2, 3):
        _set(vf, count)
        ksft_eq(_table_size(vf), count)


def busy_while_bound(cfg):
    """ The vectors of a VF with a driver cannot change """
    vf = _vf(cfg)
    if not vf.driver():
        raise KsftSkipEx("VFs have no driver on this host")
    _refused(vf, 2, errno.EBUSY)


def too_many_are_refused(cfg):
    """ More than there are, or a negative number """
    vf = _vf(cfg)
    if vf.driver():
        vf.unbind()
    _refused(vf, _total(cfg) + 1, errno.EINVAL, errno.ERANGE, errno.ENOSPC,
             errno.EOPNOTSUPP)
    _refused(vf, 4096, errno.EINVAL, errno.ERANGE, errno.ENOSPC,
             errno.EOPNOTSUPP)
    _refused(vf, -1, errno.EINVAL)


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([count_of_unbound_vf, zero_is_the_default,
                  count_is_the_table_size, busy_while_bound,
                  too_many_are_refused],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
