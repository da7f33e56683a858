#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random operations for a while: guests start and stop, settings change.

SOAK_SECONDS, SOAK_GUESTS and SOAK_SEED in the environment say how long, how
many guests at most, and what is done: the same seed makes the same choices.
Without one they are the same each time; "make soak" gives another each time.
"""

import contextlib
import os
import random
import time
from pathlib import Path

from lib import (CmdError, End, Guest, Netns, Nic, defer, ksft_eq, ksft_pr,
                 ksft_run, ping, reaches, wait_until)
from lib.drivers import Paced, said
from lib.nic import vf_mac
from lib.utils import memory

SECONDS = int(os.environ.get("SOAK_SECONDS", "30"))
GUESTS = int(os.environ.get("SOAK_GUESTS", "2"))
SEED = int(os.environ.get("SOAK_SEED", "539279"))
HOST_VFS = 2
# VFs of guests follow those that stay in the host
VFS = HOST_VFS + GUESTS
# Memory that the kernel keeps after use, in KiB. For a while after a suspend
# (power.py) up to 9 MiB less are in use: the half minute of this test among
# other tests may be during that while.
TOLERANCE = {"used": (16 if SECONDS <= 60 else 8) << 10, "slab": 3 << 10,
             "percpu": 512, "vmalloc": 512}
# files that other processes of this host may have open
FILES = 16
# traffic in a guest, which ends with the guest
GUEST_LOAD = "ping -f -w 100000 {} > /dev/null 2>&1 < /dev/null &"


class Bench:
    """PF, peer, two VFs in name spaces; one permanent guest, and others."""

    def __init__(self):
        self.nic = Nic().start()
        self.nic.need_svnic("not our drivers")
        self.pf, self.peer = self.nic.pf, self.nic.peer
        self.random = random.Random(SEED)
        self.spaces = [Netns(f"soak{num}") for num in range(HOST_VFS)]
        for space in self.spaces:
            defer(space.delete)
        self.ends = []
        self.guests = {}
        defer(self.nic.set_vfs, 0)
        defer(self.stop_guests)

    def make_vfs(self):
        """Create all VFs, set up those of the host in their name spaces."""
        self.nic.set_vfs(VFS)
        for num in range(VFS):
            self.nic.set_vf_mac(num, vf_mac(num))
        self.ends = [self.nic.vf_end(num, space)
                     for num, space in enumerate(self.spaces)]

    def stop_guests(self):
        """Stop all guests."""
        for num in list(self.guests):
            self.guests.pop(num).stop()

    def set_vf(self, num, value):
        """ip link set PF vf NUM VALUE."""
        self.nic.host.cmd(f"ip link set {self.pf.dev} vf {num} {value}")

    def start_guest(self, num):
        """A guest with VF NUM that pings the peer endlessly."""
        guest = Guest(f"soak{num}", vf=num)
        self.set_vf(num, "state auto")
        self.guests[num] = guest
        guest.start()
        End(guest, guest.dev, 10 + num).up()
        guest.cmd(["sh", "-c", GUEST_LOAD.format(self.peer.v4)])

    def kept(self):
        """Resources that may leak, counted while there is no VF."""
        self.stop_guests()
        self.nic.set_vfs(0)
        return {
            "interrupts": len(Path("/proc/interrupts").read_text()
                              .splitlines()),
            "mappings": Path("/proc/vmallocinfo").read_text().count("svnic"),
            "IOMMU groups": len(os.listdir("/sys/kernel/iommu_groups")),
            "processes": len([p for p in os.listdir("/proc")
                              if p.isdigit() and
                              os.path.exists(f"/proc/{p}/exe")]),
            "open files": int(Path("/proc/sys/fs/file-nr").read_text()
                              .split()[0]),
            "memory": memory(),
        }


# Random operations. Each gets the bench, and returns False if it is not
# possible now. Device and drivers may refuse an operation: the test checks
# that everything works afterwards.

def _free(bench):
    return [num for num in range(HOST_VFS, VFS) if num not in bench.guests]


def guest_comes(bench):
    """A guest boots with an unused VF."""
    free = _free(bench)
    if not free:
        return False
    bench.start_guest(bench.random.choice(free))
    return True


def guest_stops(bench):
    """A guest powers off."""
    if not bench.guests:
        return False
    num = bench.random.choice(sorted(bench.guests))
    bench.guests.pop(num).stop()
    return True


def guest_dies(bench):
    """SIGKILL for the VMM of a guest."""
    if not bench.guests:
        return False
    num = bench.random.choice(sorted(bench.guests))
    bench.guests.pop(num).kill()
    return True


def guest_knob(bench):
    """A guest changes a setting of its interface."""
    if not bench.guests:
        return False
    guest = bench.guests[bench.random.choice(sorted(bench.guests))]
    dev = guest.dev
    guest.cmd(["sh", "-c", bench.random.choice((
        f"ip link set {dev} down; ip link set {dev} up",
        f"ip link set {dev} promisc on; ip link set {dev} promisc off",
        f"ip link set {dev} mtu 1300; ip link set {dev} mtu 1500",
        f"ip link add link {dev} name v7 type vlan id 7; ip link set v7 up; "
        "ip link del v7",
        f"for i in 1 2 3 4; do ip link add link {dev} name m$i type macvlan; "
        "ip link set m$i up; done; for i in 1 2 3 4; do ip link del m$i; done",
        f"ethtool -G {dev} rx 256 tx 256; ethtool -G {dev} rx 1024 tx 1024",
        f"ethtool -K {dev} tso off; ethtool -K {dev} tso on"))], fail=False)
    return True


def vf_knob(bench):
    """The administrator changes a setting of a VF."""
    num = bench.random.randrange(VFS)
    value = bench.random.choice((
        f"mac {vf_mac(num)}", f"mac 02:5e:00:00:03:{num:02x}",
        "trust on", "trust off", "spoofchk on", "spoofchk off",
        "max_tx_rate 100", "max_tx_rate 0", "min_tx_rate 10", "min_tx_rate 0",
        "state disable", "state enable", "state auto",
        "vlan 7", "vlan 7 proto 802.1ad", "vlan 0"))
    bench.set_vf(num, value)
    return True


def netdev_knob(bench):
    """A setting of the PF's or a VF's netdev in the host changes."""
    end = bench.random.choice([bench.pf, *bench.ends])
    opt, args = bench.random.choice((
        ("-G", "rx 128 tx 128"), ("-G", "rx 2048 tx 512"),
        ("-G", "rx 1024 tx 1024"), ("-L", "combined 1"), ("-L", "combined 2"),
        ("-C", "rx-usecs 0"), ("-C", "rx-usecs 50"), ("-K", "tso off"),
        ("-K", "tso on"), ("-K", "rxvlan off"), ("-K", "rxvlan on"),
        ("-X", "equal 1"), ("-X", "default"), ("-S", ""), ("-d", "")))
    end.ethtool(opt, args, fail=False)
    return True


def down_up(bench):
    """An interface goes down and up."""
    end = bench.random.choice([bench.pf, bench.peer, *bench.ends])
    end.set("down")
    end.set("up")
    return True


def reset_vf(bench):
    """FLR of a VF of the host."""
    bench.nic.vf(bench.random.randrange(HOST_VFS)).write("reset", 1)
    return True


def reset_pf(bench):
    """FLR of the PF while its VFs are in use."""
    bench.nic.fn.write("reset", 1)
    return True


def rebind_vf(bench):
    """The driver of a VF of the host is unbound and bound."""
    num = bench.random.randrange(HOST_VFS)
    fn = bench.nic.vf(num)
    bench.set_vf(num, "state auto")
    fn.unbind()
    fn.probe()
    bench.ends[num] = bench.nic.vf_end(num, bench.spaces[num])
    return True


ACTIONS = {guest_comes: 4, guest_stops: 1, guest_dies: 2, guest_knob: 4,
           vf_knob: 8, netdev_knob: 6, down_up: 2, reset_vf: 2, reset_pf: 1,
           rebind_vf: 2}


def _heal(bench):
    """Back to what lets everybody talk to everybody, and the PF to the same
    queues each time, as what it keeps is compared."""
    for opt, args in ("-L", "combined 2"), ("-G", "rx 1024 tx 1024"):
        bench.pf.ethtool(opt, args, fail=False)
    for num in range(VFS):
        for value in ("vlan 0", "state auto", "max_tx_rate 0", "min_tx_rate 0",
                      f"mac {vf_mac(num)}"):
            bench.set_vf(num, value)
    for end in (bench.pf, bench.peer, *bench.ends):
        end.up()


def _answers(bench, end):
    """It has heard of what was set, and others of its address."""
    for other in (bench.peer, bench.pf):
        other.cmd(f"ip neigh flush dev {other.dev}")
        wait_until(lambda o=other: reaches(o, end), f"{end} to be reached")


def _works(bench):
    """Whoever is there answers."""
    _heal(bench)
    for end in bench.ends:
        wait_until(lambda e=end: e.mac in
                   [vf_mac(num) for num in range(HOST_VFS)],
                   f"address of {end}")
        _answers(bench, end)
        ping(end, bench.peer)
        ping(bench.pf, end)
    for num, guest in sorted(bench.guests.items()):
        end = End(guest, guest.dev, 10 + num)
        wait_until(lambda e=end, n=num: e.mac == vf_mac(n),
                   f"address of {end}")
        _answers(bench, end)
        ping(bench.peer, end)


def _lost(before, after):
    """What is not given back."""
    lost = [what for what in ("interrupts", "mappings", "IOMMU groups",
                              "processes") if after[what] != before[what]]
    if after["open files"] - before["open files"] > FILES:
        lost.append("open files")
    return lost + [f"memory: {what}" for what, most in TOLERANCE.items()
                   if after["memory"][what] - before["memory"][what] > most]


def soak(bench):
    """At random for a while; nothing is left of it."""
    ksft_pr(f"seed {SEED}, {SECONDS} s, up to {GUESTS} guests "
            f"(SOAK_SEED={SEED} does the same again)")
    # all that takes memory for good has been there once
    bench.make_vfs()
    for num in range(HOST_VFS, VFS):
        bench.start_guest(num)
    with Paced(bench.pf, bench.peer):
        _works(bench)
    bench.guests.pop(HOST_VFS).kill()
    before = bench.kept()

    bench.make_vfs()
    bench.start_guest(HOST_VFS)
    weights = list(ACTIONS.values())
    count = dict.fromkeys(ACTIONS, 0)
    end = time.monotonic() + SECONDS
    with Paced(bench.pf, bench.peer) as stream:
        while time.monotonic() < end:
            action, = bench.random.choices(list(ACTIONS), weights)
            ksft_pr(f"{end - time.monotonic():.0f} s left: {action.__name__}")
            try:
                count[action] += bool(action(bench))
            except CmdError as err:
                raise CmdError(f"{action.__name__} (SOAK_SEED={SEED})",
                               err.ret, err.stdout, err.stderr) from err
            stream.wait_moving(1 << 16)
    ksft_pr(", ".join(f"{action.__name__} {num}"
                      for action, num in count.items()))
    _works(bench)
    # VFs are gone for a while when their PF is reset, and are back
    ksft_eq(said(r"svnic.*(stays|hangs)"), [])

    after = {}

    def settled():
        after.update(bench.kept())
        return not _lost(before, after)

    # some of it is given back later
    with contextlib.suppress(TimeoutError):
        wait_until(settled, "what is given back", 60, pause=1)
    ksft_pr(f"before {before}")
    ksft_pr(f"after  {after}")
    ksft_eq(_lost(before, after), [], "lost")


if __name__ == "__main__":
    ksft_run([soak], setup=Bench)
