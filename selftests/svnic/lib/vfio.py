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
    with contextlib.ExitStack() as stack:
        # the driver that it had is back in the end
        stack.callback(fn.probe)
        stack.callback(fn.override, None)
        fn.override("vfio-pci")
        if fn.driver:
            fn.unbind()
        fn.probe()
        stack.callback(fn.unbind)

        def opened(name):
            fd = os.open(f"/dev/vfio/{name}", os.O_RDWR)
            stack.callback(os.close, fd)
            return fd

        container = opened("vfio")
        group = opened(os.path.basename(os.readlink(fn.path / "iommu_group")))
        fcntl.ioctl(group, SET_CONTAINER, struct.pack("=i", container))
        fcntl.ioctl(container, SET_IOMMU, TYPE1)
        # what is returned is the descriptor only for a buffer that can change
        stack.callback(os.close, fcntl.ioctl(
            group, GET_DEVICE_FD, bytearray(fn.bdf.encode() + b"\0")))
        yield
