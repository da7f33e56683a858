# SPDX-License-Identifier: GPL-2.0-or-later
"""In machines of svnic-vm on different wires, which run at the same time.

The address of its first card tells a machine which it is. The first and the
second are also on one multicast wire, and meet there.
"""

import socket
from pathlib import Path

from vm_machine import LIMIT, Pf, run, wait_until

MEET = "198.51.100.1", 7
VIRTIO = Path("/sys/bus/virtio/drivers/virtio_net")


def up(dev, address):
    """Set an interface up with an address."""
    run("ip", "addr", "add", f"{address}/24", "dev", dev)
    run("ip", "link", "set", dev, "up")


def reaches(dev, address, other):
    """Wait until OTHER answers."""
    up(dev, address)
    wait_until(lambda: "bytes from" in run(
        "ping", "-c", 1, "-W", 1, "-I", dev, other, fail=False), other)


def serve(address, talk):
    """Accept connections until TALK() is content with one; some are of clients
    that have given up meanwhile."""
    with socket.create_server(address) as server:
        server.settimeout(LIMIT)
        done = False
        while not done:
            sock, _ = server.accept()
            sock.settimeout(LIMIT)
            try:
                with sock:
                    done = talk(sock)
            except OSError:
                pass


def meet(sock):
    """The other machine has come, and has got an answer."""
    if sock.recv(64) != b"bridge":
        return False
    sock.sendall(b"tap")
    return sock.recv(64) == b""


def greet(sock):
    """A client has read what we say, and says so."""
    sock.sendall(b"svnic")
    return sock.recv(64) == b"heard"


def connect(address):
    """A connection, or None."""
    try:
        return socket.create_connection(address, timeout=LIMIT)
    except OSError:
        return None


def tap():
    """A tap interface of the host."""
    reaches(Pf(0).dev, "192.0.2.1", "192.0.2.2")
    up(Pf(1).dev, MEET[0])
    serve(MEET, meet)


def bridge():
    """A bridge of the host; and a port of the host that leads to here."""
    reaches(Pf(0).dev, "203.0.113.1", "203.0.113.2")
    lan, = VIRTIO.glob("*/net/*")
    up(lan.name, "10.0.2.15")
    serve(("", 22), greet)
    up(Pf(1).dev, "198.51.100.2")
    with wait_until(lambda: connect(MEET), "the meeting") as sock:
        sock.sendall(b"bridge")
        assert sock.recv(64) == b"tap"


def user():
    """QEMU's user network, whose router answers."""
    reaches(Pf(0).dev, "10.0.2.15", "10.0.2.2")


def main():
    """Do what the machine with this address does."""
    mac = Path(f"/sys/class/net/{Pf(0).dev}/address").read_text().strip()
    {"00": tap, "10": bridge, "20": user}[mac[-2:]]()
