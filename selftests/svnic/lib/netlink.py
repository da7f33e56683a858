# SPDX-License-Identifier: GPL-2.0-only
"""Queue statistics of the netdev family (Documentation/netlink/specs/netdev)."""

import os
import socket
import struct

NETLINK_GENERIC = 16
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
NETDEV_CMD_QSTATS_GET = 12
SCOPE, SCOPE_QUEUE = 4, 1
QUEUE_TYPE, QUEUE_ID = 2, 3
FIRST_COUNTER = 8
COUNTERS = ("rx-packets", "rx-bytes", "tx-packets", "tx-bytes",
            "rx-alloc-fail", "rx-hw-drops", "rx-hw-drop-overruns",
            "rx-csum-complete", "rx-csum-unnecessary", "rx-csum-none",
            "rx-csum-bad", "rx-hw-gro-packets", "rx-hw-gro-bytes",
            "rx-hw-gro-wire-packets", "rx-hw-gro-wire-bytes",
            "rx-hw-drop-ratelimits", "tx-hw-drops", "tx-hw-drop-errors",
            "tx-csum-none", "tx-needs-csum", "tx-hw-gso-packets",
            "tx-hw-gso-bytes", "tx-hw-gso-wire-packets",
            "tx-hw-gso-wire-bytes")
NAMES = {FIRST_COUNTER + n: name for n, name in enumerate(COUNTERS)}
NAMES |= {QUEUE_TYPE: "queue-type", QUEUE_ID: "queue-id"}


def _attr(kind, data):
    pad = -len(data) % 4
    return struct.pack("<HH", len(data) + 4, kind) + data + b"\0" * pad


def _attrs(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("<HH", data)
        yield kind & 0x3fff, data[4:size]
        data = data[(size + 3) & ~3:]


def _ask(sock, family, command, attrs, flags):
    payload = struct.pack("<BBH", command, 1, 0) + attrs
    sock.send(struct.pack("<IHHII", len(payload) + 16, family,
                          flags | NLM_F_REQUEST, 1, 0) + payload)
    while True:
        data = sock.recv(1 << 16)
        while data:
            size, kind = struct.unpack_from("<IH", data)
            body = data[16:size]
            data = data[(size + 3) & ~3:]
            if kind == NLMSG_ERROR:
                err = struct.unpack_from("<i", body)[0]
                if err:
                    raise OSError(-err, os.strerror(-err))
                return
            if kind == NLMSG_DONE:
                return
            yield dict(_attrs(body[4:]))
        if not flags & NLM_F_DUMP:
            return


def qstats(dev, queues=False):
    """Statistics of DEV: a dictionary, or with QUEUES a list, one a queue."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       NETLINK_GENERIC) as sock:
        sock.bind((0, 0))
        family = next(_ask(sock, GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
                           _attr(CTRL_ATTR_FAMILY_NAME, b"netdev\0"), 0))
        family = struct.unpack("<H", family[CTRL_ATTR_FAMILY_ID])[0]
        ask = _attr(1, struct.pack("<I", socket.if_nametoindex(dev)))
        if queues:
            ask += _attr(SCOPE, struct.pack("<Q", SCOPE_QUEUE))
        found = [{NAMES[k]: int.from_bytes(v, "little")
                  for k, v in msg.items() if k in NAMES}
                 for msg in _ask(sock, family, NETDEV_CMD_QSTATS_GET, ask,
                                 NLM_F_DUMP)]
    return found if queues else found[0]
