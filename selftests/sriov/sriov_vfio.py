#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
A VF that a program in user space used by VFIO, after the end of the program.
"""

import fcntl
import os
import signal
import struct
from pathlib import Path

from lib.py import ksft_run, ksft_exit
from lib.py import ksft_eq
from lib.py import KsftSkipEx
from lib.py import NetDrvEpEnv
from lib.py import cmd, defer
from sriov_lib import Remote
from sriov_lib import make_vfs, sysfs_write, vf_mac, works

VFIO_SET_IOMMU = 0x3b66
VFIO_GROUP_GET_STATUS = 0x3b67
VFIO_GROUP_SET_CONTAINER = 0x3b68
VFIO_GROUP_GET_DEVICE_FD = 0x3b6a
VFIO_DEVICE_GET_REGION_INFO = 0x3b6c
VFIO_TYPE1_IOMMU = 1
VFIO_PCI_CONFIG_REGION = 7
PCI_COMMAND, PCI_COMMAND_MEMORY_MASTER = 4, 6


def _use(pci):
    """ Open a device and enable it, as a driver in user space does """
    group = os.path.basename(os.readlink(pci / "iommu_group"))
    container = os.open("/dev/vfio/vfio", os.O_RDWR)
    group_fd = os.open(f"/dev/vfio/{group}", os.O_RDWR)
    status = bytearray(struct.pack("=II", 8, 0))
    fcntl.ioctl(group_fd, VFIO_GROUP_GET_STATUS, status)
    if not struct.unpack("=II", status)[1] & 1:
        raise KsftSkipEx("the IOMMU group of a VF has others in it")
    fcntl.ioctl(group_fd, VFIO_GROUP_SET_CONTAINER,
                struct.pack("=i", container))
    fcntl.ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU)
    # ioctl() returns the descriptor only with a buffer that can change
    dev = fcntl.ioctl(group_fd, VFIO_GROUP_GET_DEVICE_FD,
                      bytearray(pci.name.encode() + b"\0"))
    return container, group_fd, dev


def _config_offset(dev):
    info = bytearray(struct.pack("=IIIIQQ", 32, 0, VFIO_PCI_CONFIG_REGION,
                                 0, 0, 0))
    fcntl.ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, info)
    return struct.unpack("=IIIIQQ", info)[5]


def _user(pci, ready):
    dev = _use(pci)[2]
    os.pwrite(dev, struct.pack("<H", PCI_COMMAND_MEMORY_MASTER),
              _config_offset(dev) + PCI_COMMAND)
    os.write(ready, b"1")
    while True:
        signal.pause()


def _bind(vf, driver):
    sysfs_write(vf.pci / "driver_override", driver or "\n")
    if vf.driver():
        vf.unbind()
    vf.bind()


def _run_and_kill(pci):
    """ A program that uses the device until it is killed """
    ready, child_ready = os.pipe()
    pid = os.fork()
    if not pid:
        # the child must not run code of the parent
        try:
            os.close(ready)
            _user(pci, child_ready)
        except BaseException as exc:
            os.write(child_ready, f"0{exc}".encode())
        finally:
            os._exit(1)
    os.close(child_ready)
    said = os.read(ready, 1000).decode()
    os.close(ready)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return said


def killed_user(cfg):
    """ After its user was killed, a VF works for the next one as new """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    if not vf.driver():
        raise KsftSkipEx("VFs have no driver on this host")
    driver = vf.driver()
    vf.vf_set(f"mac {vf_mac(0)}")
    before = vf.info()
    cmd("modprobe vfio-pci", fail=False)
    if not Path("/sys/bus/pci/drivers/vfio-pci").exists() or \
       not (vf.pci / "iommu_group").exists():
        raise KsftSkipEx("no vfio-pci or no IOMMU here")
    defer(_bind, vf, None)
    for _ in range(2):
        _bind(vf, "vfio-pci")
        ksft_eq(vf.driver(), "vfio-pci")
        said = _run_and_kill(vf.pci)
        if said != "1":
            raise KsftSkipEx(f"VFIO does not work here: {said[1:]}")
        _bind(vf, None)
        ksft_eq(vf.driver(), driver)
        ksft_eq(vf.info(), before)
        ksft_eq(vf.up().mac, vf_mac(0))
        works(vf, remote, wire, "after its user was killed")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([killed_user], args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
