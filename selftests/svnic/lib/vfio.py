# SPDX-License-Identifier: GPL-2.0-only
"""A function that a user of VFIO holds, as a VMM does for a guest."""

import contextlib
import fcntl
import os
import struct

from .utils import cmd

SET_IOMMU, SET_CONTAINER, GET_DEVICE_FD = 0x3b66, 0x3b68, 0x3b6a
TYPE1 = 1


@contextlib.contextmanager
def held(fn):
    """A Function of the NIC is bound to vfio-pci and open in this context."""
    cmd("modprobe vfio-pci")
    with contextlib.ExitStack() as stack:
        # bind the previous driver again at the end
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
        # ioctl() returns the descriptor only with a buffer that can be changed
        stack.callback(os.close, fcntl.ioctl(
            group, GET_DEVICE_FD, bytearray(fn.bdf.encode() + b"\0")))
        yield
