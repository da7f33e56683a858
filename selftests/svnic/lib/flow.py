# SPDX-License-Identifier: GPL-2.0-only
"""Load that takes little CPU time of sender and receiver, and its rates.

Bytes are neither checked nor looked at: traffic.py does that. Here one
emulated CPU has to fill a link from eight VFs.
"""

import contextlib
import itertools
import socket
import struct
import threading
import time

from .ksft import KsftFail
from .netlink import vf_tx_bytes

KIB = 1 << 10
UDP_SEGMENT = 103
SO_SNDBUFFORCE, SO_MAX_PACING_RATE = 32, 47
UDP_HEADERS = 28
# size of a datagram, which has to fit an IP packet
CALL = 60 * KIB
_ports = itertools.count(6300)


class Gate:
    """Flows that wait for .go and end with .stop, Events.

    So connections are made before there is load, and no flow has to continue
    until the flows before it have ended.
    """

    def __init__(self):
        self.go, self.stop = threading.Event(), threading.Event()


class Flow:
    """Sends from SRC to DST, ends on this host, until the context's end.

    PROTO is "tcp" or "udp"; as fast as possible, or RATE bytes per second.
    BACKLOG bytes wait in the socket, so that the queue is never empty if the
    sender gets CPU time late. .received are the bytes that have arrived by
    TCP. Datagrams are dropped where they arrive, and DST may be just an
    address. If many flows begin and end at the same time, they share a GATE.
    """

    def __init__(self, src, dst, proto="tcp", rate=None, backlog=256 * KIB,
                 gate=None):
        self.name = f"{proto.upper()} {src} to {dst}"
        self.proto, self.rate = proto, rate
        self.sent = self.received = 0
        self.error = None
        self._gate = gate or Gate()
        if not gate:
            self._gate.go.set()
        self._stop = self._gate.stop
        self._socks = []
        self._threads = []
        kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
        addr = (getattr(dst, "v4", dst), next(_ports))
        if addr[0] != dst:
            sink = self._socket(dst, kind, addr)
        if proto == "tcp":
            sink.listen(1)
        sock = self._socket(src, kind, (src.v4, 0))
        sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, backlog)
        if proto == "tcp":
            if rate:
                sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, rate)
            # do not wait at the end for data that is not sent yet
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            sock.settimeout(60)
        sock.connect(addr)
        sock.settimeout(0.5)
        if proto == "tcp":
            conn = sink.accept()[0]
            self._socks.append(conn)
            self._start(self._receive, conn)
            self._start(self._send, sock, 256 * KIB)
        else:
            size = src.link()["mtu"] - UDP_HEADERS
            sock.setsockopt(socket.SOL_UDP, UDP_SEGMENT, size)
            self._start(self._send, sock, max(1, CALL // size) * size)

    def _socket(self, end, kind, addr):
        inside = end.node if hasattr(end.node, "made") else \
            contextlib.nullcontext()
        with inside:
            sock = socket.socket(socket.AF_INET, kind)
        sock.bind(addr)
        self._socks.append(sock)
        return sock

    def _start(self, func, *args):
        def run():
            self._gate.go.wait()
            try:
                func(*args)
            except OSError as err:
                if not self._stop.is_set():
                    self.error = err

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _send(self, sock, size):
        block = memoryview(bytearray(size))
        paced = self.rate if self.proto == "udp" else None
        start = time.monotonic()
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                self.sent += sock.send(block)
            if paced:
                ahead = self.sent / paced - (time.monotonic() - start)
                if ahead > 0:
                    time.sleep(ahead)

    def _receive(self, conn):
        buf = bytearray(256 * KIB)
        conn.settimeout(0.5)
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                # the kernel drops the data: no copy is made
                got = conn.recv_into(buf, len(buf), socket.MSG_TRUNC)
                if not got:
                    break
                self.received += got

    def stop(self):
        """End it."""
        self._stop.set()
        self._gate.go.set()
        for thread in self._threads:
            thread.join()
        for sock in self._socks:
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if self.error and not kind:
            raise KsftFail(f"{self.name}: {self.error}")


def _snapshot(dev):
    """Time and bytes of each VF, read within as short a time as possible."""
    best = None
    for _ in range(3):
        start = time.monotonic()
        sent = vf_tx_bytes(dev)
        took = time.monotonic() - start
        if not best or took < best[0]:
            best = took, start + took / 2, sent
    return best[1:]


def vf_rates(dev, seconds):
    """Mb/s that each VF of DEV sends, by the device's counters."""
    start, before = _snapshot(dev)
    time.sleep(seconds)
    end, after = _snapshot(dev)
    return [(after[num] - before[num]) * 8e-6 / (end - start)
            for num in sorted(after)]
