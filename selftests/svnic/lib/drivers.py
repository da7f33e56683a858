# SPDX-License-Identifier: GPL-2.0-only
"""Loading and unloading of drivers, and the name spaces of their netdevs."""

import contextlib
import functools
import itertools
import re

from .ksft import defer
from .nic import Function, Nic, vf_mac
from .node import Netns
from .traffic import MIB, Stream, ping, transfer
from .utils import cmd, wait_until

# bytes per second that leave CPU time for others where CPUs are emulated
RATE = 2 * MIB
Paced = functools.partial(Stream, rate=RATE)
_ports = itertools.count(5800)


def said(regex):
    """Lines of the kernel logs since the begin of the case that match."""
    return [line for line in cmd("lab-klog show").stdout.splitlines()
            if re.search(regex, line)]


@contextlib.contextmanager
def load(*pairs):
    """TCP between pairs of ends; the result is not checked."""
    procs = []
    try:
        for src, dst in pairs:
            port = next(_ports)
            server = dst.node.bkg(f"iperf3 -s -1 -p {port} --forceflush")
            procs.append(server)
            server.wait_line("Server listening", "stdout")
            before = src.counters()["tx_bytes"]
            procs.append(src.node.bkg(f"iperf3 -c {dst.v4} -p {port} -t 600 "
                                      f"-b {RATE * 8}"))
            wait_until(lambda s=src, b=before:
                       s.counters()["tx_bytes"] > b + MIB,
                       f"load from {src} to {dst}")
        yield
    finally:
        for proc in procs:
            proc.stop()


class Drivers:
    """The drivers of a NIC and its peer, and name spaces for two VFs."""

    def __init__(self):
        self.nic = nic = Nic()
        nic.need_svnic("not our drivers")
        self.pf, self.peer = nic.pf, nic.peer
        info = nic.peer.ethtool("-i").stdout
        self.peer_fn = Function(re.search(r"bus-info: (\S+)", info)[1])
        self.lib = "libsvnic"
        self.spaces = [Netns("vf0"), Netns("vf1")]
        self.home()
        for space in self.spaces:
            defer(space.delete)
        defer(nic.set_vfs, 0)

    def unload(self, *modules):
        """rmmod MODULES, in this order."""
        for module in modules:
            cmd(f"rmmod {module}")

    def load(self, *modules):
        """modprobe MODULES, in this order, and set up all ports again."""
        for module in modules:
            cmd(f"modprobe {module}")
        self.home()

    def home(self):
        """Move the new netdevs of both ports to their name spaces, set them
        up."""
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
        """Two new VFs, each in a name space, up."""
        self.nic.set_vfs(0)
        self.nic.set_vfs(2)
        for num in range(2):
            self.nic.set_vf_mac(num, vf_mac(num))
        return [self.vf(num) for num in range(2)]

    def vf(self, num):
        """The new netdev of a VF, in its name space, up."""
        return self.nic.vf_end(num, self.spaces[num])

    def works(self, *vfs):
        """Check that traffic flows between the ports and VFs."""
        ping(self.pf, self.peer)
        for end in vfs:
            ping(end, self.pf)
            ping(self.peer, end)
        if len(vfs) > 1:
            ping(*vfs)
        transfer(self.peer, vfs[0] if vfs else self.pf, 4 * MIB)
