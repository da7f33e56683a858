#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-only
"""Send or receive bytes by TCP, and report what was transferred.

  xfer.py recv PORT
  xfer.py send PORT HOST RATE [BYTES]

Each prints a line of JSON when it is done: bytes, seconds, crc, and for the
receiver "gap", the longest time in seconds without data, and "steps", the
bytes of each half second. Without BYTES it sends until standard input ends;
RATE limits the bytes per second unless it is 0. While it receives it prints
the number of bytes received so far to standard error.

It is started often, on CPUs that are emulated. So it does not use modules that
Python takes long to load, and it computes only a checksum of the bytes.
"""

import json
import os
import select
import socket
import sys
import time
import zlib

BLOCK = 1 << 20
# seconds
STEP = 0.5
# seconds between two lines with the number of bytes received
TELL = 0.05
# size of one send when the rate is limited, and the number of seconds for
# which it catches up: a CPU that is late is no fault of the network, but one
# that is late for longer is
PIECE, CREDIT = 64 << 10, 2
SO_MAX_PACING_RATE = 47


def recv(listen):
    """Receive from the first client."""
    print("ready", file=sys.stderr, flush=True)
    conn = listen.accept()[0]
    buf = memoryview(bytearray(BLOCK))
    start = last = told = time.monotonic()
    at, crc, gap, steps = 0, 0, 0, []
    while True:
        got = conn.recv_into(buf)
        now = time.monotonic()
        gap, last = max(gap, now - last), now
        if not got:
            break
        crc = zlib.crc32(buf[:got], crc)
        at += got
        steps += [0] * (int((now - start) / STEP) + 1 - len(steps))
        steps[-1] += got
        if now > told + TELL:
            print(at, file=sys.stderr, flush=True)
            told = now
    return {"bytes": at, "seconds": now - start, "gap": gap,
            "steps": steps, "crc": crc}


def send(conn, rate, size=None):
    """Send SIZE bytes, or until standard input ends. All blocks differ."""
    block = bytearray(os.urandom(PIECE if rate else BLOCK))
    start = due = time.monotonic()
    at = crc = 0
    while size is None or at < size:
        if size is None and select.select([0], [], [], 0)[0]:
            break
        block[:8] = at.to_bytes(8, "little")
        view = memoryview(block)[:None if size is None else size - at]
        crc = zlib.crc32(view, crc)
        conn.sendall(view)
        at += len(view)
        if rate:
            now = time.monotonic()
            due = max(due + len(view) / rate, now - CREDIT)
            time.sleep(max(due - now, 0))
    conn.shutdown(socket.SHUT_WR)
    conn.recv(1)    # the receiver closes when it has everything
    return {"bytes": at, "seconds": time.monotonic() - start, "crc": crc}


def main(what, port, host=None, *numbers):
    """Do what the command line says, and print the report."""
    if what == "recv":
        # a listener of IPv6 takes IPv4 as well
        with socket.create_server(("", int(port)), family=socket.AF_INET6,
                                  dualstack_ipv6=True) as listen:
            result = recv(listen)
    else:
        rate, *size = map(int, numbers)
        with socket.create_connection((host, int(port)), 60) as conn:
            conn.settimeout(None)
            if rate:
                conn.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 2 * rate)
            result = send(conn, rate, *size)
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
