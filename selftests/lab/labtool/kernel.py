# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels of the lab: two of the distribution, and our own.

Our own are built from the source of the newest one, small, with the
configuration of fragments in kernel/. They are not in the root file system: a
run's disk has the parts that it needs (see image.py).
"""

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from . import cache, rootfs, source
from .util import LAB, LabError, step

FRAGMENTS = LAB / "kernel"
# name -> fragments; later ones override earlier ones
OWN = {
    "debug": ("lab", "checks", "debug"),
    "kcsan": ("lab", "checks", "kcsan"),
}
NAMES = ("newest", "stable", *OWN)
# A debug kernel needs more memory (of the lab host, of a guest in MB) and more
# time than others.
MEMORY = "9G"
ENV = {"LAB_GUEST_MEM": "768", "KSFT_TIMEOUT": "7200"}
# Pages are only poisoned with the first argument. Without the second, KASAN
# reports any interrupt that arrives while the kernel detects the features of
# the CPU again, because it forgets five levels of page tables meanwhile.
ARGS = "page_poison=1 no5lvl"
# make's expression for the directory of the current makefile
HERE = "$(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))"


@dataclass(frozen=True)
class Kernel:
    """A kernel and the locations of its parts."""
    key: str        # hash of what it is made from
    release: str
    image: Path     # the file that QEMU starts fastest
    packed: Path    # the file that other boot loaders start
    modules: Path   # /lib/modules/RELEASE
    build: Path     # KDIR for modules; this and the next in a chroot
    binds: tuple = ()
    own: bool = False
    memory: str = "6G"
    args: str = ""
    env: dict = field(default_factory=dict)
    injects: bool = False   # functions can be made to fail


def _asked(text):
    """Symbol -> value of the fragments TEXT."""
    pairs = (line.split("=", 1) for line in text.splitlines()
             if line.startswith("CONFIG_"))
    return {symbol: value for symbol, value in pairs}


def _got(file):
    """The same for a whole .config; symbols that it does not name are n."""
    return _asked(file.read_text())


def _configure(name, tree, path, text):
    (path / "fragment").write_text(text)
    build = path / "build"
    build.mkdir()
    step(f"kernel {name} configure", rootfs.chroot(
        ["make", "-s", f"O={build}", f"KCONFIG_ALLCONFIG={path}/fragment",
         "alldefconfig"], binds=[tree, path], cwd=tree))
    got = _got(build / ".config")
    lost = [f"{symbol}={value}" for symbol, value in _asked(text).items()
            if got.get(symbol, "n") != value]
    if lost:
        raise LabError(f"kernel {name} cannot be configured with " +
                       " ".join(lost))


def _prune(build):
    """Keep what is needed to build modules, also if the directory is moved."""
    makefile = build / "Makefile"
    makefile.write_text(re.sub("(?m)^(export KBUILD_OUTPUT) = .*$",
                               lambda m: f"{m[1]} := {HERE}",
                               makefile.read_text()))
    for base, dirs, files in os.walk(build):
        if Path(base) == build:
            dirs[:] = [d for d in dirs if d not in ("scripts", "include")]
        for name in files:
            if name.endswith((".o", ".a", ".ko", ".cmd", ".mod", ".mod.c",
                              ".order")):
                (Path(base) / name).unlink()
    for name in ("vmlinux", "vmlinux.unstripped", "System.map",
                 ".tmp_System.map"):
        (build / name).unlink(missing_ok=True)


def _build(name, text):
    def build(path):
        tree = source.tree("newest")
        path.mkdir()
        _configure(name, tree, path, text)
        out = path / "build"
        step(f"kernel {name}", rootfs.chroot(
            ["sh", "-ec", f"nice make -j{os.cpu_count()} O={out} bzImage modules"
             f" && make -s O={out} INSTALL_MOD_PATH={path} modules_install"],
            binds=[tree, path], cwd=tree),
            hint=": building it, 15-30 minutes")
        shutil.copy(out / "arch/x86/boot/bzImage", path)
        _prune(out)
        for link in path.glob("lib/modules/*/build"):
            link.unlink()

    return build


def _own(name):
    text = "".join((FRAGMENTS / f"{f}.config").read_text()
                   for f in OWN[name])
    tree = source.tree("newest")
    entry = cache.make("kernel", f"{name}-" + cache.key(
        tree.name, source.version("gcc"), text), _build(name, text))
    modules, = entry.glob("lib/modules/*")
    image = entry / "bzImage"
    return Kernel(entry.name, modules.name, image, image, modules,
                  entry / "build", (tree, entry), True, MEMORY, ARGS, ENV,
                  "CONFIG_FAIL_FUNCTION" in _asked(text))


def get(name):
    """The Kernel of this name (NAMES), built if it is missing."""
    if name in OWN:
        return _own(name)
    tree = rootfs.tree()
    release = rootfs.kernel(name)
    return Kernel(tree.name, release, tree / f"boot/vmlinux-{release}",
                  tree / f"boot/vmlinuz-{release}",
                  tree / "usr/lib/modules" / release,
                  Path("/lib/modules") / release / "build")
