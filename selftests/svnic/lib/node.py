# SPDX-License-Identifier: GPL-2.0-only
"""Places where commands run, and their network interfaces."""

import contextlib
import json
import os
import re
import subprocess
import threading
from pathlib import Path

from .ksft import ksft_pr
from .utils import CmdError, bkg, run, wait_until

# longer than lab-guest waits
GUEST_TIMEOUT = 900
# labexec: no guest to talk to
NO_GUEST = 255
PROGRAMS = Path(__file__).parent
NET4 = "198.18.0"
NET6 = "2001:db8"


class Node:
    """The host's own network name space; base of the others."""

    name = "host"
    prefix = ()

    def cmd(self, comm, fail=True, timeout=90):
        """Run a command here."""
        return run(list(self.prefix), comm, fail, timeout)

    def bkg(self, comm, stdin=False):
        """Run a command in the background here."""
        return bkg(comm, self.prefix, stdin)

    def ip(self, args, parse=False):
        """ip(8) here; with PARSE its JSON as Python objects."""
        done = self.cmd(f"ip {'-j -d -s ' if parse else ''}{args}")
        return json.loads(done.stdout or "[]") if parse else done

    def program(self, name):
        """The path of one of our programs (lib/NAME, or a path) here."""
        return str(PROGRAMS / name)

    def __str__(self):
        return self.name


class Netns(Node):
    """A network name space; made if it does not exist."""

    def __init__(self, name):
        self.name = name
        self.prefix = ("ip", "netns", "exec", name)
        self.made = not os.path.exists(f"/run/netns/{name}")
        if self.made:
            run([], f"ip netns add {name}")
            self.ip("link set lo up")

    def delete(self):
        """Delete it; physical netdevs go back to the host."""
        run([], f"ip netns del {self.name}")

    def __enter__(self):
        """Sockets made in this context belong to the name space."""
        self._back = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        os.setns(there, os.CLONE_NEWNET)
        os.close(there)
        return self

    def __exit__(self, *_):
        os.setns(self._back, os.CLONE_NEWNET)
        os.close(self._back)


class Guest(Node):
    """A guest of the lab host (lab-guest)."""

    def __init__(self, name, vf=None, bridge=None, mem=None, bdf=None,
                 append=None):
        self.name = name
        self.prefix = ("lab-guest", "exec", "-i", name)
        self.args = []
        if vf is not None:
            self.args += ["--vf", str(vf)]
        if bdf:
            self.args += ["--bdf", bdf]
        if bridge:
            self.args += ["--nic", f"virtio:{bridge}"]
        if mem:
            self.args += ["--mem", str(mem)]
        if append:
            self.args += ["--append", append]
        self.dev = None
        self.copied = set()

    def cmd(self, comm, fail=True, timeout=90):
        """Run a command in it; if it does not answer, report its state."""
        try:
            return super().cmd(comm, fail, timeout)
        except CmdError as err:
            if err.ret not in range(NO_GUEST):
                ksft_pr(f"{self}: {self.state()}")
            raise

    def state(self):
        """Whether its VM runs, and the messages of its VMM."""
        return run(["lab-guest"], ["state", self.name], fail=False).stdout

    def start(self):
        """Boot it, wait until it is up; .dev is its netdev."""
        self.copied = set()
        out = run(["lab-guest", "start", self.name], self.args,
                  timeout=GUEST_TIMEOUT).stdout.split()
        self.dev = out[-1] if out else None
        if not self.dev:
            raise RuntimeError(f"guest {self.name} has no netdev")
        return self

    def runs(self):
        """True if its VMM runs."""
        return self.name in run(["lab-guest"], "list").stdout.split()

    def pid(self):
        """The process id of its VMM."""
        return int(run(["lab-guest"], ["pid", self.name]).stdout)

    def stop(self):
        """Power it off if it runs; if that fails, report its state."""
        if not self.runs():
            return
        try:
            run(["lab-guest"], ["stop", self.name], timeout=GUEST_TIMEOUT)
        except CmdError:
            ksft_pr(f"{self}: {self.state()}")
            self.kill()
            raise

    def kill(self):
        """SIGKILL for its VMM."""
        run(["lab-guest"], ["kill", self.name])

    def unplug(self):
        """Unplug its VF."""
        run(["lab-guest"], ["unplug", self.name], timeout=GUEST_TIMEOUT)

    def plug(self, vf):
        """Plug VF in; .dev is its netdev."""
        self.dev = run(["lab-guest"], ["plug", self.name, "--vf", vf],
                       timeout=GUEST_TIMEOUT).stdout.split()[-1]
        return self

    def devs(self):
        """The present netdevs of its PCI functions."""
        return self.cmd(["sh", "-c", "for d in /sys/bus/pci/devices/*/net/*; "
                         "do [ ! -e $d ] || echo ${d##*/}; done"]
                        ).stdout.split()

    def program(self, name):
        there = f"/tmp/{Path(name).name}"
        if name not in self.copied:
            with open(PROGRAMS / name, "rb") as text:
                subprocess.run([*self.prefix, "sh", "-c",
                                f"cat > {there}; chmod +x {there}"],
                               stdin=text, check=True, timeout=90)
            self.copied.add(name)
        return there


def boot_guests(*guests):
    """Boot guests side by side."""
    errors = []

    def boot(guest):
        try:
            guest.start()
        except Exception as err:
            errors.append(err)

    threads = [threading.Thread(target=boot, args=(g,)) for g in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class End:
    """A netdev somewhere, with addresses derived from a number."""

    def __init__(self, node, dev, num, name=None):
        self.node = node
        self.dev = dev
        self.name = name or f"{node}:{dev}"
        self.v4 = f"{NET4}.{num}"
        self.v6 = f"{NET6}::{num:x}"

    def __str__(self):
        return self.name

    def space(self):
        """Sockets made in this context are in the name space of the netdev, on
        this host."""
        return self.node if isinstance(self.node, Netns) else \
            contextlib.nullcontext()

    def cmd(self, comm, **kwargs):
        """Run a command where the netdev is."""
        return self.node.cmd(comm, **kwargs)

    def ethtool(self, opt, args="", fail=True):
        """ethtool OPT DEV ARGS."""
        return self.cmd(f"ethtool {opt} {self.dev} {args}", fail=fail)

    def set(self, args, fail=True):
        """ip link set DEV ARGS."""
        return self.cmd(f"ip link set dev {self.dev} {args}", fail=fail)

    def link(self):
        """The output of ip -s link show."""
        return self.node.ip(f"link show dev {self.dev}", parse=True)[0]

    def carrier(self):
        """True if there is a link."""
        return "LOWER_UP" in self.link()["flags"]

    def up(self, mtu=None):
        """Set addresses, set it up, wait for the link."""
        if mtu:
            self.set(f"mtu {mtu}")
        # "down" removes IPv6 addresses
        self.cmd(["sh", "-ec",
                  f"sysctl -q -w net.ipv6.conf.{self.dev}.accept_dad=0 || :\n"
                  f"ip link set dev {self.dev} up\n"
                  f"ip addr replace {self.v4}/24 dev {self.dev}\n"
                  f"ip addr replace {self.v6}/64 dev {self.dev} nodad"])
        wait_until(self.carrier, f"link of {self}")
        return self

    def down(self):
        """Set it down, and remove addresses."""
        self.cmd(f"ip addr flush dev {self.dev}")
        self.set("down")

    @property
    def mac(self):
        """Its address."""
        return self.link()["address"]

    def stats(self):
        """ethtool -S as a dictionary."""
        text = self.ethtool("-S", fail=False).stdout
        return {m[1]: int(m[2]) for m in
                re.finditer(r"^\s+(\S+): (\d+)$", text, re.M)}

    def stat(self, name):
        """One counter of ethtool -S."""
        return self.stats()[name]

    def counters(self):
        """The netdev's standard counters, received and sent."""
        stats = self.link()["stats64"]
        return {f"{way}_{key}": val for way in ("rx", "tx")
                for key, val in stats[way].items()}

    def feature(self, name, value=None):
        """State of an offload; with VALUE set it and check the new state."""
        if value is not None:
            self.ethtool("-K", f"{name} {'on' if value else 'off'}")
        text = self.ethtool("-k").stdout
        state = re.search(rf"^\s*{name}: (on|off)", text, re.M)
        if value is not None and (state[1] == "on") != value:
            raise RuntimeError(f"{self}: {name} does not go {value}")
        return state[1] == "on" if state else None

    def has_feature(self, name):
        """True if the offload can be switched."""
        text = self.ethtool("-k").stdout
        return bool(re.search(rf"^\s*{name}: (on|off)$", text, re.M))
