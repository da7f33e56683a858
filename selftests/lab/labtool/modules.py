# SPDX-License-Identifier: GPL-2.0-or-later
"""The drivers of this checkout, built for one of the lab's kernels."""

import os
import shutil

from . import cache, rootfs
from .qemu import sync
from .util import CACHE, REPO, say, step

# what a module build reads
SOURCES = ("uapi", "lib", "pf", "vf")
FILES = ("Kconfig", "Makefile")


def _sync(room):
    """Copy the checkout's module sources; False when there are none yet."""
    if not all((REPO / n / "Makefile").exists() for n in ("", "lib", "pf", "vf")):
        return False
    for name in SOURCES:
        sync(REPO / name, room / name, (".c", ".h", "Makefile", "Kconfig",
                                        "Kbuild"))
    for name in FILES:
        if (REPO / name).exists():
            data = (REPO / name).read_bytes()
            copy = room / name
            if not copy.exists() or copy.read_bytes() != data:
                copy.write_bytes(data)
    return True


def build(which, extra=()):
    """Modules for kernel WHICH: the directory they are built in, or None."""
    release = rootfs.kernel(which)
    # two checkouts must not build in one directory
    room = CACHE / "modules" / cache.key(str(REPO), rootfs.tree().name) / release
    room.mkdir(parents=True, exist_ok=True)
    with cache.lock(f"modules-{which}"):
        if not _sync(room):
            say("no driver sources in this checkout yet: no modules")
            return None
        step(f"modules {which}", rootfs.chroot(
            ["nice", "make", f"-j{os.cpu_count()}", "modules",
             f"KDIR=/lib/modules/{release}/build", *extra],
            binds=[room], cwd=room), hint=f": kernel {release}")
    return room


def install(room, which, target):
    """Put ROOM's modules below TARGET/usr/lib/modules, known to modprobe."""
    release = rootfs.kernel(which)
    base = rootfs.tree() / "usr/lib/modules" / release
    dest = target / "usr/lib/modules" / release
    (dest / "updates").mkdir(parents=True)
    for module in room.glob("*/*.ko"):
        shutil.copy(module, dest / "updates")
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(base / name, dest)
    # depmod must see the distribution's modules too; the image has them
    (dest / "kernel").symlink_to(f"/usr/lib/modules/{release}/kernel")
    step("depmod", rootfs.chroot(["depmod", "-b", target / "usr", release],
                                 binds=[target]))
    (dest / "kernel").unlink()
