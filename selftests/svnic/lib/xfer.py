#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Move octets by TCP and say what they were.

  xfer.py recv [--port N] [--file FILE --bytes N]
  xfer.py send HOST [--port N] [--rate N] (--file FILE | --bytes N | --stream)

Each prints a line of JSON when it is done: bytes, seconds, sha256, and for the
receiver "gap", the longest time in seconds without data. With FILE the hash is
made after the transfer and does not slow it down. --stream sends until
standard input ends; --rate bounds the octets a second.
"""

import argparse
import hashlib
import json
import mmap
import os
import select
import socket
import struct
import sys
import time

BLOCK = 1 << 20
SO_MAX_PACING_RATE = 47


def recv_file(conn, name, size):
    """Receive into FILE, whose memory is there before the first octet is."""
    with open(name, "w+b") as file:
        file.truncate(size)
        with mmap.mmap(file.fileno(), size,
                       flags=mmap.MAP_SHARED | mmap.MAP_POPULATE) as area, \
                memoryview(area) as view:
            print("ready", file=sys.stderr, flush=True)
            conn = conn.accept()[0]
            start = last = time.monotonic()
            at, gap = 0, 0
            while at < size:
                got = conn.recv_into(view[at:at + BLOCK])
                now = time.monotonic()
                gap, last = max(gap, now - last), now
                if not got:
                    break
                at += got
            seconds = time.monotonic() - start
            conn.close()
            return at, seconds, gap, hashlib.sha256(view[:at]).hexdigest()


def recv(listen):
    """Receive, hash and forget."""
    print("ready", file=sys.stderr, flush=True)
    conn = listen.accept()[0]
    digest = hashlib.sha256()
    buf = memoryview(bytearray(BLOCK))
    start = last = time.monotonic()
    at, gap = 0, 0
    while True:
        got = conn.recv_into(buf)
        now = time.monotonic()
        gap, last = max(gap, now - last), now
        if not got:
            break
        digest.update(buf[:got])
        at += got
    return at, now - start, gap, digest.hexdigest()


def send_file(conn, name):
    """Send FILE without a copy in user space."""
    with open(name, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = time.monotonic()
        conn.sendfile(file)
        conn.shutdown(socket.SHUT_WR)
        conn.recv(1)    # the receiver has all of it when it closes
        seconds = time.monotonic() - start
        file.seek(0)
        return size, seconds, hashlib.file_digest(file, "sha256").hexdigest()


def send(conn, size):
    """Send SIZE octets, or until standard input ends. No two blocks alike."""
    block = bytearray(os.urandom(BLOCK))
    digest = hashlib.sha256()
    start = time.monotonic()
    at = 0
    while size is None or at < size:
        if size is None and select.select([0], [], [], 0)[0]:
            break
        struct.pack_into("<Q", block, 0, at)
        view = memoryview(block)[:BLOCK if size is None else size - at]
        digest.update(view)
        conn.sendall(view)
        at += len(view)
    conn.shutdown(socket.SHUT_WR)
    conn.recv(1)
    return at, time.monotonic() - start, digest.hexdigest()


def main():
    """Parse the command line, do it, say it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("recv", "send"))
    parser.add_argument("host", nargs="?")
    parser.add_argument("--port", type=int, default=5201)
    parser.add_argument("--file")
    parser.add_argument("--bytes", type=int)
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--rate", type=int)
    args = parser.parse_args()

    if args.what == "recv":
        # a listener of IPv6 takes IPv4 as well
        with socket.create_server(("", args.port), family=socket.AF_INET6,
                                  dualstack_ipv6=True) as listen:
            at, seconds, gap, digest = \
                recv_file(listen, args.file, args.bytes) if args.file else \
                recv(listen)
        result = {"bytes": at, "seconds": seconds, "sha256": digest,
                  "gap": gap}
    else:
        with socket.create_connection((args.host, args.port), 60) as conn:
            conn.settimeout(None)
            if args.rate:
                conn.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE,
                                args.rate)
            at, seconds, digest = send_file(conn, args.file) if args.file \
                else send(conn, None if args.stream else args.bytes)
        result = {"bytes": at, "seconds": seconds, "sha256": digest}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
