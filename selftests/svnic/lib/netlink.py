# SPDX-License-Identifier: GPL-2.0-only
"""Queue statistics of the netdev family (Documentation/netlink/specs/netdev),
and a NIC's counters of its VFs (rtnetlink)."""

import os
import socket
import struct

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
NETDEV_CMD_QSTATS_GET = 12
SCOPE, SCOPE_QUEUE = 4, 1
QUEUE_TYPE, QUEUE_ID = 2, 3
RTM_GETLINK = 18
IFLA_VFINFO_LIST, IFLA_EXT_MASK, RTEXT_FILTER_VF = 22, 29, 1
IFLA_VF_MAC, IFLA_VF_STATS = 1, 8
IFLA_VF_STATS_TX_BYTES = 3
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


def _ask(sock, family, head, attrs, flags):
    """The attributes of each answer; HEAD precedes those of a message."""
    payload = head + attrs
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
            yield dict(_attrs(body[len(head):]))
        if not flags & NLM_F_DUMP:
            return


def _genl(command):
    return struct.pack("<BBH", command, 1, 0)


def qstats(dev, queues=False):
    """Statistics of DEV: a dictionary, or with QUEUES a list, one per queue."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       NETLINK_GENERIC) as sock:
        sock.bind((0, 0))
        family = next(_ask(sock, GENL_ID_CTRL, _genl(CTRL_CMD_GETFAMILY),
                           _attr(CTRL_ATTR_FAMILY_NAME, b"netdev\0"), 0))
        family = struct.unpack("<H", family[CTRL_ATTR_FAMILY_ID])[0]
        ask = _attr(1, struct.pack("<I", socket.if_nametoindex(dev)))
        if queues:
            ask += _attr(SCOPE, struct.pack("<Q", SCOPE_QUEUE))
        found = [{NAMES[k]: int.from_bytes(v, "little")
                  for k, v in msg.items() if k in NAMES}
                 for msg in _ask(sock, family, _genl(NETDEV_CMD_QSTATS_GET),
                                 ask, NLM_F_DUMP)]
    return found if queues else found[0]


def vf_tx_bytes(dev):
    """Bytes that each VF of DEV has sent, as the device counts them."""
    head = struct.pack("<BBHiII", socket.AF_UNSPEC, 0, 0,
                       socket.if_nametoindex(dev), 0, 0)
    mask = _attr(IFLA_EXT_MASK, struct.pack("<I", RTEXT_FILTER_VF))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       NETLINK_ROUTE) as sock:
        sock.bind((0, 0))
        link = next(_ask(sock, RTM_GETLINK, head, mask, 0))
    found = {}
    for _, info in _attrs(link[IFLA_VFINFO_LIST]):
        info = dict(_attrs(info))
        # every member begins with the VF's number
        num, = struct.unpack_from("<I", info[IFLA_VF_MAC])
        stats = dict(_attrs(info[IFLA_VF_STATS]))
        found[num] = int.from_bytes(stats[IFLA_VF_STATS_TX_BYTES], "little")
    return found
