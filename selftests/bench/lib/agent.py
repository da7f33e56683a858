#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Counters of a netdev and of TCP, and when they were read.

  agent.py DEV

Runs at the netdev, as long as there is standard input. Each line of it requests
some of "net", "hw" and "tcp", and is answered by a line of JSON. A process that
waits costs less than one that must be started on a busy emulated CPU, and it
knows the time of each reading: "t", of a monotonic clock.
"""

import ctypes
import fcntl
import json
import socket
import struct
import sys
import time

SIOCETHTOOL = 0x8946
ETHTOOL_GDRVINFO, ETHTOOL_GSTRINGS, ETHTOOL_GSTATS = 0x03, 0x1b, 0x1d
ETH_SS_STATS = 1
ETH_GSTRING_LEN = 32
DRVINFO = struct.Struct("4x 32s 32s 32s 32s 32s 12x 5I")

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
INET_DIAG_INFO = 2
TCP_ESTABLISHED = 1
NLMSG_HEAD = struct.Struct("=IHHII")
DIAG_REQUEST = struct.Struct("=BBBxI48x")
# offsets in struct inet_diag_msg: the local port, and the first attribute
DIAG_PORT, DIAG_ATTRS = 4, 72
# offset of the bytes acked and received in struct tcp_info
TCP_INFO_BYTES = 120


def _align(size):
    return (size + 3) & ~3


class Ethtool:
    """The output of ethtool -S."""

    def __init__(self, dev):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dev = dev.encode()
        info = self._call(ETHTOOL_GDRVINFO, DRVINFO.size)
        count = DRVINFO.unpack(info)[6]
        text = self._call(ETHTOOL_GSTRINGS, 12 + count * ETH_GSTRING_LEN,
                          ETH_SS_STATS, count)[12:]
        self.names = [text[at:at + ETH_GSTRING_LEN].split(b"\0")[0].decode()
                      for at in range(0, len(text), ETH_GSTRING_LEN)]

    def _call(self, command, size, *words):
        buf = ctypes.create_string_buffer(size)
        struct.pack_into(f"={1 + len(words)}I", buf, 0, command, *words)
        fcntl.ioctl(self.sock, SIOCETHTOOL,
                    struct.pack("16sP16x", self.dev, ctypes.addressof(buf)))
        return buf.raw

    def read(self):
        """Names and values."""
        count = len(self.names)
        data = self._call(ETHTOOL_GSTATS, 8 + count * 8, count)
        return dict(zip(self.names, struct.unpack(f"={count}Q", data[8:])))


def net(dev):
    """The netdev's packets and bytes, received and sent."""
    before = time.monotonic()
    with open("/proc/net/dev", encoding="ascii") as text:
        line = next(line for line in text if line.strip().startswith(dev + ":"))
    words = [int(word) for word in line.split(":")[1].split()]
    return {"t": (before + time.monotonic()) / 2,
            "rx_packets": words[1], "rx_bytes": words[0],
            "tx_packets": words[9], "tx_bytes": words[8]}


def messages(data):
    """Type and content of netlink messages."""
    while len(data) >= NLMSG_HEAD.size:
        size, kind, _, _, _ = NLMSG_HEAD.unpack_from(data)
        yield kind, data[NLMSG_HEAD.size:size]
        data = data[_align(size):]


def tcp_bytes(content):
    """Local port of an inet_diag message, bytes acked and received."""
    port = struct.unpack_from("!H", content, DIAG_PORT)[0]
    at = DIAG_ATTRS
    while at + 4 <= len(content):
        size, kind = struct.unpack_from("=HH", content, at)
        if kind == INET_DIAG_INFO:
            return (port, *struct.unpack_from("=2Q", content,
                                              at + 4 + TCP_INFO_BYTES))
        at += _align(size)
    return port, 0, 0


def _dump(family):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    with sock:
        request = DIAG_REQUEST.pack(family, socket.IPPROTO_TCP,
                                    1 << (INET_DIAG_INFO - 1),
                                    1 << TCP_ESTABLISHED)
        sock.send(NLMSG_HEAD.pack(NLMSG_HEAD.size + len(request),
                                  SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP,
                                  1, 0) + request)
        while True:
            for kind, content in messages(sock.recv(1 << 16)):
                if kind == NLMSG_DONE:
                    return
                if kind == NLMSG_ERROR:
                    raise OSError(-struct.unpack_from("=i", content)[0],
                                  "inet_diag")
                yield tcp_bytes(content)


def tcp():
    """Bytes acked and received by the connections of each local port."""
    ports = {}
    before = time.monotonic()
    for family in socket.AF_INET, socket.AF_INET6:
        for port, acked, received in _dump(family):
            both = ports.setdefault(port, [0, 0])
            both[0] += acked
            both[1] += received
    return {"t": (before + time.monotonic()) / 2, "ports": ports}


def main():
    """Answer requests."""
    dev = sys.argv[1]
    ethtool = None
    for line in sys.stdin:
        answer = {}
        for what in line.split():
            if what == "hw":
                ethtool = ethtool or Ethtool(dev)
                answer[what] = ethtool.read()
            else:
                answer[what] = net(dev) if what == "net" else tcp()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
