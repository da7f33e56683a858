# SPDX-License-Identifier: GPL-2.0
"""The NIC under test and its peer, in the state that upstream's tests expect.

A test may leave settings changed, move the peer, or remove addresses: prepare()
undoes that before the next one.
"""

import json
import os
import subprocess
import time
from pathlib import Path

PEER_NS = os.environ.get("SVNIC_PEER_NS")
# none of the networks of the suites themselves
V4 = ("172.29.0.1", "172.29.0.2")
V6 = ("2001:db8:1::1", "2001:db8:1::2")
# addresses of containers behind the NIC
PREFIX = "2001:db8:2::/64"
VF_NAME = "svnicvf0"
VF_MAC = "52:54:00:5e:01:00"
MTU = 1500
# CPUs that get the NIC's interrupts; a test wants others without any
IRQ_CPUS = 2


def run(*argv, check=True):
    """The output of a command."""
    done = subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def peer(*argv, check=True):
    """The same in the peer's network namespace."""
    return run("ip", "netns", "exec", PEER_NS, *argv, check=check)


class Ports:
    """The two ports; PF or VF is the NIC under test."""

    def __init__(self):
        self.pf = os.environ["SVNIC_PF"]
        self.peer = os.environ["SVNIC_PEER"]
        self.netif = None
        self.nic = None
        self._device = Path("/sys/bus/pci/devices") / os.environ["SVNIC_BDF"]
        self._settings = None

    def use(self, nic):
        """Make NIC the one under test: the PF or a VF."""
        if nic == self.nic:
            return
        if self.netif:
            run("ip", "addr", "flush", "dev", self.netif)
        if self.nic == "svnicvf":
            (self._device / "sriov_numvfs").write_text("0")
        self.nic = nic
        run("ip", "link", "set", "dev", self.pf, "up")
        self.netif = self._vf() if nic == "svnicvf" else self.pf
        run("ip", "link", "set", "dev", self.netif, "up")
        if nic == "virtio-net":
            peer("ip", "link", "set", "dev", self.peer, "up")
            self._all_queues()
        self._settings = self._read()

    def _all_queues(self):
        """Start all queues: with RSS, QEMU's virtio-net reads only the first
        until their number is changed."""
        for where, dev in (run, self.netif), (peer, self.peer):
            now = json.loads(where("ethtool", "--json", "-l", dev))[0]["combined"]
            for number in 1, now:
                where("ethtool", "-L", dev, "combined", str(number))

    def _vf(self):
        """The netdev of a new VF, with a MAC from the PF."""
        auto = self._device / "sriov_drivers_autoprobe"
        run("modprobe", os.environ["SVNIC_VF_DRIVER"])
        auto.write_text("0")
        (self._device / "sriov_numvfs").write_text("1")
        run("ip", "link", "set", "dev", self.pf, "vf", "0", "mac", VF_MAC)
        auto.write_text("1")
        vf = (self._device / "virtfn0").resolve()
        Path("/sys/bus/pci/drivers_probe").write_text(vf.name)
        for _ in range(300):
            for path in vf.glob("net/*"):
                # not the name that the peer has in its namespace
                run("ip", "link", "set", "dev", path.name, "down")
                run("ip", "link", "set", "dev", path.name, "name", VF_NAME)
                return VF_NAME
            time.sleep(0.1)
        raise RuntimeError(f"no netdev of {vf.name}")

    def environ(self):
        """What the tests' environment has about them."""
        return {"NETIF": self.netif, "LOCAL_V4": V4[0], "LOCAL_V6": V6[0],
                "REMOTE_V4": V4[1], "REMOTE_V6": V6[1],
                "LOCAL_PREFIX_V6": PREFIX, "REMOTE_TYPE": "netns",
                "REMOTE_ARGS": PEER_NS, "KSFT_MACHINE_SLOW": "yes"}

    def _read(self):
        """Settings of the NIC under test: name -> (value, command)."""
        dev, found = self.netif, {}
        features = json.loads(run("ethtool", "--json", "-k", dev))[0]
        for name, state in features.items():
            if isinstance(state, dict) and not state["fixed"]:
                value = "on" if state["requested"] else "off"
                found[name] = (value, ("ethtool", "-K", dev, name, value))
        channels = run("ethtool", "--json", "-l", dev, check=False)
        for name, value in json.loads(channels or "[{}]")[0].items():
            if name in ("rx", "tx", "combined"):
                found[f"channels {name}"] = (
                    value, ("ethtool", "-L", dev, name, str(value)))
        rings = run("ethtool", "--json", "-g", dev, check=False)
        for name, value in json.loads(rings or "[{}]")[0].items():
            if name in ("rx", "tx"):
                found[f"ring {name}"] = (
                    value, ("ethtool", "-G", dev, name, str(value)))
        return found

    def _restore(self):
        """Undo what a test left changed; returns the names of settings."""
        now = self._read()
        changed = [name for name, setting in self._settings.items()
                   if now.get(name, setting)[0] != setting[0]]
        for name in changed:
            run(*self._settings[name][1], check=False)
        return changed

    def _pin(self):
        """Each interrupt of the NIC to one CPU."""
        irqs = Path(f"/sys/class/net/{self.netif}/device").resolve()
        if not (irqs / "msi_irqs").exists():    # virtio: one level up
            irqs = irqs.parent
        names = (path.name for path in irqs.glob("msi_irqs/*"))
        for number, irq in enumerate(sorted(names, key=int)):
            try:
                Path(f"/proc/irq/{irq}/smp_affinity_list").write_text(
                    str(number % IRQ_CPUS))
            except OSError:
                pass

    def _address(self, where, dev, v4, v6):
        where("ip", "link", "set", "dev", dev, "xdp", "off", check=False)
        where("ip", "link", "set", "dev", dev, "nomaster", check=False)
        where("ip", "link", "set", "dev", dev, "mtu", str(MTU))
        where("ip", "link", "set", "dev", dev, "up")
        where("ip", "addr", "replace", f"{v4}/24", "dev", dev)
        where("ip", "addr", "replace", f"{v6}/64", "dev", dev, "nodad")

    def prepare(self):
        """Everything as a test expects it; returns settings that were not."""
        run("ip", "link", "set", "dev", self.peer, "netns", PEER_NS, check=False)
        changed = self._restore()
        self._address(run, self.netif, V4[0], V6[0])
        self._address(peer, self.peer, V4[1], V6[1])
        peer("ip", "-6", "route", "replace", PREFIX, "via", V6[0], "dev",
             self.peer)
        peer("ip", "neigh", "flush", "dev", self.peer, check=False)
        run("ip", "neigh", "flush", "dev", self.netif, check=False)
        self._pin()
        run("ping", "-q", "-c", "1", "-w", "30", V4[1], check=False)
        return changed

    def together(self):
        """Both ports without addresses in one network namespace, for tests that
        want that; returns their names."""
        run("ip", "addr", "flush", "dev", self.netif)
        peer("ip", "link", "set", "dev", self.peer, "netns", "1")
        return [self.netif, self.peer]
