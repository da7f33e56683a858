# SPDX-License-Identifier: GPL-2.0-only
"""Failures of calls by which our drivers get memory and other resources, by
the kernel's fault injection (Documentation/fault-injection). A call may fail
if one of our modules is on the stack."""

import contextlib
import os
import re
import subprocess
from pathlib import Path

from .ksft import KsftSkip, defer
from .utils import cmd

DEBUG = Path("/sys/kernel/debug")
FUNCTIONS = DEBUG / "error_injection/list"
INJECT = DEBUG / "fail_function/inject"
# ../inject/svnic_inject.c: which functions may fail
MODULE = "svnic_inject"
# return values of these functions when they fail
RETURN = {"dma_map_page_attrs": 0xffffffffffffffff}
NTH = "/proc/thread-self/fail-nth"
SYMBOLS = Path("/proc/kallsyms")
CACHES = Path("/sys/kernel/slab")
# caches of the kernel's own checks, which switch themselves off on a failure
SPARED = ("kmemleak_object", "kmemleak_scan_area", "debug_objects_cache",
          "radix_tree_node")
MODULES = ("libsvnic", "svnic", "svnicvf")
# The PCI core continues with a VF that it could not add, and crashes: this is
# not our bug. pci_enable_sriov() itself may fail, so its first bytes are
# not spared.
SPARED_CALL, ENTRY = "pci_enable_sriov", 16
# more bytes than the last function of a module has
TAIL = 0x4000
SETTINGS = {"probability": 0, "interval": 1, "times": -1, "space": 0,
            "verbose": 0, "task-filter": "N", "stacktrace-depth": 32}
KINDS = {"failslab": {"cache-filter": "Y", "ignore-gfp-wait": "N"},
         "fail_page_alloc": {"min-order": 0, "ignore-gfp-highmem": "N",
                             "ignore-gfp-wait": "N"},
         "fail_function": {}}


def _text():
    """First and last address of the code of our modules."""
    found = [int(line[:16], 16) for line in SYMBOLS.read_text().splitlines()
             if re.search(rf" [tT] .*\[({'|'.join(MODULES)})\]$", line)]
    return min(found), max(found) + TAIL


def _spared():
    """The same of SPARED_CALL."""
    text = SYMBOLS.read_text()
    first = int(re.search(rf"^(\w+) T {SPARED_CALL}$", text, re.M)[1], 16)
    return first + ENTRY, min(
        address for address in (int(line[:16], 16)
                                for line in text.splitlines())
        if address > first)


def _functions():
    """Let the functions of our module (MODULE) fail."""
    before = set(FUNCTIONS.read_text().splitlines())
    cmd(f"modprobe {MODULE}")
    defer(cmd, f"rmmod {MODULE}")
    defer(INJECT.write_text, "\n")
    for line in set(FUNCTIONS.read_text().splitlines()) - before:
        name = line.split()[0]
        INJECT.write_text(name)
        if name in RETURN:
            (INJECT.parent / name / "retval").write_text(hex(RETURN[name]))


class Failures:
    """Makes calls of our drivers fail. All drivers must be loaded. The setup
    stays until the program ends."""

    def __init__(self):
        if not os.path.exists(NTH) or \
                not all((DEBUG / kind).is_dir() for kind in KINDS):
            raise KsftSkip("a kernel without fault injection")
        first, last = _text()
        spared = _spared()
        for kind, own in KINDS.items():
            for name, value in {**SETTINGS, **own, "require-start": hex(first),
                                "require-end": hex(last),
                                "reject-start": hex(spared[0]),
                                "reject-end": hex(spared[1])}.items():
                path = DEBUG / kind / name
                defer(path.write_text, path.read_text())
                path.write_text(f"{value}\n")
        for cache in CACHES.glob("*/failslab"):
            # this fails for caches that the kernel has merged
            with contextlib.suppress(OSError):
                cache.write_text(str(int(cache.parent.name not in SPARED)))
        _functions()

    def nth(self, number, func, *args):
        """Call FUNC with its NUMBER-th call failing. Returns whether that many
        calls were made, and the OSError or None."""
        error = None
        fd = os.open(NTH, os.O_RDWR)
        try:
            os.write(fd, f"{number}".encode())
            try:
                func(*args)
            except OSError as err:
                error = err
            left = int(os.pread(fd, 16, 0))
        finally:
            os.pwrite(fd, b"0", 0)
            os.close(fd)
        return not left, error

    def nth_of(self, number, argv):
        """The same for a program; the error is its output."""
        proc = subprocess.Popen(
            ["sh", "-c", 'echo "$0" > /proc/self/fail-nth && exec "$@"',
             str(number), *argv], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.waitid(os.P_PID, proc.pid, os.WEXITED | os.WNOWAIT)
        left = int(Path(f"/proc/{proc.pid}/fail-nth").read_text())
        said, _ = proc.communicate()
        return not left, said if proc.returncode else None

    @staticmethod
    def left(kind):
        """How often calls of KIND may still fail."""
        return int((DEBUG / kind / "times").read_text())

    def some(self, percent, times=-1, kinds=tuple(KINDS)):
        """Of all calls of our drivers, in any context, PERCENT fail, at most
        TIMES of each kind; 0 ends it."""
        for kind in kinds:
            (DEBUG / kind / "times").write_text(f"{times}\n")
            (DEBUG / kind / "probability").write_text(f"{percent}\n")
