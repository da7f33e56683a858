# SPDX-License-Identifier: GPL-2.0-only
"""XDP programs of a few instructions, made without a compiler.

A program does something with test frames (ETH_P_TEST, frames.py) and passes all
others to the stack. Frames that it sends have ETH_P_DONE instead, so that they
are not handled again.
"""

import ctypes
import os
import struct
import tempfile
from pathlib import Path

from .frames import ETH_P_TEST
from .utils import CmdError, cmd

ETH_P_DONE = 0x88b6
ABORTED, DROP, PASS, TX, REDIRECT = range(5)
SYS_BPF = 321
PROG_LOAD, OBJ_PIN = 5, 6
PROG_TYPE_XDP = 6
HAS_FRAGS = 1 << 5
FUNC_REDIRECT = 23
# fields of struct xdp_md
DATA, DATA_END = 0, 4
# sizes of a load or store
WORD, HALF = 0x00, 0x08


def _insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, off, imm)


def _load(size, dst, src, off):
    return _insn(0x61 | size, dst, src, off)


def _store(size, dst, off, src):
    return _insn(0x63 | size, dst, src, off)


def _set(dst, imm):
    return _insn(0xb7, dst, imm=imm)


def _swapped(number):
    """A 16-bit number as a little-endian CPU loads it from a frame."""
    return struct.unpack("<H", struct.pack("!H", number))[0]


def _return(action):
    return _set(0, action) + _insn(0x95)


def _send():
    """Mark the frame at r1 as handled."""
    return _set(3, _swapped(ETH_P_DONE)) + _store(HALF, 1, 12, 3)


def _act(action, ifindex):
    """What is done with a test frame at r1."""
    if action == TX:
        # its addresses are exchanged
        swap = ((WORD, 0, 6, 3, 4), (HALF, 4, 10, 3, 4))
        code = b""
        for size, one, two, reg, other in swap:
            code += _load(size, reg, 1, one) + _load(size, other, 1, two)
            code += _store(size, 1, one, other) + _store(size, 1, two, reg)
        return code + _send() + _return(TX)
    if action == REDIRECT:
        return _send() + _set(1, ifindex) + _set(2, 0) + \
            _insn(0x85, imm=FUNC_REDIRECT) + _insn(0x95)
    return _return(action)


def _code(action, ifindex):
    act = _act(action, ifindex)
    skip = len(act) // 8
    return b"".join((
        _load(WORD, 2, 1, DATA_END), _load(WORD, 1, 1, DATA),
        # if r1 + 14 > r2 or another type: pass
        _insn(0xbf, 3, 1), _insn(0x07, 3, imm=14),
        _insn(0x2d, 3, 2, skip + 2),
        _load(HALF, 3, 1, 12),
        _insn(0x55, 3, 0, skip, _swapped(ETH_P_TEST)),
        act, _return(PASS)))


def _bpf(command, attr):
    libc = ctypes.CDLL(None, use_errno=True)
    buf = ctypes.create_string_buffer(attr, 128)
    got = libc.syscall(SYS_BPF, command, buf, len(buf))
    if got < 0:
        err = ctypes.get_errno()
        raise OSError(err, f"bpf({command}): {os.strerror(err)}")
    return got


def _load_program(action, ifindex, frags):
    code = ctypes.create_string_buffer(_code(action, ifindex))
    name = ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(1 << 16)
    attr = struct.pack("<IIQQIIQII", PROG_TYPE_XDP, (len(code) - 1) // 8,
                       ctypes.addressof(code), ctypes.addressof(name), 1,
                       len(log), ctypes.addressof(log), 0,
                       HAS_FRAGS if frags else 0)
    try:
        return _bpf(PROG_LOAD, attr)
    except OSError as err:
        raise OSError(err.errno, f"{err} {log.value.decode()}") from None


class Xdp:
    """A program that is attached to END for as long as the context.

    ACTION is for test frames; FRAGS: it handles frames of several buffers.
    """

    def __init__(self, end, action=PASS, ifindex=0, frags=False):
        self.end = end
        self._dir = Path(tempfile.mkdtemp())
        cmd(f"mount -t bpf bpf {self._dir}")
        fd = _load_program(action, ifindex, frags)
        path = ctypes.create_string_buffer(bytes(self._dir / "prog"))
        _bpf(OBJ_PIN, struct.pack("<QI", ctypes.addressof(path), fd))
        os.close(fd)

    def attach(self, force=False, fail=True):
        """Attach it; returns the finished command."""
        force = "-force " if force else ""
        return self.end.cmd(f"ip {force}link set dev {self.end.dev} xdpdrv "
                            f"pinned {self._dir}/prog", fail=fail)

    def close(self):
        """The program is gone if it is not attached."""
        cmd(f"umount {self._dir}")
        self._dir.rmdir()

    def __enter__(self):
        try:
            self.attach()
        except CmdError:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.end.set("xdpdrv off")
        self.close()
