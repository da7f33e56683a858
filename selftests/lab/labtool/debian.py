# SPDX-License-Identifier: GPL-2.0-or-later
"""Minimal Debian systems like those of users, without parts of the lab."""

import contextlib
import shutil

from . import cache, rootfs
from .util import CACHE, step

# number of the release -> its suite
SUITES = {"12": "bookworm", "13": "trixie"}
# they are not booted with an initramfs of Debian, which takes a minute to make
NO_INITRAMFS = ('mkdir -p "$1"/etc/initramfs-tools && echo update_initramfs=no '
                '> "$1"/etc/initramfs-tools/update-initramfs.conf')


def clean(kind, suite, wanted, *hooks, hint=""):
    """The tree KIND of SUITE: minbase, the packages WANTED, and the changes of
    the shell commands HOOKS, where "$1" is the tree."""
    def build(path):
        step(f"{kind} rootfs {suite}",
             ["mmdebstrap", "--variant=minbase", "--mode=root",
              *(f"--dpkgopt={o}" for o in rootfs.DPKG_OPTIONS),
              "--dpkgopt=force-unsafe-io", "--dpkgopt=force-confold",
              f"--essential-hook={NO_INITRAMFS}",
              f"--include={','.join(wanted)}",
              *(f"--customize-hook={h}" for h in hooks), suite, path,
              *rootfs.sources(suite)], hint=hint)

    return cache.make(kind, cache.key(
        suite, *wanted, NO_INITRAMFS, *hooks, *rootfs.DPKG_OPTIONS), build)


@contextlib.contextmanager
def copy(tree):
    """A copy of TREE for changes, removed at the end. There is one at a
    time."""
    room = CACHE / "copy"
    with cache.lock("copy"):
        # left by a run that was killed
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        try:
            step("copy", ["cp", "-a", "--reflink=auto", tree, room / "root"])
            yield room / "root"
        finally:
            shutil.rmtree(room)
