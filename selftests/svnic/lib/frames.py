# SPDX-License-Identifier: GPL-2.0-only
"""Ethernet frames made by the tests, and who receives them."""

import contextlib
import itertools
import socket
import struct
import time

ETH_P_ALL = 0x0003
ETH_P_8021Q = 0x8100
ETH_P_TEST = 0x88b5     # IEEE: local experiments
PACKET_OUTGOING = 4
SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_VLAN_VALID = 0x10
BROADCAST = "ff:ff:ff:ff:ff:ff"
_marks = itertools.count(1)


def mac_bytes(mac):
    """The six bytes of an address."""
    return bytes.fromhex(mac.replace(":", ""))


def _socket(end, proto):
    """A packet socket on END's netdev, which is on this host."""
    with end.space():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                             socket.htons(proto))
        sock.bind((end.dev, proto))
        return sock


def frame(dst, src, mark, size=64):
    """A test frame that carries the number MARK."""
    head = mac_bytes(dst) + mac_bytes(src) + struct.pack("!HI", ETH_P_TEST,
                                                         mark)
    return head.ljust(size, b"\0")


def tagged(data, vid, proto=ETH_P_8021Q):
    """The frame with a VLAN tag."""
    return data[:12] + struct.pack("!HH", proto, vid) + data[12:]


def send(end, data, count=1):
    """Send a frame through END's netdev."""
    with _socket(end, 0) as sock:
        for _ in range(count):
            sock.send(data)


def _tagged(data, aux):
    """The frame with its VLAN tag, which the kernel delivers separately."""
    for level, kind, val in aux:
        if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
            continue
        status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", val)
        if status & TP_STATUS_VLAN_VALID:
            return data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
    return data


class Watch:
    """What END's netdev receives while the context lasts."""

    def __init__(self, end):
        self.sock = _socket(end, ETH_P_ALL)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.frames = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def take(self):
        """All frames that have arrived."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data, aux, _, addr = self.sock.recvmsg(1 << 16, 64,
                                                       socket.MSG_DONTWAIT)
                if addr[2] != PACKET_OUTGOING:
                    self.frames.append(_tagged(data, aux))
        return self.frames

    def saw(self, mark):
        """Number of test frames with MARK that have arrived, tagged or not."""
        want = struct.pack("!HI", ETH_P_TEST, mark)
        return sum(want in (f[12:18], f[16:22]) for f in self.take())

    def wait(self, mark, timeout=60):
        """Wait for a test frame with MARK."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.saw(mark):
                return True
            time.sleep(0.02)
        return False


def mark():
    """A number that no other frame of this program has."""
    return next(_marks)
