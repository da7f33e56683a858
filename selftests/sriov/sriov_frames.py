#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Test frames on packet sockets, and the VLAN tags they came with. A module of
the tests, and a program for the remote end:

  sriov_frames.py watch IFNAME            prints a line for each test frame
  sriov_frames.py send IFNAME HEX...      sends frames, given in hex
"""

import itertools
import json
import os
import select
import socket
import struct
import sys
import time
from collections import namedtuple

ETH_P_ALL = 0x0003
ETH_P_8021Q = 0x8100
ETH_P_8021AD = 0x88a8
ETH_P_TEST = 0x88b5     # IEEE: local experiments
PACKET_OUTGOING = 4
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_AUXDATA = 8
PACKET_MR_PROMISC = 1
TP_STATUS_VLAN_VALID = 0x10
BROADCAST = "ff:ff:ff:ff:ff:ff"

# tags is a list of [EtherType, TCI], the outermost first
Seen = namedtuple("Seen", ["mark", "dst", "src", "tags", "size"])
_marks = itertools.count(os.getpid() << 12)


def new_mark():
    """ A number that no other frame has """
    return next(_marks) & 0xffffffff


def _mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def frame(dst, src, mark, tags=(), size=64):
    """ A frame of @size bytes with @tags, pairs of EtherType and TCI """
    data = _mac_bytes(dst) + _mac_bytes(src)
    for tag in tags:
        data += struct.pack("!HH", *tag)
    return (data + struct.pack("!HI", ETH_P_TEST, mark)).ljust(size, b"\0")


def parse(data, aux=()):
    """ A test frame as a Seen, None for any other frame """
    tags = []
    for level, kind, val in aux:
        if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
            continue
        status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", val)
        if status & TP_STATUS_VLAN_VALID:
            tags.append([tpid, tci])
    size = len(data) + 4 * len(tags)
    pos = 12
    while len(data) >= pos + 6:
        proto, tci = struct.unpack_from("!HH", data, pos)
        if proto == ETH_P_TEST:
            mark = struct.unpack_from("!I", data, pos + 2)[0]
            return Seen(mark, data[:6].hex(":"), data[6:12].hex(":"), tags,
                        size)
        if proto not in (ETH_P_8021Q, ETH_P_8021AD):
            return None
        tags.append([proto, tci])
        pos += 4
    return None


class FrameSocket:
    """ A packet socket; made in the network namespace that @ifname is in """

    def __init__(self, ifname, promisc=False):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        if promisc:
            self.sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                                 struct.pack("iHH8s",
                                             socket.if_nametoindex(ifname),
                                             PACKET_MR_PROMISC, 0, b""))
        self.sock.bind((ifname, ETH_P_ALL))

    def send(self, *frames):
        """ Send frames, in this order """
        for data in frames:
            self.sock.send(data)

    def receive(self, timeout):
        """ The test frames that arrive within @timeout, until a first one """
        end = time.monotonic() + timeout
        while True:
            left = max(end - time.monotonic(), 0)
            if not select.select([self.sock], [], [], left)[0]:
                return
            try:
                data, aux, _, addr = self.sock.recvmsg(1 << 16, 64)
            except OSError:
                continue        # the interface went down; it may come back
            seen = parse(data, aux)
            if seen and addr[2] != PACKET_OUTGOING:
                yield seen
                end = time.monotonic()

    def close(self):
        """ Close the socket """
        self.sock.close()


def _watch(ifname):
    sock = FrameSocket(ifname, promisc=True)
    print("ready", flush=True)
    # the reader may end without notice
    while os.getppid() != 1:
        for seen in sock.receive(5):
            print(json.dumps(seen), flush=True)


def main():
    """ The program for the remote end """
    if sys.argv[1] == "watch":
        _watch(sys.argv[2])
    else:
        FrameSocket(sys.argv[2]).send(*map(bytes.fromhex, sys.argv[3:]))


if __name__ == "__main__":
    main()
