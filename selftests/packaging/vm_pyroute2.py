# SPDX-License-Identifier: GPL-2.0-or-later
"""In a machine of svnic-vm: the maximum number of VFs, and pods by pyroute2.

ip, pyroute2 and libvirt find all VFs. Some of them have a netdev. A pod sets
attributes of such a VF, moves its netdev into a network name space and uses it
there. At its end all of that is undone, for every third pod after its name
space was removed. The VF must be as before then.
"""

import copy
import json
import re
import time
import xml.etree.ElementTree as ET

from pyroute2 import IPRoute, NetNS, netns
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from vm_machine import FULL, Pf, bind, run, wait_until

VFS = 248
# number of VFs that Linux 6.12 can show with counters (Documentation/svnic.rst)
WHOLE = 221
# RTEXT_FILTER_VF, _SKIP_STATS
VF, NO_COUNTERS = 1, 8
# VFs with a netdev
PROBED = 0, 127, 128, VFS - 1
TURNS = 120 if FULL else 12
# The kernel's structure ends with two bytes of padding, which pyroute2 0.7
# lacks; Linux 6.9 and newer accept it only with them.
VLAN = ifinfmsg.vflist.vfinfo.vf_vlist.ivvi
VLAN.fields = (*VLAN.fields, ("__pad", "2x"))
POD, NAME, MTU = "pod", "net1", 1400
Q, AD = 0x8100, 0x88a8
ENABLE, DISABLE = 1, 2
MAC = "02:5e:00:00:08:01"
# attributes that pods set
WANTED = (
    {},
    {"vlan": [{"vlan": 9, "qos": 0, "proto": Q}]},
    {"vlan": [{"vlan": 9, "qos": 3, "proto": Q}]},
    {"vlan": [{"vlan": 9, "qos": 3, "proto": AD}]},
    {"mac": MAC},
    {"rate": {"min_tx_rate": 0, "max_tx_rate": 100}},
    {"rate": {"min_tx_rate": 50, "max_tx_rate": 100}},
    {"spoofchk": 0},
    {"trust": 1},
    {"link_state": ENABLE},
    {"link_state": DISABLE},
    {"mac": MAC, "vlan": [{"vlan": 10, "qos": 5, "proto": Q}],
     "rate": {"min_tx_rate": 50, "max_tx_rate": 100}, "spoofchk": 0,
     "trust": 1, "link_state": ENABLE},
)


class Card(Pf):
    """The PF and its VFs, by pyroute2."""

    def __init__(self, ip):
        super().__init__()
        self.ip = ip
        self.index, = ip.link_lookup(ifname=self.dev)

    def infos(self, mask=VF | NO_COUNTERS):
        """What the PF shows of all VFs."""
        link, = self.ip.link("get", index=self.index, ext_mask=mask)
        return link.get_attr("IFLA_VFINFO_LIST").get_attrs("IFLA_VF_INFO")

    def set(self, num, wanted):
        """Set attributes of a VF, all by one message."""
        # a copy, since pyroute2 changes it
        self.ip.link("set", index=self.index,
                     vf={"vf": num, **copy.deepcopy(wanted)})

    def info(self, num):
        """All attributes of a VF, in the format of set()."""
        info = self.infos()[num]
        vlan = info.get_attr("IFLA_VF_VLAN_LIST").get_attr("IFLA_VF_VLAN_INFO")
        rate = info.get_attr("IFLA_VF_RATE")
        found = {name: info.get_attr(f"IFLA_VF_{name.upper()}")[name]
                 for name in ("mac", "spoofchk", "trust", "link_state")}
        return {**found,
                "vlan": [{key: vlan[key] for key in ("vlan", "qos", "proto")}],
                "rate": {key: rate[key]
                         for key in ("min_tx_rate", "max_tx_rate")}}

    def state(self, num):
        """Everything that must be as before after a pod."""
        link, = self.ip.link("get", ifname=self.netdev(num))
        return (self.info(num), link.get_attr("IFLA_IFNAME"),
                link.get_attr("IFLA_ADDRESS"), link.get_attr("IFLA_MTU"))


def known(card, count):
    """ip and pyroute2 show COUNT VFs."""
    card.set_vfs(count)
    mac = f"02:5e:00:00:07:{count - 1:02x}"
    card.set(count - 1, {"mac": mac})
    for argv in ("ip", "link", "show"), ("ip", "link", "show", card.dev):
        shown = re.findall(r"^ +vf (\d+) ", run(*argv), re.M)
        assert [int(num) for num in shown] == list(range(count)), shown
    assert [info["vf"] for info in card.shows()] == list(range(count))
    assert card.shows()[-1]["address"] == mac
    dump, = card.ip.link("dump", ext_mask=VF | NO_COUNTERS,
                         match=lambda link: link["index"] == card.index)
    for infos in (card.infos(), dump.get_attr("IFLA_VFINFO_LIST").
                  get_attrs("IFLA_VF_INFO")):
        found = [info.get_attr("IFLA_VF_MAC") for info in infos]
        assert [each["vf"] for each in found] == list(range(count))
        assert found[-1]["mac"] == mac, found[-1]


def counted(card, count):
    """The same for their counters."""
    link, = json.loads(run("ip", "-s", "-j", "link", "show", card.dev))
    assert len(link["vfinfo_list"]) == count
    assert all("stats" in info for info in link["vfinfo_list"])
    infos = card.infos(VF)
    assert len(infos) == count and infos[-1].get_attr("IFLA_VF_STATS"), infos


def virsh(*args):
    """virsh of the system's libvirt."""
    return run("virsh", "-q", *args)


def libvirt(card):
    """libvirt finds all VFs, and gives the last of them to a guest."""
    def node(path):
        return "pci_" + re.sub("[:.]", "_", path.name)

    wanted = {node(card.vf(num)) for num in range(VFS)}
    wait_until(lambda: wanted <= set(virsh("nodedev-list", "--cap",
                                           "pci").split()), "the VFs")
    xml = virsh("nodedev-dumpxml", node(card.path))
    cap = ET.fromstring(xml).find("capability/"
                                  "capability[@type='virt_functions']")
    assert len(cap.findall("address")) == VFS, xml
    nets = virsh("nodedev-list", "--cap", "net")
    faces = [line.split()[0] for line in
             virsh("iface-list", "--all").splitlines()]
    for dev in card.dev, *(card.netdev(num) for num in PROBED):
        assert f"net_{dev}_" in nets and dev in faces, (nets, faces)
    last = card.vf(VFS - 1)
    virsh("nodedev-detach", node(last), "--driver", "vfio")
    assert (last / "driver").resolve().name == "vfio-pci"
    virsh("nodedev-reattach", node(last))
    bind(last, "svnicvf")


def add(card, num, wanted):
    """Give VF NUM to a new pod, and wait for a link if it has one."""
    mac = wanted.get("mac", card.state(num)[2])
    netns.create(POD)
    if len(wanted) > 1:
        card.set(num, wanted)
    # one after another, each by a separate message
    for name, value in wanted.items():
        card.set(num, {name: value})
    info = card.info(num)
    assert all(info[name] == wanted[name] for name in wanted), (wanted, info)
    index, = card.ip.link_lookup(ifname=card.netdev(num))
    card.ip.link("set", index=index, state="down")
    card.ip.link("set", index=index, ifname=f"temp{index}")
    card.ip.link("set", index=index, net_ns_fd=POD)
    with NetNS(POD) as inside:
        index, = inside.link_lookup(ifname=f"temp{index}")
        inside.link("set", index=index, ifname=NAME)
        inside.link("set", index=index, mtu=MTU)
        inside.link("set", index=index, state="up")
        state = "DOWN" if wanted.get("link_state") == DISABLE else "UP"

        def there():
            link, = inside.link("get", index=index)
            return (link.get_attr("IFLA_IFNAME"), link.get_attr("IFLA_MTU"),
                    link.get_attr("IFLA_ADDRESS"),
                    link.get_attr("IFLA_OPERSTATE"))

        wait_until(lambda: there() == (NAME, MTU, mac, state),
                   lambda: (wanted, there()))


def delete(card, num, was, killed):
    """End the pod; if it was killed its netdev was not moved out before."""
    info, name, _, mtu = was
    if not killed:
        with NetNS(POD) as inside:
            index, = inside.link_lookup(ifname=NAME)
            inside.link("set", index=index, state="down")
            inside.link("set", index=index, ifname=name)
            # 1 is the name space of the process that asks
            inside.link("set", index=index, net_ns_pid=1)
    netns.remove(POD)
    card.netdev(num)
    # udev may rename it
    run("udevadm", "settle")
    index, = card.ip.link_lookup(ifname=card.netdev(num))
    card.ip.link("set", index=index, state="down")
    if card.netdev(num) != name:
        link, = card.ip.link("get", index=index)
        more = link.get_attr("IFLA_PROP_LIST")
        # udev has added its name besides the present one
        if more and name in more.get_attrs("IFLA_ALT_IFNAME"):
            card.ip.link("property_del", index=index, altname=name)
        card.ip.link("set", index=index, ifname=name)
    card.ip.link("set", index=index, mtu=mtu)
    card.set(num, info)
    wait_until(lambda: card.state(num) == was,
               lambda: (was, card.state(num)))


def pods(card):
    """Pods are created and removed."""
    for turn in range(TURNS):
        # each time another VF gets the same attributes
        which = turn + turn // len(WANTED)
        num = PROBED[which % len(PROBED)]
        was = card.state(num)
        add(card, num, WANTED[turn % len(WANTED)])
        delete(card, num, was, which % 3 == 2)


def main():
    """Many VFs, and pods."""
    with IPRoute() as ip:
        card = Card(ip)
        (card.path / "sriov_drivers_autoprobe").write_text("0")
        for dev in card.dev, Pf(1).dev:
            run("ip", "link", "set", dev, "up")
        start = time.monotonic()
        if FULL:
            known(card, WHOLE)
            counted(card, WHOLE)
        known(card, VFS)
        for num in PROBED:
            bind(card.vf(num), "svnicvf")
        libvirt(card)
        print(f"# {VFS} VFs seen in {time.monotonic() - start:.0f} s")
        start = time.monotonic()
        pods(card)
        print(f"# {TURNS} pods in {time.monotonic() - start:.0f} s")
        card.set_vfs(0)
        (card.path / "sriov_drivers_autoprobe").write_text("1")
