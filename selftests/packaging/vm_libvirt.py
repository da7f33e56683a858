# SPDX-License-Identifier: GPL-2.0-or-later
"""In a machine of svnic-vm: VFs given to guests by libvirt.

libvirt, the QEMU of the guests and their kernel are those of the distribution.
A guest has that kernel, the driver of the package and a shell.
"""

import contextlib
import gzip
import re
import subprocess
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from vm_machine import FULL, Pf, run, wait_until

ROOM = Path("/var/lib/svnic-test")
VFS, TURNS = 2, 20 if FULL else 1
# libvirtd is killed while the guest runs, once in this number of starts
KILLED = 4
GIVEN, TAG = "52:54:00:5e:77:01", 42
# settings that the administrator has made before
OWN, OWN_TAG = "02:5e:00:00:00:01", 7
WIRE = {0: "192.0.2.1", TAG: "198.51.100.1"}
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
was=
for module in /modules/*; do
	insmod "$module"
done
echo guest: ready
while :; do
	for dev in /sys/class/net/eth*; do
		now=$(cat "$dev/carrier" 2> /dev/null)
		[ "$now" = "$was" ] || echo "guest: carrier $now"
		was=$now
		[ ! -e "$dev" ] || ip link show up | grep -q "${dev##*/}:" || {
			ip addr add "$addr" dev "${dev##*/}"
			ip link set "${dev##*/}" up
			echo "guest: $(cat "$dev/address")"
		}
	done
	sleep 0.2
done
"""
DOMAIN = """<domain type='kvm'>
  <name>{name}</name>
  <memory unit='MiB'>256</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{room}/vmlinuz</kernel>
    <initrd>{room}/initrd</initrd>
    <cmdline>console=ttyS0 quiet net.ifnames=0 addr={address}/24</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='host-passthrough'/>
  <devices>
    <controller type='pci' model='pcie-root'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <serial type='file'><source path='{room}/{name}.console'/></serial>
    <memballoon model='none'/>
    {interface}
  </devices>
</domain>
"""
INTERFACE = """<interface type='hostdev' managed='yes'>
  <source><address type='pci' domain='0x{0}' bus='0x{1}' slot='0x{2}'
    function='0x{3}'/></source>
  <mac address='{mac}'/>
  <vlan><tag id='{tag}'/></vlan>
</interface>
"""
POOL = """<network>
  <name>vfs</name>
  <forward mode='hostdev' managed='yes'><pf dev='{dev}'/></forward>
</network>
"""
FROM_POOL = "<interface type='network'><source network='vfs'/></interface>"


def virsh(*args, fail=True):
    """virsh of the system's libvirt."""
    return run("virsh", "-q", *args, fail=fail)


class Card(Pf):
    """The PF with its VFs; the other card is the other end of the wire."""

    def __init__(self):
        super().__init__()
        run("ip", "netns", "add", "wire")
        run("ip", "link", "set", Pf(1).dev, "netns", "wire", "name", "wire")
        self.wire("ip", "link", "set", "wire", "up")
        self.wire("ip", "link", "add", "link", "wire", "name", "tagged",
                  "type", "vlan", "id", TAG)
        self.wire("ip", "link", "set", "tagged", "up")
        for tag, address in WIRE.items():
            self.wire("ip", "addr", "add", f"{address}/24", "dev",
                      "tagged" if tag else "wire")
        run("ip", "link", "set", self.dev, "up")
        self.set_vfs(VFS)

    @staticmethod
    def wire(*argv, fail=True):
        """Run ARGV at the other end of the wire."""
        return run("ip", "netns", "exec", "wire", *argv, fail=fail)

    def driver(self, num):
        """The name of the driver of a VF."""
        return (self.vf(num) / "driver").resolve().name

    def info(self, num):
        """(address, VLAN) of a VF."""
        info = self.shows()[num]
        return info["address"], info["vlan"]

    def state(self):
        """Everything that must be as before when a guest is off."""
        return [(self.info(num), self.driver(num), self.addresses(num))
                for num in range(VFS)]

    def addresses(self, num):
        """The address of the netdev of a VF, if it has one."""
        found = []
        # it may be created, removed or renamed now
        with contextlib.suppress(OSError):
            for dev in (self.vf(num) / "net").iterdir():
                found.append((dev / "address").read_text().strip())
        return found

    def wait_state(self, before):
        """Wait until all VFs are as they were before."""
        wait_until(lambda: self.state() == before,
                   lambda: (before, self.state()))


def node(path):
    """The name that libvirt has for a PCI function."""
    return "pci_" + re.sub("[:.]", "_", path.name)


def make_guest():
    """Kernel and initramfs of the guests."""
    release = run("uname", "-r")
    tree = ROOM / "tree"
    for name in "bin", "dev", "modules", "proc", "sys":
        (tree / name).mkdir(parents=True)
    run("cp", f"/boot/vmlinuz-{release}", ROOM / "vmlinuz")
    run("cp", "/bin/busybox", tree / "bin")
    needs = run("modprobe", "--show-depends", "svnicvf").splitlines()
    for num, line in enumerate(needs):
        module = tree / f"modules/{num}.ko"
        data = Path(line.split()[1])
        module.write_bytes(data.read_bytes() if data.suffix == ".ko" else
                           subprocess.check_output(["xz", "-dc", data]))
    (tree / "init").write_text(INIT)
    (tree / "init").chmod(0o755)
    run("mknod", tree / "dev/console", "c", 5, 1)
    (ROOM / "initrd").write_bytes(gzip.compress(subprocess.check_output(
        "find . | cpio -o -H newc --quiet", cwd=tree, shell=True), 1))


class Domain:
    """A guest, while the context lasts."""

    def __init__(self, name, address, interface):
        self.name, self.address = name, address
        self.console = ROOM / f"{name}.console"
        xml = ROOM / f"{name}.xml"
        xml.write_text(DOMAIN.format(room=ROOM, name=name, address=address,
                                     interface=interface))
        virsh("define", xml)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        virsh("destroy", self.name, fail=False)
        virsh("undefine", self.name)

    def start(self):
        """Boot it."""
        self.console.write_bytes(b"")
        virsh("start", self.name)
        return self

    def said(self):
        """Everything on its console so far."""
        return self.console.read_text(errors="replace")

    def is_up(self):
        """Wait until it answers on the wire."""
        wait_until(self.answers, lambda: self.said()[-2000:])
        return self

    def answers(self):
        """True if it answers within a second."""
        return " 1 received" in Card.wire(
            "ping", "-c", 1, "-W", 1, self.address, fail=False)

    def is_found(self):
        """True if libvirt has a connection to its QEMU."""
        return '"running":true' in virsh("qemu-monitor-command", self.name,
                                         '{"execute": "query-status"}',
                                         fail=False)

    def off(self):
        """Power it off."""
        virsh("destroy", self.name)


def nodes(card):
    """libvirt finds the PF, its VFs, and which VF belongs to which PF."""
    assert node(card.path) in virsh("nodedev-list", "--cap", "pci").split()
    wait_until(lambda: node(card.vf(VFS - 1)) in
               virsh("nodedev-list", "--cap", "pci").split(), "the VFs")
    pf = ET.fromstring(virsh("nodedev-dumpxml", node(card.path)))
    cap = pf.find("capability/capability[@type='virt_functions']")
    assert cap.get("maxCount") == "248", ET.tostring(pf)
    assert len(cap.findall("address")) == VFS, ET.tostring(pf)
    vf = ET.fromstring(virsh("nodedev-dumpxml", node(card.vf(1))))
    at = vf.find("capability/capability[@type='phys_function']/address")
    assert int(at.get("bus"), 16) == int(card.path.name[5:7], 16)
    devs = virsh("nodedev-list", "--cap", "net")
    assert f"net_{card.dev}_" in devs, devs


def detach(card):
    """A VF is detached from its driver, and attached again, manually."""
    before = card.state()
    virsh("nodedev-detach", node(card.vf(0)), "--driver", "vfio")
    assert card.driver(0) == "vfio-pci"
    virsh("nodedev-reattach", node(card.vf(0)))
    card.wait_state(before)


def interface(card, guest):
    """Address and VLAN of an interface are set while the guest runs."""
    before = card.state()
    guest.start().is_up()
    assert card.info(0) == (GIVEN, TAG), card.info(0)
    assert card.driver(0) == "vfio-pci"
    assert f"guest: {GIVEN}" in guest.said(), guest.said()
    # a setting by the administrator, not by libvirt
    run("ip", "link", "set", card.dev, "vf", 0, "state", "disable")
    wait_until(lambda: "guest: carrier 0" in guest.said(), guest.said)
    assert not guest.answers()
    run("ip", "link", "set", card.dev, "vf", 0, "state", "auto")
    guest.is_up().off()
    card.wait_state(before)


def hotplug(card, given):
    """An interface of a running guest is unplugged and plugged again."""
    before = card.state()
    xml = ROOM / "interface.xml"
    xml.write_text(given)
    with Domain("plugged", "198.51.100.3", "") as guest:
        guest.start()
        wait_until(lambda: "guest: ready" in guest.said(), guest.said)
        for _ in range(2):
            virsh("attach-device", guest.name, xml, "--live")
            guest.is_up()
            virsh("detach-device", guest.name, xml, "--live")
            card.wait_state(before)


def pool(card):
    """A network of VFs: each guest gets another one, until all are used."""
    before = card.state()
    (ROOM / "pool.xml").write_text(POOL.format(dev=card.dev))
    virsh("net-define", ROOM / "pool.xml")
    virsh("net-start", "vfs")
    with contextlib.ExitStack() as stack:
        guests = [stack.enter_context(
            Domain(f"pool{num}", f"192.0.2.{10 + num}", FROM_POOL))
            for num in range(VFS + 1)]
        for guest in guests[:VFS]:
            guest.start()
        for guest in guests[:VFS]:
            guest.is_up()
        error = virsh("start", guests[VFS].name, fail=False)
        assert "none are available" in error, error
        # when one stops, its VF can be used again
        guests[0].off()
        guests[VFS].start().is_up()
    virsh("net-destroy", "vfs")
    virsh("net-undefine", "vfs")
    card.wait_state(before)


def restarts(card, guest):
    """A guest starts again and again; libvirtd is killed meanwhile."""
    before, start = card.state(), time.monotonic()
    for turn in range(TURNS):
        guest.start().is_up()
        if turn % KILLED == 1:
            run("systemctl", "kill", "-s", "KILL", "libvirtd")
            wait_until(guest.answers, "a guest without libvirtd")
            run("systemctl", "start", "libvirtd")
            # libvirtd would not find a guest again that is destroyed before
            wait_until(guest.is_found, "libvirtd to find its guest")
        guest.off()
        assert card.info(0) == before[0][0], card.info(0)
    card.wait_state(before)
    print(f"# {TURNS} restarts in {time.monotonic() - start:.0f} s")


def steps(card):
    """One after another, on the same card."""
    nodes(card)
    detach(card)
    given = INTERFACE.format(*re.split("[:.]", card.vf(0).name), mac=GIVEN,
                             tag=TAG)
    with Domain("given", "198.51.100.2", given) as guest:
        interface(card, guest)
        restarts(card, guest)
    hotplug(card, given)
    pool(card)


def main():
    """Run all; on a failure print the logs of libvirt and QEMU."""
    ROOM.mkdir()
    make_guest()
    card = Card()
    run("ip", "link", "set", card.dev, "vf", 0, "mac", OWN, "vlan", OWN_TAG)
    wait_until(lambda: card.addresses(0) == [OWN], "the address of VF 0")
    try:
        steps(card)
    except (AssertionError, OSError):
        print(run("journalctl", "-q", "-n", 40, "-u", "libvirtd", "-o", "cat"))
        for said in Path("/var/log/libvirt/qemu").glob("*.log"):
            print("\n".join(said.read_text().splitlines()[-20:]))
        raise
