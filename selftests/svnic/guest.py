#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""VFs in two KVM guests: traffic, isolation, and killed VMMs."""

import errno
import os
import re

from lib import (CmdError, End, FULL, Guest, Nic, boot_guests, defer,
                 ksft_eq, ksft_ge, ksft_gt, ksft_in, ksft_lt, ksft_not_in,
                 ksft_pr, ksft_raises, ksft_run, ksft_true, ping, transfer,
                 wait_until)
from lib.drivers import Paced
from lib.frames import BROADCAST, ETH_P_TEST, Watch, frame, mark, send
from lib.nic import vf_mac

MIB = 1 << 20
# the first kill while it receives, the next while it sends, and so on
KILLS = 100 if FULL else 1
# part of its rate that a neighbour must have meanwhile
STEADY = 0.95
NEW_MAC = "02:5e:00:00:01:00"
GROUP = "01:00:5e:00:77:01"
ABOUT = re.compile("svnic|eth[0-9]|pci", re.I)
# the guest's stack waits 15 seconds before it makes a request by itself
AWAY = 20
# Seconds for which rtnl in a guest may be held meanwhile; a driver that holds
# it while it waits for an answer holds it for five.
ASK = 4
# a sender of frames in a guest: DEV COUNT HEX
SEND = """
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
for _ in range(int(sys.argv[2])):
    sock.send(bytes.fromhex(sys.argv[3]))
"""
# maximum time of RTM_GETLINK in a guest: DEV SECONDS of trying
LIST = """
import socket, struct, sys, time
index = socket.if_nametoindex(sys.argv[1])
end, slowest = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end:
    start = time.monotonic()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.send(struct.pack("=IHHII4xi8x", 32, 18, 1, 1, 0, index))
        sock.recv(65536)
    slowest = max(slowest, time.monotonic() - start)
    time.sleep(0.05)
print(slowest)
"""


class Bench:
    """Two guests, g1 with VF 0 and g2 with VF 1."""

    def __init__(self):
        self.nic = Nic().start()
        self.pf, self.peer = self.nic.pf, self.nic.peer
        self.nic.set_vfs(2)
        defer(self.nic.set_vfs, 0)
        for num in range(2):
            self.nic.set_vf_mac(num, vf_mac(num))
        self.guests = [Guest(f"g{num + 1}", vf=num) for num in range(2)]
        for guest in self.guests:
            defer(guest.stop)
        boot_guests(*self.guests)
        self.one, self.two = (self.end(num) for num in range(2))

    def end(self, num):
        """The netdev of a guest that has booted, up."""
        guest = self.guests[num]
        return End(guest, guest.dev, 10 + num, guest.name).up()

    def log(self, num):
        """Messages of a guest's kernel about its NIC. There may be some
        because of a CPU that was late; lab-klog finds real errors."""
        text = self.nic.host.cmd(f"lab-guest log {self.guests[num]}").stdout
        return [line for line in text.splitlines() if ABOUT.search(line)]


def _send(end, data, count=1):
    end.cmd(["python3", "-c", SEND, end.dev, count, data.hex()])


def addresses(bench):
    """The guests have the addresses that the administrator gave the VFs."""
    for num, end in enumerate((bench.one, bench.two)):
        ksft_eq(end.mac, vf_mac(num))
        ksft_eq(bench.nic.vf_info(num)["address"], vf_mac(num))
        ksft_eq(bench.nic.vf(num).driver, "vfio-pci")
        ksft_in(f"driver: {bench.nic.vf_driver}\n", end.ethtool("-i").stdout)


def traffic(bench):
    """Guest to guest, to the wire, to the PF, and back."""
    for end in (bench.two, bench.peer, bench.pf):
        ping(bench.one, end)
        ping(end, bench.one, six=True)
        transfer(bench.one, end, 8 * MIB)
        transfer(end, bench.one, 8 * MIB, six=True)


def isolation(bench):
    """Guest 2 gets its own unicast and broadcast, but no unicast of guest 1."""
    one, two = bench.one, bench.two
    for end in (bench.peer, bench.pf, two):
        ping(one, end)
    # promiscuous, as far as the PF allows it to an untrusted guest
    sniff = two.node.bkg(
        ["sh", "-c", f"tcpdump -U -i {two.dev} -w /tmp/pcap < /dev/null & "
         "cat; kill -INT $!; wait $!"], stdin=True)
    sniff.wait_line("listening on")
    transfer(one, bench.peer, 2 * MIB)
    transfer(bench.peer, one, 2 * MIB)
    transfer(one, bench.pf, MIB)
    nobody = "02:5e:00:00:77:77"
    _send(one, frame(nobody, one.mac, mark()))
    _send(one, frame(BROADCAST, one.mac, mark()))
    ping(bench.peer, two)
    transfer(bench.peer, two, MIB)
    sniff.close_stdin()
    ksft_eq(sniff.wait(), 0, sniff.stderr)

    seen = two.cmd("tcpdump -e -n -r /tmp/pcap").stdout.splitlines()
    heads = [re.search(r" ([0-9a-f:]{17}) > ([0-9a-f:]{17}|Broadcast)", line)
             for line in seen]
    pairs = [(h[1], h[2]) for h in heads if h]
    ksft_ge(len(pairs), len(seen) // 2, "tcpdump's lines")
    ksft_in((bench.peer.mac, two.mac), pairs)
    ksft_true({(one.mac, BROADCAST), (one.mac, "Broadcast")} & set(pairs),
              "the other guest's broadcast is seen")
    foreign = [line for line, (src, dst) in zip(seen, pairs)
               if src != two.mac and dst not in (two.mac, BROADCAST,
                                                 "Broadcast")
               and not int(dst[:2], 16) & 1]
    ksft_eq(foreign, [], "unicast of others")
    ksft_eq(two.cmd(f"tcpdump -n -r /tmp/pcap tcp and host {one.v4}"
                    ).stdout, "")
    ksft_pr(f"{len(seen)} frames seen")


def spoof(bench):
    """Frames with a source address of others are dropped and counted."""
    bench.nic.need_svnic("other counters")
    one, two = bench.one, bench.two
    bad, good, count = mark(), mark(), 10
    before = one.stat("tx_spoof_mac")
    with Watch(bench.peer) as wire, Watch(bench.pf) as pf:
        for src in (two.mac, "02:5e:00:00:66:66", bench.peer.mac):
            for dst in (bench.peer.mac, bench.pf.mac, BROADCAST):
                _send(one, frame(dst, src, bad), count)
        _send(one, frame(BROADCAST, one.mac, good))
        for watch in (wire, pf):
            ksft_true(watch.wait(good), "a frame from its own address")
            ksft_eq(watch.saw(bad), 0, "frames with a foreign source")
    ksft_eq(one.stat("tx_spoof_mac"), before + 9 * count)
    # no MAC table has learnt from these frames
    ping(bench.peer, two)
    ping(bench.pf, bench.peer)


def own_address(bench):
    """An address that the administrator gave cannot be changed in a guest."""
    with ksft_raises(CmdError):
        bench.one.set(f"address {NEW_MAC}")
    ksft_eq(bench.one.mac, vf_mac(0))
    ping(bench.peer, bench.one)


def admin_address(bench):
    """A new address of the administrator reaches the running guest."""
    one = bench.one
    index = one.link()["ifindex"]

    def change(mac):
        bench.nic.set_vf_mac(0, mac)
        wait_until(lambda: one.mac == mac, f"address {mac} in the guest")
        for end in (bench.peer, bench.pf, bench.two):
            end.cmd(f"ip neigh flush dev {end.dev}")

    defer(change, vf_mac(0))
    with Paced(bench.two, bench.peer):
        for mac in (NEW_MAC, vf_mac(0), NEW_MAC):
            change(mac)
            for end in (bench.peer, bench.pf, bench.two):
                ping(end, one)
            ksft_eq(bench.nic.vf_info(0)["address"], mac)
        transfer(one, bench.peer, 4 * MIB)
    ksft_eq(one.link()["ifindex"], index)


def kill(bench):
    """A VMM is killed during a transfer: the VF is reset, the other guest not
    disturbed."""
    two, guest, vf = bench.two, bench.guests[0], bench.nic.vf(0)
    said = len(bench.log(1))
    # an emulated CPU of the other guest may be late: the PF is checked, too
    with Paced(two, bench.peer, rate=MIB) as other, \
            Paced(bench.pf, bench.peer, rate=MIB, steady=STEADY):
        for turn in range(KILLS):
            ends = (bench.one, bench.peer)
            stream = Paced(*(ends if turn % 2 else reversed(ends)))
            stream.wait_moving()
            guest.kill()
            stream.abandon()
            ksft_eq(int(bench.nic.host.cmd(
                f"setpci -s {vf.bdf} COMMAND").stdout, 16) & 4, 0,
                "bus mastering of a VF that nobody has")
            other.wait_moving()
            guest.start()
            bench.one = bench.end(0)
            ksft_eq(bench.one.mac, vf_mac(0))
            ping(bench.one, two)
            transfer(bench.one, bench.peer, 4 * MIB)
            ksft_pr(f"kill {turn + 1} of {KILLS}")
    ksft_gt(other.bytes, KILLS * MIB)
    ksft_eq(bench.log(1)[said:], [], "what the other guest's kernel said")


def other_number(bench):
    """While guests have VFs, their number cannot change, and nothing
    happens."""
    nic = bench.nic
    with Paced(bench.one, bench.two) as stream:
        for count, error in ((0, errno.EBUSY), (1, errno.EBUSY),
                             (3, errno.EBUSY), (nic.vf_max, errno.EBUSY),
                             (nic.vf_max + 1, errno.ERANGE),
                             (-1, errno.EINVAL)):
            with ksft_raises(OSError) as raised:
                nic.set_vfs(count)
            ksft_eq(getattr(raised.exception, "errno", 0), error, count)
            ksft_eq(nic.vfs, 2)
        stream.wait_moving()
    for num in range(2):
        ksft_eq(nic.vf(num).driver, "vfio-pci")
        ksft_eq(nic.vf_info(num)["address"], vf_mac(num))


def pf_driver(bench):
    """The PF's driver is unbound and bound: guests do not notice."""
    nic = bench.nic
    said = [len(bench.log(num)) for num in range(2)]
    with Paced(bench.one, bench.two) as stream:
        nic.fn.unbind()
        stream.wait_moving()
        ping(bench.one, bench.peer)
        nic.fn.probe()
        nic.start()
        stream.wait_moving()
    ksft_eq(nic.vfs, 2)
    for num, end in enumerate((bench.one, bench.two)):
        ksft_eq(nic.vf_info(num)["address"], vf_mac(num))
        ping(end, bench.pf)
        ksft_eq(bench.log(num)[said[num]:], [], f"said by {end}")
    # the PF's new driver serves the guests
    bench.one.set("mtu 1400")
    bench.one.set("mtu 1500")
    transfer(bench.one, bench.peer, 4 * MIB)


def _hears(bench, end, dst):
    """True if a guest receives frames that the peer sends to DST."""
    with end.node.bkg(["tcpdump", "-p", "-c", "1", "-i", end.dev, "ether",
                       "proto", str(ETH_P_TEST), "and", "ether", "dst",
                       dst]) as heard:
        heard.wait_line("listening on")

        def come():
            send(bench.peer, frame(dst, bench.peer.mac, mark()))
            return heard.proc.poll() is not None
        wait_until(come, f"{dst} in the guest", pause=0.5)


def pf_away(bench):
    """Settings of a guest without a PF driver take effect when there is one."""
    nic, one = bench.nic, bench.one
    nic.fn.unbind()
    with one.node.bkg(["python3", "-c", LIST, one.dev, AWAY]) as lister:
        one.cmd(f"ip maddr add {GROUP} dev {one.dev}")
        ksft_eq(lister.wait(), 0, lister.stderr)
    slowest = float(lister.stdout)
    ksft_pr(f"slowest ip link without a PF: {slowest:.1f} s")
    ksft_lt(slowest, ASK)
    ping(one, bench.peer)
    with ksft_raises(CmdError):
        one.set("mtu 1400")
    nic.fn.probe()
    nic.start()
    _hears(bench, one, GROUP)
    one.cmd(f"ip maddr del {GROUP} dev {one.dev}")
    one.set("mtu 1400")
    one.set("mtu 1500")


def stop(bench):
    """When the guests have stopped, VFs can be removed, and new ones made."""
    nic = bench.nic
    for guest in bench.guests:
        guest.stop()
    nic.set_vfs(0)
    nic.set_vfs(2)
    ping(nic.vf_end(0), bench.peer)
    nic.set_vfs(0)
    ksft_not_in("virtfn0", os.listdir(nic.fn.path))


if __name__ == "__main__":
    ksft_run([addresses, traffic, isolation, spoof, own_address, admin_address,
              kill, other_number, pf_driver, pf_away, stop], setup=Bench)
