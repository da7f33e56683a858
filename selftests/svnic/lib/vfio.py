# SPDX-License-Identifier: GPL-2.0-only
"""A function that a user of VFIO has, as a guest would."""

import contextlib
import fcntl
import os
import struct

from .utils import cmd

SET_IOMMU, SET_CONTAINER, GET_DEVICE_FD = 0x3b66, 0x3b68, 0x3b6a
TYPE1 = 1


@contextlib.contextmanager
def held(fn):
    """A Function of the NIC is bound to vfio-pci and open meanwhile."""
    cmd("modprobe vfio-pci")
    fn.override("vfio-pci")
    if fn.driver:
        fn.unbind()
    fn.probe()
    group = os.path.basename(os.readlink(fn.path / "iommu_group"))
    fds = [os.open(f"/dev/vfio/{name}", os.O_RDWR) for name in ("vfio", group)]
    try:
        fcntl.ioctl(fds[1], SET_CONTAINER, struct.pack("=i", fds[0]))
        fcntl.ioctl(fds[0], SET_IOMMU, TYPE1)
        # what is returned is the descriptor only for a buffer that can change
        fds.append(fcntl.ioctl(fds[1], GET_DEVICE_FD,
                               bytearray(fn.bdf.encode() + b"\0")))
        yield
    finally:
        for fd in reversed(fds):
            os.close(fd)
        fn.unbind()
        fn.override(None)
