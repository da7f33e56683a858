# SPDX-License-Identifier: GPL-2.0-only
"""Drivers that go and come, and where their netdevs belong."""

import contextlib
import re

from .nic import Function, vf_mac
from .node import Netns
from .traffic import MIB, Stream, ping, transfer
from .utils import cmd


def said(regex):
    """Lines of the kernel logs, since the case began, that match."""
    return [line for line in cmd("lab-klog show").stdout.splitlines()
            if re.search(regex, line)]


@contextlib.contextmanager
def load(*pairs):
    """Streams between pairs of ends; nobody asks what became of them."""
    streams = [Stream(src, dst) for src, dst in pairs]
    try:
        for stream in streams:
            stream.wait_moving()
        yield streams
    finally:
        for stream in streams:
            stream.abandon()


class Drivers:
    """The drivers of a NIC and its peer."""

    def __init__(self, nic):
        self.nic = nic
        info = nic.peer.ethtool("-i").stdout
        self.peer_fn = Function(re.search(r"bus-info: (\S+)", info)[1])
        self.lib = "libsvnic"
        self.spaces = [Netns("vf0"), Netns("vf1")]

    def __str__(self):
        return "drivers"

    def unload(self, *modules):
        """rmmod MODULES, in this order."""
        for module in modules:
            cmd(f"rmmod {module}")

    def load(self, *modules):
        """modprobe MODULES, in this order, and have all ports back."""
        for module in modules:
            cmd(f"modprobe {module}")
        self.home()

    def home(self):
        """New netdevs of both ports go where the old ones were, and up."""
        nic = self.nic
        dev = self.peer_fn.netdev()
        if dev:
            cmd(f"ip link set dev {dev} netns {nic.peer_ns.name} "
                f"name {nic.peer.dev}")
        dev = nic.fn.netdev()
        if dev and dev != nic.pf.dev:
            cmd(f"ip link set dev {dev} name {nic.pf.dev}")
        if dev:
            nic.start()

    def vfs(self):
        """Two VFs, made if there are none, each in a name space, up."""
        if not self.nic.vfs:
            self.nic.set_vfs(2)
        for num in range(2):
            self.nic.set_vf_mac(num, vf_mac(num))
        return [self.vf(num) for num in range(2)]

    def vf(self, num):
        """The new netdev of a VF, in its name space, up."""
        return self.nic.vf_end(num, self.spaces[num])

    def works(self, *vfs):
        """Traffic flows between the ports and VFs."""
        pf, peer = self.nic.pf, self.nic.peer
        ping(pf, peer)
        transfer(peer, pf, 4 * MIB)
        for end in vfs:
            ping(end, pf)
            ping(peer, end)
            transfer(end, peer, 4 * MIB)
        if len(vfs) > 1:
            ping(*vfs)
