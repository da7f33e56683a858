# SPDX-License-Identifier: GPL-2.0-or-later
"""The drivers of this checkout, built for one of the lab's kernels."""

import os
import re
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


def _interface(room, modules):
    """What depmod's answer depends on, so that it is asked only when it changes:
    the modules' aliases and dependencies, and the symbols they export."""
    found = [m.name.encode() + b"".join(sorted(
        re.findall(rb"\0((?:alias|depends|softdep)=[^\0]*)", m.read_bytes())))
        for m in modules]
    symbols = (line.split("\t")[1:3] for line in
               (room / "Module.symvers").read_text().splitlines())
    return b"\n".join(found) + repr(sorted(symbols)).encode()


def _depmod(path, which, modules):
    """Make PATH a lib/modules/RELEASE directory with ours in updates/."""
    release = rootfs.kernel(which)
    base = rootfs.tree() / "usr/lib/modules" / release
    room = path.parent / "lib/modules" / release
    (room / "updates").mkdir(parents=True)
    for module in modules:
        shutil.copy(module, room / "updates")
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(base / name, room)
    # depmod must see the distribution's modules too; the image has them
    (room / "kernel").symlink_to(f"/usr/lib/modules/{release}/kernel")
    step("depmod", rootfs.chroot(["depmod", "-b", path.parent, release],
                                 binds=[path.parent]))
    (room / "kernel").unlink()
    shutil.rmtree(room / "updates")
    room.rename(path)


def install(room, which, target):
    """Put ROOM's modules below TARGET/usr/lib/modules, known to modprobe."""
    release = rootfs.kernel(which)
    modules = sorted(room.glob("*/*.ko"))
    known = cache.make("depmod", cache.key(
        rootfs.tree().name, release, _interface(room, modules)),
        lambda path: _depmod(path, which, modules))
    dest = target / "usr/lib/modules" / release
    shutil.copytree(known, dest)
    (dest / "updates").mkdir()
    for module in modules:
        shutil.copy(module, dest / "updates")
