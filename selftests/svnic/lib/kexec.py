#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""kexec.py run | crash [WORD]...: starts the running kernel again, by kexec.

"run" starts it at once, after all drivers have shut down. "crash" loads it for
a panic of the present kernel. It uses the initramfs of guests, since no other
is needed. It runs on one CPU, and is told that drivers have not shut down.
"""

import ctypes
import os
import sys

LOAD, REBOOT = 320, 169     # system calls of x86-64
ON_CRASH = 2
MAGIC = (0xfee1dead, 0x28121969, 0x45584543)


def _call(number, *args):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *map(ctypes.c_ulong, args)) < 0:
        sys.exit(f"kexec: {os.strerror(ctypes.get_errno())}")


def main(how, *more):
    """Load it, and start it."""
    with open("/proc/cmdline", encoding="ascii") as text:
        words = text.read().split()
    flags = 0
    if how == "crash":
        flags = ON_CRASH
        words = [word for word in words if not word.startswith("crashkernel=")]
        words += ["nr_cpus=1", "reset_devices"]
    words += more
    line = " ".join(words).encode() + b"\0"
    kernel = os.open(f"/boot/vmlinuz-{os.uname().release}", os.O_RDONLY)
    initrd = os.open("/lab/initramfs", os.O_RDONLY)
    text = ctypes.create_string_buffer(line, len(line))
    _call(LOAD, kernel, initrd, len(line), ctypes.addressof(text), flags)
    if how == "run":
        _call(REBOOT, *MAGIC, 0)


main(*sys.argv[1:])
