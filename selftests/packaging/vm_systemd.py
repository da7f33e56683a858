# SPDX-License-Identifier: GPL-2.0-or-later
"""In a machine of svnic-vm: VFs created by systemd and NetworkManager.

By .link files of udev, when the PF is added and when the machine boots, by
.network files, and by a connection of NetworkManager. Boots twice.
"""

import json
import os
import re
import time
from pathlib import Path

from vm_machine import DRIVER, THEN, Pf, run, wait_until

FILES = Path("/etc/systemd/network")
NM_FILES = Path("/etc/NetworkManager/conf.d")
MARK = Path("/var/lib/svnic-test")
VFS, MORE_VFS = 4, 8
# name in a section [SR-IOV] -> value for VF n, and where and how ip shows it
ATTRIBUTES = {
    "MACAddress": lambda n: (mac(n), "address", mac(n)),
    "VLANId": lambda n: (n + 5, "vlan", n + 5),
    "MACSpoofCheck": lambda n: ("no", "spoofchk", False),
    "Trust": lambda n: ("yes", "trust", True),
    "LinkState": lambda n: ("yes", "link_state", "enable"),
}
QOS = 3
NAMES = ("ID_NET_NAME_PATH", "ID_NET_NAME_SLOT")


def mac(num):
    """An address that an administrator may give."""
    return f"02:5e:00:00:09:{num:02x}"


class Card(Pf):
    """The PF of the first card, as udev knows it."""

    @property
    def match(self):
        """The [Match] entry for it in a file of udev."""
        return f"Path=pci-{self.path.name}"

    def names(self, count):
        """The names that udev gives to the netdevs of the PF and of COUNT
        VFs."""
        found = []
        for path in (self.path, *(self.vf(num) for num in range(count))):
            dev, = (path / "net").iterdir()
            shown = run("udevadm", "info", "-q", "property",
                        f"/sys/class/net/{dev.name}")
            props = dict(line.split("=", 1) for line in shown.splitlines())
            found.append([props.get(name) for name in NAMES] + [dev.name])
        return found


def complaints(pf, since):
    """Warnings of udev, networkd and NetworkManager about VFs and their PF."""
    run("journalctl", "--sync")
    said = run("journalctl", "-q", "-p", "warning", "--since", since,
               *(f"_SYSTEMD_UNIT={unit}.service" for unit in
                 ("systemd-udevd", "systemd-networkd", "NetworkManager")),
               "-o", "cat", fail=False)
    return [line for line in said.splitlines()
            if re.search(f"{pf.dev}|sr-?iov|\\bvf", line, re.I)]


def now():
    """The present time in the format of journalctl."""
    run("journalctl", "--sync")
    return f"@{time.time():.6f}"


def section(num, names):
    """The [SR-IOV] section that sets attributes NAMES of VF NUM."""
    lines = [f"[SR-IOV]\nVirtualFunction={num}"]
    for name in names:
        lines.append(f"{name}={ATTRIBUTES[name](num)[0]}")
        if name == "VLANId":
            lines.append(f"QualityOfService={QOS}\nVLANProtocol=802.1Q")
    return "\n".join(lines) + "\n"


def wrong(pf, names):
    """Attributes NAMES of VFs that are not as set by the sections."""
    if pf.vfs != VFS:
        return [f"{pf.vfs} VFs"]
    found = []
    for info in pf.shows():
        for name in names:
            _, key, value = ATTRIBUTES[name](info["vf"])
            if info[key] != value:
                found.append((name, info))
        if "VLANId" in names and info["qos"] != QOS:
            found.append(("QualityOfService", info))
    return found


def wait_set(pf, names, since):
    """Wait until all VFs have the attributes NAMES of the sections."""
    wait_until(lambda: not wrong(pf, names),
               lambda: (wrong(pf, names), complaints(pf, since)))


def names(pf):
    """Names of netdevs: unique; the same after the driver was bound again and
    with more VFs."""
    pf.set_vfs(VFS)
    before = pf.names(VFS)
    for kind in zip(*before):
        # not every machine has names by slot
        if kind != (None,) * len(kind):
            assert None not in kind and len(set(kind)) == VFS + 1, before
    pf.set_vfs(0)
    (DRIVER / "unbind").write_text(pf.path.name)
    (DRIVER / "bind").write_text(pf.path.name)
    pf.set_vfs(VFS)
    assert pf.names(VFS) == before, (before, pf.names(VFS))
    pf.set_vfs(MORE_VFS)
    assert pf.names(VFS) == before, (before, pf.names(VFS))
    print("# PF " + before[0][-1] + ", VFs " +
          " ".join(name[-1] for name in before[1:]))


def link_files(pf):
    """Each attribute alone and all of them, and the same applied again."""
    file = FILES / "10-svnic.link"
    for chosen in (*([name] for name in ATTRIBUTES), list(ATTRIBUTES)):
        pf.set_vfs(0)
        file.write_text(
            f"[Match]\n{pf.match}\n[Link]\nNamePolicy=path\n"
            f"SR-IOVVirtualFunctions={VFS}\n" +
            "".join(section(num, chosen) for num in range(VFS)))
        run("udevadm", "control", "--reload")
        since = now()
        for _ in range(2):
            run("udevadm", "trigger", "--settle", "--action=add",
                f"/sys/class/net/{pf.dev}")
            wait_set(pf, chosen, since)
        said = complaints(pf, since)
        assert not said, said
    file.unlink()
    run("udevadm", "control", "--reload")


def network_files(pf):
    """networkd sets the same, also when it reconfigures."""
    pf.set_vfs(VFS)
    file = FILES / "10-svnic.network"
    file.write_text(
        f"[Match]\nName={pf.dev}\n[Network]\nAddress=192.0.2.1/24\n" +
        "".join(section(num, ATTRIBUTES) for num in range(VFS)))
    since = now()
    run("systemctl", "start", "systemd-networkd")
    for again in False, True:
        if again:
            run("networkctl", "reconfigure", pf.dev)
        wait_until(lambda: "(configured)" in
                   run("networkctl", "status", pf.dev),
                   lambda: run("networkctl", "status", pf.dev))
        wait_set(pf, ATTRIBUTES, since)
    said = complaints(pf, since)
    assert not said, said
    file.unlink()
    run("systemctl", "stop", "systemd-networkd", "systemd-networkd.socket")
    run("ip", "addr", "flush", "dev", pf.dev)


def network_manager(pf):
    """A connection of NetworkManager creates VFs, and removes them."""
    pf.set_vfs(0)
    # VFs get no connection by default
    (NM_FILES / "svnic.conf").write_text("[main]\nno-auto-default=*\n")
    since = now()
    run("systemctl", "unmask", "NetworkManager")
    run("systemctl", "start", "NetworkManager")
    wait_until(lambda: pf.dev in run("nmcli", "-g", "DEVICE", "device",
                                     fail=False).splitlines(),
               lambda: run("nmcli", "device", fail=False))
    vfs = ", ".join(
        f"{num} mac={mac(num)} vlans={num + 5}.{QOS} spoof-check=false "
        "trust=true max-tx-rate=100" for num in range(VFS))
    for probe in "no", "yes":
        run("nmcli", "connection", "add", "type", "ethernet", "ifname", pf.dev,
            "con-name", "pf", "autoconnect", "no", "ipv4.method", "manual",
            "ipv4.addresses", "192.0.2.1/24", "ipv6.method", "disabled",
            "sriov.total-vfs", VFS, "sriov.vfs", vfs,
            "sriov.autoprobe-drivers", probe)
        run("nmcli", "connection", "up", "pf")
        wait_set(pf, [name for name in ATTRIBUTES if name != "LinkState"],
                 since)
        assert all(info["rate"]["max_tx"] == 100 for info in pf.shows())
        have = [(pf.path / f"virtfn{num}/driver").exists()
                for num in range(VFS)]
        assert have == [probe == "yes"] * VFS, have
        run("nmcli", "connection", "down", "pf")
        wait_until(lambda: not pf.vfs, lambda: pf.vfs)
        run("nmcli", "connection", "delete", "pf")
    said = complaints(pf, since)
    assert not said, said
    run("systemctl", "disable", "--now", "NetworkManager")


def at_boot(pf):
    """Settings of .link files are applied when the machine boots."""
    (FILES / "10-svnic.link").write_text(
        f"[Match]\n{pf.match}\n[Link]\nName=uplink\n"
        f"SR-IOVVirtualFunctions={VFS}\n" +
        "".join(section(num, ATTRIBUTES) for num in range(VFS)))
    MARK.touch()
    THEN.write_text("reboot")


def booted(pf):
    """Check that they are."""
    run("udevadm", "settle")
    assert pf.dev == "uplink", pf.dev
    assert not wrong(pf, ATTRIBUTES), wrong(pf, ATTRIBUTES)
    link, = json.loads(run("ip", "-j", "link", "show", pf.dev))
    assert "UP" not in link["flags"], link
    for num in range(VFS):
        vf = pf.path / f"virtfn{num}"
        assert os.path.basename(os.readlink(vf / "driver")) == "svnicvf"
        dev, = (vf / "net").iterdir()
        assert (dev / "address").read_text().strip() == mac(num)


def main():
    """One after another, on the same card."""
    FILES.mkdir(exist_ok=True)
    pf = Card()
    if MARK.exists():
        booted(pf)
        return
    for step in names, link_files, network_files, network_manager:
        step(pf)
        print(f"# {step.__name__}", flush=True)
    at_boot(pf)
