#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Requests of guests that are not allowed: the administrator's settings have
precedence, and requests of a correct driver are no offence."""

import tempfile
from pathlib import Path

from lib import (Netns, Nic, cmd, defer, ksft_eq, ksft_ne, ksft_run, ksft_true,
                 ping, wait_until)
from lib.frames import BROADCAST, Watch, frame, mark, send
from lib.nic import vf_mac

CHOSEN = "02:5e:cc:cc:cc:cc"
NONE = "00:00:00:00:00:00"
FRAMES = 20
# as many as a host has containers
MACVLANS = 200
SOURCE = Path(__file__).parent / "lib/hostile.c"
UAPI = Path(__file__).parents[2] / "uapi"


class Bench(Nic):
    """Two VFs, each a netdev in a name space of its own."""

    def __init__(self):
        super().__init__()
        self.need_svnic("its rules are others")
        self.start()
        self.spaces = [Netns(f"vf{num}") for num in range(2)]
        self.set_vfs(2)
        defer(self.close)
        self.one, self.two = (self.vf_end(num, self.spaces[num], vf_mac(num))
                              for num in range(2))

    def close(self):
        """Remove everything."""
        for space in self.spaces:
            space.delete()
        self.set_vfs(0)

    def free(self):
        """VF 0 without an administrator's address; returns its address."""
        self.set_vf_mac(0, NONE)
        defer(self.set_vf_mac, 0, vf_mac(0))
        wait_until(lambda: self.one.mac == self.vf_info(0)["address"],
                   "the address of its own")
        wait_until(self.one.carrier, "link")
        return self.one.mac

    def only(self, owner, other):
        """Frames to CHOSEN from the wire reach one VF and not the other."""
        number, last = mark(), mark()
        with Watch(owner) as mine, Watch(other) as foreign:
            send(self.peer, frame(CHOSEN, self.peer.mac, number), FRAMES)
            send(self.peer, frame(BROADCAST, self.peer.mac, last))
            ksft_true(mine.wait(last), "broadcast at the owner")
            ksft_true(foreign.wait(last), "broadcast at the other")
            ksft_eq(mine.saw(number), FRAMES, "frames at the owner")
            ksft_eq(foreign.saw(number), 0, "frames at the other")

    def health(self):
        """What the reporter says about VFs, by their numbers."""
        shown = self.devlink(f"health diagnose pci/{self.fn.bdf} reporter vf",
                             parse=True)
        return {vf["vf"]: vf for vf in shown["VFs"]}


def given_away(bench):
    """An address that a guest has set is given to another VF by the
    administrator, and the guest is notified."""
    old = bench.free()
    bench.one.set(f"address {CHOSEN}")
    defer(bench.one.set, f"address {old}", fail=False)
    ksft_eq(bench.vf_info(0)["address"], CHOSEN)
    bench.set_vf_mac(1, CHOSEN)
    defer(bench.set_vf_mac, 1, vf_mac(1))
    # at once, not only when the drivers have been notified
    bench.only(bench.two, bench.one)
    ksft_eq(bench.vf_info(0)["address"], old)
    wait_until(lambda: bench.two.mac == CHOSEN, "the new owner to know")
    wait_until(lambda: bench.one.mac == old, "the old owner to know")
    bench.peer.cmd(f"ip neigh flush dev {bench.peer.dev}")
    ping(bench.peer, bench.one)
    ping(bench.peer, bench.two)


def given_away_filter(bench):
    """The same for a second address of the guest."""
    bench.free()
    bench.one.cmd(f"bridge fdb add {CHOSEN} dev {bench.one.dev} self")
    defer(bench.one.cmd, f"bridge fdb del {CHOSEN} dev {bench.one.dev} self")

    def heard():
        number = mark()
        with Watch(bench.one) as watch:
            send(bench.peer, frame(CHOSEN, bench.peer.mac, number))
            return watch.wait(number, 1)

    wait_until(heard, "the address")
    bench.set_vf_mac(1, CHOSEN)
    defer(bench.set_vf_mac, 1, vf_mac(1))
    bench.only(bench.two, bench.one)


def given_by_vlan(bench):
    """The same if the other VF is moved to the guest's VLAN."""
    old = bench.free()
    bench.set_vf_vlan(0, 6)
    defer(bench.set_vf_vlan, 0, 0)
    bench.set_vf_vlan(1, 5)
    defer(bench.set_vf_vlan, 1, 0)
    bench.set_vf_mac(1, CHOSEN)
    defer(bench.set_vf_mac, 1, vf_mac(1))
    # in different port VLANs both may have it
    bench.one.set(f"address {CHOSEN}")
    defer(bench.one.set, f"address {old}", fail=False)
    ksft_eq(bench.vf_info(0)["address"], CHOSEN)
    bench.set_vf_vlan(1, 0)
    ksft_eq(bench.vf_info(0)["address"], old)
    bench.set_vf_vlan(0, 0)
    bench.only(bench.two, bench.one)
    wait_until(lambda: bench.one.mac == old, "the old owner to know")


def given_back(bench):
    """The same if its trusted owner had another address for a while."""
    old = bench.free()
    bench.set_vf_mac(1, CHOSEN)
    defer(bench.set_vf_mac, 1, vf_mac(1))
    bench.set_vf_trust(1, True)
    defer(bench.set_vf_trust, 1, False)
    wait_until(lambda: bench.two.mac == CHOSEN, "the owner to know")
    bench.two.set(f"address {vf_mac(1)}")
    bench.one.set(f"address {CHOSEN}")
    defer(bench.one.set, f"address {old}", fail=False)
    ksft_eq(bench.vf_info(0)["address"], CHOSEN)
    bench.two.set(f"address {CHOSEN}")
    ksft_eq(bench.vf_info(0)["address"], old)
    bench.only(bench.two, bench.one)
    wait_until(lambda: bench.one.mac == old, "the guest to know")


def chooses(end, mac):
    """True if the PF lets the guest have the address."""
    old = end.mac
    end.set(f"address {mac}", fail=False)
    got = end.mac == mac
    end.set(f"address {old}", fail=False)
    return got


def across_vlans(bench):
    """A guest without a port VLAN adds the VLAN of a neighbour, but does not
    get its address; nor does the neighbour get addresses from outside."""
    bench.free()
    one, two = bench.one, bench.two
    bench.set_vf_mac(1, NONE)
    defer(bench.set_vf_mac, 1, vf_mac(1))
    bench.set_vf_vlan(1, 5)
    defer(bench.set_vf_vlan, 1, 0)
    wait_until(lambda: two.mac == bench.vf_info(1)["address"], "its address")
    one.cmd(f"ip link add link {one.dev} name tag5 up type vlan id 5")
    defer(one.cmd, "ip link del tag5")

    ksft_true(not chooses(one, two.mac), "took the address behind a VLAN")
    ksft_true(not chooses(two, one.mac), "took the address outside")
    ksft_true(not chooses(two, bench.pf.mac), "took the PF's address")

    # if the administrator sets it, both have it, each in its own VLAN
    bench.set_vf_vlan(0, 6)
    defer(bench.set_vf_vlan, 0, 0)
    for num, end in enumerate((one, two)):
        bench.set_vf_mac(num, CHOSEN)
        wait_until(lambda end=end: end.mac == CHOSEN, "the address")
    ksft_eq([bench.vf_info(num)["address"] for num in range(2)],
            [CHOSEN, CHOSEN])




def given_to_pf(bench):
    """The same for an address that is set on the PF's netdev."""
    old, pf = bench.free(), bench.pf
    own = pf.mac
    bench.one.set(f"address {CHOSEN}")
    defer(bench.one.set, f"address {old}", fail=False)
    pf.set(f"address {CHOSEN}")
    defer(pf.set, f"address {own}")
    bench.only(pf, bench.one)
    wait_until(lambda: bench.one.mac == old, "the old owner to know")


def fixed(bench):
    """A guest loses its other addresses if the administrator sets one."""
    bench.free()
    one = bench.one
    one.cmd(f"bridge fdb add {CHOSEN} dev {one.dev} self")
    defer(one.cmd, f"bridge fdb del {CHOSEN} dev {one.dev} self")
    number = mark()

    def passes(number):
        with Watch(bench.peer) as wire:
            send(one, frame(BROADCAST, CHOSEN, number))
            return wire.wait(number, 1)

    wait_until(lambda: passes(mark()), "a frame from the second address")
    bench.set_vf_mac(0, vf_mac(0))
    ksft_true(not passes(number), "still sends from the second address")


def macvlans(bench):
    """Containers of a guest whose address is fixed: the guest does not get
    their addresses, and there are no other consequences, whether its driver
    requests them or not."""
    one = bench.one
    room = tempfile.TemporaryDirectory()
    defer(room.cleanup)
    add, rest = Path(room.name, "add"), Path(room.name, "del")
    add.write_text("".join(f"link add link {one.dev} name mv{num} up type "
                           "macvlan mode bridge\n"
                           for num in range(MACVLANS)))
    rest.write_text("".join(f"link del mv{num}\n"
                            for num in range(MACVLANS)))
    defer(one.cmd, f"ip -force -batch {rest}", fail=False)
    one.cmd(f"ip -batch {add}")
    # it is answered after all requests that were made before
    one.set("mtu 1400")
    defer(one.set, "mtu 1500")
    ksft_eq(bench.health().get(0, {}).get("times_stopped", 0), 0)
    ping(one, bench.peer)


def over_reload(bench):
    """Settings of VFs in guests are kept when the PF's driver is reloaded:
    trust, and which addresses were set."""
    room = tempfile.TemporaryDirectory()
    defer(room.cleanup)
    cmd("modprobe vfio-pci")
    cmd(["gcc", "-O2", "-Wall", "-I", UAPI, "-o", f"{room.name}/hostile",
         SOURCE])
    own = bench.free()
    vf = bench.vf(1)

    def home():
        vf.unbind()
        vf.override(None)
        vf.probe()

    vf.unbind()
    vf.override("vfio-pci")
    vf.probe()
    defer(home)
    bench.set_vf_trust(1, True)
    defer(bench.set_vf_trust, 1, False)
    guest = bench.host.bkg([f"{room.name}/hostile", vf.bdf, "stuck"],
                           stdin=True)
    defer(guest.wait)
    defer(guest.close_stdin)
    guest.wait_line("ready")

    def infos():
        found = [bench.vf_info(num) for num in range(2)]
        # the VFs may receive frames meanwhile
        for info in found:
            info.pop("stats", None)
        return found

    shown = infos()
    bench.fn.unbind()
    bench.fn.probe()
    dev = wait_until(bench.fn.netdev, "netdev of the PF")
    if dev != bench.pf.dev:
        cmd(f"ip link set dev {dev} name {bench.pf.dev}")
    bench.start()
    ksft_eq(infos(), shown)
    # it is also known who has set the addresses
    for num, mac in ((0, own), (1, shown[1]["address"])):
        bench.set_vf_mac(num, vf_mac(num))
        bench.set_vf_mac(num, NONE)
        if not num:
            ksft_eq(bench.vf_info(num)["address"], mac)
        else:
            ksft_ne(bench.vf_info(num)["address"], mac)
    bench.set_vf_mac(1, vf_mac(1))
    ping(bench.one, bench.peer)


if __name__ == "__main__":
    ksft_run([given_away, given_away_filter, given_by_vlan, given_back,
              across_vlans, given_to_pf, fixed, macvlans, over_reload],
             setup=Bench)
