# SPDX-License-Identifier: GPL-2.0-only
"""The NIC under test: its PF, the peer on the wire, its VFs.

Found in the environment: SVNIC_PF, SVNIC_BDF, SVNIC_PEER, SVNIC_PEER_NS.
"""

import json
import os
from pathlib import Path

from .ksft import KsftSkip
from .node import End, Netns, Node
from .utils import cmd, wait_until

SYS = Path("/sys/bus/pci/devices")
DRIVERS = Path("/sys/bus/pci/drivers")
# root ports of bus 0 behind which run.sh puts a NIC with a slow link, and its
# peer
SLOW = (0x18, 0x19)


def write(path, text):
    """Write to a file of sysfs; raises the kernel's error as OSError."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, str(text).encode())
    finally:
        os.close(fd)


class Function:
    """A PCI function."""

    def __init__(self, bdf):
        self.bdf = bdf
        self.path = SYS / bdf

    def read(self, name):
        """An attribute."""
        return (self.path / name).read_text().strip()

    def write(self, name, value):
        """Set an attribute."""
        write(self.path / name, value)

    @property
    def driver(self):
        """Name of the driver it is bound to, or None."""
        link = self.path / "driver"
        return os.path.basename(os.readlink(link)) if link.exists() else None

    def netdev(self):
        """Its netdev in the present name space, or None."""
        try:
            return next(iter(os.listdir(self.path / "net")), None)
        except FileNotFoundError:
            return None

    def unbind(self):
        """Take the driver away."""
        write(self.path / "driver/unbind", self.bdf)

    def probe(self):
        """Let the PCI core bind a driver."""
        write("/sys/bus/pci/drivers_probe", self.bdf)

    def override(self, driver):
        """Only DRIVER may bind; None: any driver that fits."""
        self.write("driver_override", driver or "\n")


class Nic:
    """The NIC, with its PF up at one end of the wire and the peer at the
    other."""

    def __init__(self, env=os.environ):
        if not env.get("SVNIC_PF"):
            raise KsftSkip("SVNIC_PF is not set: no NIC to test")
        self.fn = Function(env["SVNIC_BDF"])
        self.pf_driver = self.fn.driver
        self.vf_driver = env.get("SVNIC_VF_DRIVER")
        # done by udev elsewhere
        if self.vf_driver:
            cmd(f"modprobe {self.vf_driver}")
        self.svnic = self.pf_driver == "svnic"
        self.host = Node()
        self.peer_ns = Netns(env["SVNIC_PEER_NS"])
        self.pf = End(self.host, env["SVNIC_PF"], 1, "pf")
        self.peer = End(self.peer_ns, env["SVNIC_PEER"], 2, "peer")
        self.vf_max = int(self.fn.read("sriov_totalvfs"))
        self.set_vfs(0)
        self.pf.down()
        self.peer.down()

    def start(self, mtu=1500):
        """Both ends of the wire up."""
        self.pf.up(mtu)
        self.peer.up(mtu)
        return self

    def need_svnic(self, why):
        """Skip the case on NICs of other vendors."""
        if not self.svnic:
            raise KsftSkip(f"{self.pf_driver}: {why}")

    def devlink(self, args, parse=False):
        """devlink(8); with PARSE its JSON as Python objects."""
        done = cmd(f"devlink {'-j ' if parse else ''}{args}")
        return json.loads(done.stdout or "{}") if parse else done

    # VFs

    @property
    def vfs(self):
        """Number of VFs."""
        return int(self.fn.read("sriov_numvfs"))

    def set_vfs(self, count):
        """Create this number of VFs (from none, as the PCI core requires)."""
        self.fn.write("sriov_numvfs", count)

    def vf(self, num):
        """The PCI function of VF NUM."""
        return Function(os.path.basename(
            os.readlink(self.fn.path / f"virtfn{num}")))

    def vf_netdev(self, num):
        """The netdev of VF NUM; waits for it."""
        return wait_until(lambda: self.vf(num).netdev(), f"netdev of VF {num}")

    def vf_info(self, num):
        """The entry of VF NUM in ip link show PF."""
        for info in self.pf.link()["vfinfo_list"]:
            if info["vf"] == num:
                return info
        return None

    def set_vf_mac(self, num, mac, fail=True):
        """ip link set PF vf NUM mac MAC."""
        return cmd(f"ip link set dev {self.pf.dev} vf {num} mac {mac}",
                   fail=fail)

    def set_vf_vlan(self, num, vid):
        """ip link set PF vf NUM vlan VID."""
        cmd(f"ip link set dev {self.pf.dev} vf {num} vlan {vid}")

    def set_vf_trust(self, num, trust):
        """ip link set PF vf NUM trust on|off."""
        cmd(f"ip link set dev {self.pf.dev} vf {num} trust "
            f"{'on' if trust else 'off'}")

    def vf_end(self, num, ns=None, mac=None):
        """VF NUM as a netdev in name space NS, up, with addresses."""
        if mac:
            self.set_vf_mac(num, mac)
        dev = self.vf_netdev(num)
        if ns:
            cmd(f"ip link set dev {dev} netns {ns.name}")
        return End(ns or self.host, dev, 10 + num, f"vf{num}").up()


def slow_nic():
    """The NIC with a link that an emulated machine can fill, its peer in a
    name space."""
    fns = [Function(path.parent.name) for slot in SLOW for path in
           SYS.glob(f"0000:00:{slot:02x}.0/0000:*/vendor")]
    if len(fns) != len(SLOW):
        raise KsftSkip("no NIC with a slow link here")
    space = Netns("slow")
    peer = fns[1].netdev()
    cmd(f"ip link set dev {peer} netns {space.name}")
    return Nic({"SVNIC_PF": fns[0].netdev(), "SVNIC_BDF": fns[0].bdf,
                "SVNIC_VF_DRIVER": os.environ.get("SVNIC_VF_DRIVER"),
                "SVNIC_PEER": peer, "SVNIC_PEER_NS": space.name})


def vf_mac(num):
    """A station address for VF NUM."""
    return f"02:5e:00:00:00:{num:02x}"
