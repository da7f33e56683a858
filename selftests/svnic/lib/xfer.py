#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Move octets by TCP and say what they were.

  xfer.py recv [--port N]
  xfer.py send HOST [--port N] [--rate N] [--bytes N]

Each prints a line of JSON when it is done: bytes, seconds, sha256, and for the
receiver "gap", the longest time in seconds without data, and "steps", the
octets of each half second. Without --bytes it sends until standard input ends;
--rate bounds the octets a second.
"""

import argparse
import hashlib
import json
import os
import select
import socket
import struct
import sys
import time

BLOCK = 1 << 20
# seconds
STEP = 0.5
# what is sent at once when the rate is bounded, and how many seconds of it are
# made up for: a CPU that is late is not the network's doing, one that stands
# still is
PIECE, CREDIT = 64 << 10, 2
SO_MAX_PACING_RATE = 47


def recv(listen):
    """Receive from whoever comes first."""
    print("ready", file=sys.stderr, flush=True)
    conn = listen.accept()[0]
    digest = hashlib.sha256()
    buf = memoryview(bytearray(BLOCK))
    start = last = time.monotonic()
    at, gap, steps = 0, 0, []
    while True:
        got = conn.recv_into(buf)
        now = time.monotonic()
        gap, last = max(gap, now - last), now
        if not got:
            break
        digest.update(buf[:got])
        at += got
        steps += [0] * (int((now - start) / STEP) + 1 - len(steps))
        steps[-1] += got
    return {"bytes": at, "seconds": now - start, "gap": gap,
            "steps": steps, "sha256": digest.hexdigest()}


def send(conn, size, rate):
    """Send SIZE octets, or until standard input ends. No two blocks alike."""
    block = bytearray(os.urandom(PIECE if rate else BLOCK))
    digest = hashlib.sha256()
    start = due = time.monotonic()
    at = 0
    while size is None or at < size:
        if size is None and select.select([0], [], [], 0)[0]:
            break
        struct.pack_into("<Q", block, 0, at)
        view = memoryview(block)[:None if size is None else size - at]
        digest.update(view)
        conn.sendall(view)
        at += len(view)
        if rate:
            now = time.monotonic()
            due = max(due + len(view) / rate, now - CREDIT)
            time.sleep(max(due - now, 0))
    conn.shutdown(socket.SHUT_WR)
    conn.recv(1)    # the receiver has all of it when it closes
    return {"bytes": at, "seconds": time.monotonic() - start,
            "sha256": digest.hexdigest()}


def main():
    """Parse the command line, do it, say it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("recv", "send"))
    parser.add_argument("host", nargs="?")
    parser.add_argument("--port", type=int, default=5201)
    parser.add_argument("--bytes", type=int)
    parser.add_argument("--rate", type=int)
    args = parser.parse_args()

    if args.what == "recv":
        # a listener of IPv6 takes IPv4 as well
        with socket.create_server(("", args.port), family=socket.AF_INET6,
                                  dualstack_ipv6=True) as listen:
            result = recv(listen)
    else:
        with socket.create_connection((args.host, args.port), 60) as conn:
            conn.settimeout(None)
            if args.rate:
                conn.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE,
                                2 * args.rate)
            result = send(conn, args.bytes, args.rate)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
