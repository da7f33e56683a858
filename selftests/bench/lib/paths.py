# SPDX-License-Identifier: GPL-2.0-only
"""The compared kinds of networking between a guest and the wire.

Each path has NICs of its own with a peer behind the wire, in a network name
space; run.sh puts them behind these root ports of bus 0. All guests have the
same kernel, memory, and one CPU.
"""

import os

from svnic.lib.nic import Function, SYS, vf_mac
from svnic.lib.node import End, Guest, Netns, Node
from svnic.lib.utils import cmd, run, wait_until

from .remote import Agent

GUEST_MEM = 256
GUEST_CPUS = 1
# root ports of the NICs of the bridge, the macvtaps and igb, each with its peer
# in the next slot
BRIDGE_SLOT, MACVTAP_SLOT, IGB_SLOTS = 0x14, 0x16, (0x1a, 0x1c)
BRIDGE = "br-bench"
# igb has at most seven VFs: eight guests use both ports of the card
PORT_VFS = 4
FIRST = 10


class BenchGuest(Guest):
    """A guest that is paused while others are measured."""

    def __init__(self, name, *nic):
        super().__init__(name, mem=GUEST_MEM)
        self.args += [*nic, "--cpus", str(GUEST_CPUS)]


def pause(guests):
    """Stop the CPUs of these guests."""
    if guests:
        run(["lab-guest", "pause"], [guest.name for guest in guests])


def resume(guests):
    """Continue them."""
    if guests:
        run(["lab-guest", "resume"], [guest.name for guest in guests])


class Path:
    """A path between guests and the wire.

    .guests boot one after another; .ends has the netdevs of those that have
    booted.
    """

    name = None
    config = None
    # True if the NIC counts its work, and shows it at the ends
    counts = False

    def __init__(self, count):
        self.guests = []
        self.ends = []
        self.peers = []
        self.agents = {}
        self.set_up(count)

    def set_up(self, count):
        """Set up NICs, bridges, VFs for COUNT guests."""
        raise NotImplementedError

    def join(self, guest):
        """The netdev of a guest that has booted, set up."""
        num = self.guests.index(guest)
        end = End(guest, guest.dev, FIRST + num, guest.name).up()
        # start it now, since later the CPU has no time
        self.agent(end).read("net")
        self.ends.append(end)

    def peer(self, num):
        """The peer of guest NUM, on the same port."""
        return self.peers[num // PORT_VFS % len(self.peers)]

    def agent(self, end):
        """The agent that reads an end's counters."""
        agent = self.agents.get(end)
        if agent is None or agent.proc.poll() is not None:
            agent = self.agents[end] = Agent(end)
        return agent

    def close(self):
        """Stop the guests, and the programs at their peers."""
        for guest in self.guests:
            if guest.runs():
                guest.kill()
        for agent in self.agents.values():
            agent.stop()


def _pair(slot, space):
    """PCI function and netdev of the NIC in SLOT, and its peer, in a name space
    of its own and up."""
    fns = [Function(path.parent.name) for at in (slot, slot + 1)
           for path in SYS.glob(f"0000:00:{at:02x}.0/0000:*/vendor")]
    if len(fns) != 2:
        raise RuntimeError(f"slot {slot:#x}: no pair of NICs")
    dev = fns[1].netdev()
    peer = End(Netns(space), dev, 2, space)
    cmd(f"ip link set dev {dev} netns {space}")
    return fns[0], End(Node(), fns[0].netdev(), 1), peer.up()


class Svnic(Path):
    """A VF by VFIO."""

    name = "svnic"
    config = ("VF of the SV-NIC by VFIO, svnicvf; queues, moderation and "
              "offloads as the driver has them")
    counts = True

    def __init__(self, count, nic):
        self.nic = nic
        super().__init__(count)

    def set_up(self, count):
        self.nic.fn.write("sriov_drivers_autoprobe", 0)
        self.nic.set_vfs(count)
        for num in range(count):
            self.nic.set_vf_mac(num, vf_mac(num))
        self.guests = [BenchGuest(f"{self.name}{num}", "--vf", str(num))
                       for num in range(count)]
        self.peers = [self.nic.peer]


class Host(Path):
    """The PF, in the host."""

    name = "host"
    config = "PF of the SV-NIC in the lab host, svnic; no guest"
    counts = True

    def __init__(self, _count, nic):
        super().__init__(0)
        self.ends = [nic.pf]
        self.peers = [nic.peer]

    def set_up(self, count):
        pass


class Igb(Path):
    """A VF by VFIO, of an emulated 82576."""

    name = "igb"
    config = ("VF of QEMU's igb by VFIO, igbvf; guests 1 to 4 on the first "
              "port, 5 to 8 on the second; offloads as the driver has them")

    def set_up(self, count):
        cmd("modprobe igb")
        fns = []
        for slot in IGB_SLOTS[:1 + (count > PORT_VFS)]:
            fn, port, peer = _pair(slot, f"igb{len(fns)}")
            vfs = min(PORT_VFS, count - PORT_VFS * len(fns))
            fn.write("sriov_drivers_autoprobe", 0)
            port.set("up")
            fn.write("sriov_numvfs", vfs)
            for num in range(vfs):
                mac = vf_mac(0x80 + len(self.guests))
                cmd(f"ip link set dev {port.dev} vf {num} mac {mac}")
                bdf = os.path.basename(os.readlink(fn.path / f"virtfn{num}"))
                self.guests.append(BenchGuest(
                    f"{self.name}{len(self.guests)}", "--bdf", bdf))
            wait_until(port.carrier, f"link of {port}")
            fns.append(fn)
            self.peers.append(peer)


class Bridge(Path):
    """virtio-net, vhost and a bridge."""

    name = "virtio"
    config = ("virtio-net with vhost-net, tap and a bridge on the PF of an "
              "SV-NIC; offloads on")

    def set_up(self, count):
        _, port, peer = _pair(BRIDGE_SLOT, self.name)
        self.peers = [peer]
        cmd(f"ip link add {BRIDGE} up type bridge")
        port.set(f"master {BRIDGE} up")
        wait_until(port.carrier, f"link of {port}")
        self.guests = [BenchGuest(f"{self.name}{num}", "--nic",
                                  f"virtio:{BRIDGE}") for num in range(count)]


class Macvtap(Path):
    """virtio-net, vhost and macvtap."""

    name = "macvtap"
    config = ("virtio-net with vhost-net and macvtap, mode bridge, on the PF "
              "of an SV-NIC; offloads on")

    def set_up(self, count):
        _, port, peer = _pair(MACVTAP_SLOT, self.name)
        self.peers = [peer]
        port.set("up")
        wait_until(port.carrier, f"link of {port}")
        self.guests = [BenchGuest(f"{self.name}{num}", "--nic",
                                  f"macvtap:{port.dev}")
                       for num in range(count)]


PATHS = {cls.name: cls for cls in (Svnic, Igb, Bridge, Macvtap, Host)}


def build(name, count, nic):
    """A path for COUNT guests, none of which has booted; NIC is the first pair
    of SV-NICs."""
    return PATHS[name](count, *([nic] if PATHS[name].counts else []))
