# SPDX-License-Identifier: GPL-2.0-only
"""Settings of a netdev by own system calls. If a failure is injected for one
task, no other program is involved."""

import ctypes
import fcntl
import socket
import struct

SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFMTU, SIOCSIFMTU = \
    0x8913, 0x8914, 0x8921, 0x8922
SIOCETHTOOL = 0x8946
IFF_UP = 1
GET_RINGS, SET_RINGS, GET_CHANNELS, SET_CHANNELS = 0x10, 0x11, 0x3c, 0x3d
# struct ethtool_ringparam and ethtool_channels have the same number of words
WORDS = struct.Struct("=9I")
RX, TX, COMBINED = 5, 8, 8


class Control:
    """A netdev on this host whose settings can be changed."""

    def __init__(self, end):
        with end.space():
            self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._name = end.dev.encode()

    def _ioctl(self, request, arg=b""):
        """An ioctl with the request's own part of struct ifreq; returns that
        part."""
        return fcntl.ioctl(self._sock, request,
                           struct.pack("16s24s", self._name, arg))[16:]

    def _ethtool(self, *words):
        text = ctypes.create_string_buffer(WORDS.pack(*words), WORDS.size)
        self._ioctl(SIOCETHTOOL, struct.pack("P", ctypes.addressof(text)))
        return list(WORDS.unpack(text.raw))

    @property
    def up(self):
        """True if it is up."""
        return bool(struct.unpack_from("h", self._ioctl(SIOCGIFFLAGS))[0] &
                    IFF_UP)

    def set_up(self, up):
        """ip link set up, or down."""
        flags = struct.unpack_from("h", self._ioctl(SIOCGIFFLAGS))[0]
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        self._ioctl(SIOCSIFFLAGS, struct.pack("h", flags))

    @property
    def mtu(self):
        """Its MTU."""
        return struct.unpack_from("i", self._ioctl(SIOCGIFMTU))[0]

    def set_mtu(self, mtu):
        """ip link set mtu."""
        self._ioctl(SIOCSIFMTU, struct.pack("i", mtu))

    @property
    def pairs(self):
        """Number of queue pairs."""
        return self._ethtool(GET_CHANNELS, *[0] * 8)[COMBINED]

    def set_pairs(self, pairs):
        """ethtool -L combined."""
        words = self._ethtool(GET_CHANNELS, *[0] * 8)
        words[0], words[COMBINED] = SET_CHANNELS, pairs
        self._ethtool(*words)

    @property
    def rings(self):
        """Sizes of the rings, receive and transmit."""
        words = self._ethtool(GET_RINGS, *[0] * 8)
        return words[RX], words[TX]

    def set_rings(self, sizes):
        """ethtool -G."""
        words = self._ethtool(GET_RINGS, *[0] * 8)
        words[0], words[RX], words[TX] = SET_RINGS, *sizes
        self._ethtool(*words)
