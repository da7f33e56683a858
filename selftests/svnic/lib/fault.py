# SPDX-License-Identifier: GPL-2.0-only
"""A reference NIC with faults: the window of device/qemu/svnic_fault.c.

It is in the configuration space of a PF with property x-faults. Functions are
numbered as there: 0 is the PF, 1 + N is VF N.
"""

import os
import struct

from .ksft import KsftSkip
from .uapi import reg

VENDOR_SPECIFIC = 0x0b
ID = 0x5fc0
HEADER, FN, COMMAND, HITS = 0x04, 0x08, 0x20, 0x24
CLEAR, READ, READ_FLR, WRITE, DMA, EVENT, COUNTERS = range(7)
ANY = NEVER = ONES = 0xffffffff
SELF = 0xffff


class Faults:
    """The faults of a NIC, injected through its PF."""

    def __init__(self, fn):
        self._path = fn.path / "config"
        self._at = self._find()

    def _find(self):
        config = self._path.read_bytes()
        at = 0x100
        while at and at + 8 <= len(config):
            head, own = struct.unpack_from("<II", config, at)
            if head & 0xffff == VENDOR_SPECIFIC and own & 0xffff == ID:
                return at
            at = head >> 20
        raise KsftSkip("a NIC without faults (x-faults)")

    def _put(self, command, fn=0, addr=0, mask=0, value=0, count=0, arg=0):
        fd = os.open(self._path, os.O_WRONLY)
        try:
            os.pwrite(fd, struct.pack("<7I", fn, addr, mask, value, count, arg,
                                      command), self._at + FN)
        finally:
            os.close(fd)

    def clear(self):
        """Remove all faults; do the delayed writes now."""
        self._put(CLEAR)

    def read(self, fn, addr, value, mask=ONES, count=0):
        """A register reads this value, COUNT times or until clear()."""
        self._put(READ, fn, addr, mask, value & mask, count)

    def fatal(self, fn):
        """The device has failed, until the next FLR of the PF."""
        bits = reg("STATUS_FATAL")
        self._put(READ_FLR, fn, reg("REG_STATUS"), bits, bits)

    def write(self, fn, addr, delay, value=0, mask=0, count=0):
        """A write of VALUE under MASK is done DELAY milliseconds late."""
        self._put(WRITE, fn, addr, mask, value, count, delay)

    def gone(self, fn):
        """The function does not answer."""
        self.read(fn, ANY, ONES)
        self.write(fn, ANY, NEVER)

    def memory(self, fn, addr, size, word, flip, count=1):
        """In the SIZE bytes of memory whose address is in the registers at
        ADDR: word WORD of each 16 bytes is written with the bits of FLIP
        inverted."""
        self._put(DMA, fn, addr, word, flip, count, size)

    def event(self, fn, kind, vf=SELF, data=0):
        """Write an event to the event ring, without any reason for it."""
        self._put(EVENT, fn, kind, vf, data)

    def reset_counters(self):
        """Set the counters of hits() and holds() to 0."""
        self._put(COUNTERS)

    def _counters(self):
        fd = os.open(self._path, os.O_RDONLY)
        try:
            return struct.unpack("<III", os.pread(fd, 12, self._at + HITS))
        finally:
            os.close(fd)

    def hits(self):
        """How often any fault was injected."""
        return self._counters()[0]

    def holds(self):
        """How often the NIC held QEMU's main loop for longer than 20 ms, and
        the longest time, microseconds."""
        return self._counters()[1:]
