# SPDX-License-Identifier: GPL-2.0-or-later
"""Library of scripts that run in a machine of svnic-vm.

svnic_vm.py packs it with a script into one program that calls main().
"""

import json
import re
import subprocess
import time
from pathlib import Path

DRIVER = Path("/sys/bus/pci/drivers/svnic")
# commands to execute after the script
THEN = Path("/run/svnic-then")
# limit for a command that hangs, not for a slow one
LIMIT = 600
FULL = "svnic-test=full" in Path("/proc/cmdline").read_text()


def run(*argv, fail=True):
    """Run ARGV to its end; returns its output."""
    done = subprocess.run([str(arg) for arg in argv], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    assert not (fail and done.returncode), (argv, done.stdout)
    return done.stdout.strip()


def wait_until(cond, what):
    """Wait until COND() is true; returns its result."""
    end = time.monotonic() + LIMIT
    while not (result := cond()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.2)
    return result


def bind(function, driver):
    """Bind DRIVER to the PCI FUNCTION, a directory."""
    (function / "driver_override").write_text(driver)
    if (function / "driver").exists():
        (function / "driver/unbind").write_text(function.name)
    Path("/sys/bus/pci/drivers_probe").write_text(function.name)
    # allow other drivers later
    (function / "driver_override").write_text("\n")
    assert (function / "driver").resolve().name == driver, function
    run("udevadm", "settle")


class Pf:
    """A PF with its VFs: the first card, or another."""

    def __init__(self, number=0):
        self.path = sorted(DRIVER.glob("*:*"))[number]

    @property
    def dev(self):
        """Its netdev."""
        dev, = (path.name for path in (self.path / "net").iterdir())
        return dev

    @property
    def vfs(self):
        """The number of VFs."""
        return int((self.path / "sriov_numvfs").read_text())

    def set_vfs(self, count):
        """Change the number of VFs."""
        (self.path / "sriov_numvfs").write_text("0")
        (self.path / "sriov_numvfs").write_text(str(count))
        run("udevadm", "settle")

    def vf(self, num):
        """A VF's directory."""
        return (self.path / f"virtfn{num}").resolve()

    def netdevs(self, num):
        """The names of the netdev of a VF, if it has one here."""
        try:
            return [path.name for path in (self.vf(num) / "net").iterdir()]
        except FileNotFoundError:
            return []

    def netdev(self, num):
        """The name of the netdev of a VF; waits for it."""
        wait_until(lambda: len(self.netdevs(num)) == 1, f"VF {num}")
        return self.netdevs(num)[0]

    def shows(self):
        """What ip shows of each VF; its VLAN as number and priority."""
        link, = json.loads(run("ip", "-j", "link", "show", self.dev))
        for info in link["vfinfo_list"]:
            vlan, = info.pop("vlan_list", [{}])
            info["vlan"], info["qos"] = (vlan.get("vlan", 0),
                                         vlan.get("qos", 0))
        return link["vfinfo_list"]


def main(*scripts):
    """Run the modules SCRIPTS one after another, and report success."""
    for script in scripts:
        start = time.monotonic()
        script.main()
        log = run("dmesg")
        trouble = re.findall("WARNING:|BUG:|Oops|Call Trace", log)
        assert not trouble, log[-4000:]
        print(f"# {script.__name__}: {time.monotonic() - start:.0f} s",
              flush=True)
    # otherwise it is booted again, and continues
    if not THEN.exists():
        print("svnic-test: pass")
