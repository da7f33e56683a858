# SPDX-License-Identifier: GPL-2.0-or-later
"""The drivers of this checkout, built for one of the lab's kernels."""

import os
import re
import shutil

from . import cache, kernel, rootfs
from .qemu import sync
from .util import CACHE, REPO, say, step

# sources of a module build
SOURCES = ("uapi", "lib", "pf", "vf")
FILES = ("Kconfig", "Makefile")
# a module of a test, for kernels with function error injection
INJECT = REPO / "selftests/svnic/inject"


def _sync(room):
    """Copy the checkout's module sources; False if there are none."""
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


def _make(which, room, *args):
    chosen = kernel.get(which)
    step(f"modules {which}", rootfs.chroot(
        ["nice", "make", f"-j{os.cpu_count()}", *args],
        binds=[room, *chosen.binds], cwd=room),
        hint=f": kernel {chosen.release}")


def build(which, extra=()):
    """Build modules for kernel WHICH; returns their directory, or None."""
    chosen = kernel.get(which)
    # two checkouts must not build in the same directory
    room = CACHE / "modules" / cache.key(str(REPO), chosen.key) / chosen.release
    room.mkdir(parents=True, exist_ok=True)
    with cache.lock(f"modules-{which}"):
        if not _sync(room):
            say("no driver sources in this checkout yet: no modules")
            return None
        _make(which, room, "modules", f"KDIR={chosen.build}", *extra)
        if chosen.injects:
            sync(INJECT, room / "inject", (".c", "Makefile"))
            _make(which, room, "-C", chosen.build, f"M={room}/inject",
                  "modules")
    return room


def _interface(room, modules):
    """The input of depmod, so that it runs only if that changes: the modules'
    aliases and dependencies, and the symbols they export."""
    found = [m.name.encode() + b"".join(sorted(
        re.findall(rb"\0((?:alias|depends|softdep)=[^\0]*)", m.read_bytes())))
        for m in modules]
    symbols = (line.split("\t")[1:3] for line in
               (room / "Module.symvers").read_text().splitlines()) \
        if modules else ()
    return b"\n".join(found) + repr(sorted(symbols)).encode()


def _depmod(path, chosen, modules):
    """Make PATH a lib/modules/RELEASE directory with ours in updates/."""
    release, base = chosen.release, chosen.modules
    room = path.parent / "lib/modules" / release
    (room / "updates").mkdir(parents=True)
    for module in modules:
        shutil.copy(module, room / "updates")
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(base / name, room)
    # depmod needs the kernel's own modules too
    (room / "kernel").symlink_to(base / "kernel" if chosen.own else
                                 f"/usr/lib/modules/{release}/kernel")
    step("depmod", rootfs.chroot(["depmod", "-b", path.parent, release],
                                 binds=[path.parent, *chosen.binds]))
    (room / "kernel").unlink()
    shutil.rmtree(room / "updates")
    room.rename(path)


def install(room, which, target):
    """Copy the modules of ROOM (None: none) to TARGET/usr/lib/modules, for
    modprobe; all modules of a kernel that the root file system lacks."""
    chosen = kernel.get(which)
    modules = sorted(room.glob("*/*.ko")) if room else []
    if not modules and not chosen.own:
        return
    known = cache.make("depmod", cache.key(
        chosen.key, chosen.release, _interface(room, modules)),
        lambda path: _depmod(path, chosen, modules))
    dest = target / "usr/lib/modules" / chosen.release
    shutil.copytree(known, dest)
    if chosen.own:
        shutil.copytree(chosen.modules / "kernel", dest / "kernel",
                        copy_function=os.link)
        (target / "boot").mkdir(exist_ok=True)
        os.link(chosen.image, target / f"boot/vmlinuz-{chosen.release}")
    (dest / "updates").mkdir()
    for module in modules:
        shutil.copy(module, dest / "updates")
