# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU with the reference NIC as a package, for machines outside the lab.

It is built in Debian 12, of what Debian 13 has as source. Debian 13 has the
libraries that it needs as well, some in packages of another name that provide
the old one. It has the devices that QEMU has by default.
"""

import re
import shutil
from pathlib import Path

from . import cache, debian, qemu, release, rootfs
from .util import CACHE, REPO, output, step

RULES = REPO / "packaging/qemu"
SUITE = debian.SUITES["12"]
# from the backports: the version of Debian 12 is too old for QEMU
NEWER = ("meson",)


def _wanted():
    """The packages in Build-Depends of control."""
    text = re.search(r"^Build-Depends:(.*(?:\n .*)*)",
                     (RULES / "control").read_text(), re.M).group(1)
    names = [name.split()[0] for name in text.split(",")]
    # debhelper-compat is provided by debhelper
    return tuple("debhelper" if name == "debhelper-compat" else name
                 for name in names if name not in NEWER)


def _builder():
    newer = ('chroot "$1" apt-get -q -y --no-install-recommends -t '
             f"{SUITE}-backports install {' '.join(NEWER)}")
    return debian.clean("qemubuild", SUITE,
                        ("build-essential", "ccache", *_wanted()), newer,
                        hint=": a Debian to build QEMU in, 1-2 minutes")


def _build(tree, builder):
    """Build the package in TREE, which is always at the same path: changed
    files of the device are compiled, the rest comes from the compiler's
    cache."""
    compiled = CACHE / "ccache"
    compiled.mkdir(exist_ok=True)
    step("package qemu", rootfs.chroot(
        # there is no cc among the commands of ccache
        ["env", f"CCACHE_DIR={compiled}", "CCACHE_MAXSIZE=1G", "CC=gcc",
         "PATH=/usr/lib/ccache:/usr/sbin:/usr/bin",
         "nice", "dpkg-buildpackage", "-b", "-us", "-uc", "-jauto"],
        root=builder, binds=[tree.parent, compiled], cwd=tree),
        hint=": 1-2 minutes, the first time 5-10")


def _changelog(version, entry):
    """The changelog gets the time of the newest ENTRY of the drivers'
    changelog."""
    first = (f"qemu-svnic ({version}) unstable; urgency=medium\n\n"
             "  * QEMU with SV-NIC.\n\n")
    return first + re.search(r"^ -- .*\n", entry, re.M).group(0)


def build():
    """The package, with the version of the drivers."""
    builder = _builder()
    number = (qemu.source() / "VERSION").read_text().strip()
    version = f"{number}+svnic{release.version()}-1"
    entry = (REPO / release.RULES / "changelog").read_text()

    def make(path):
        room = CACHE / "qemu-package-build"
        # left by a build that was killed
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        try:
            tree = room / "tree"
            qemu.lay(tree)
            theirs = tree / "debian"
            text = (theirs / "copyright").read_text()
            shutil.rmtree(theirs)
            shutil.copytree(RULES, theirs)
            # the copyright of QEMU, and of what is added
            (theirs / "copyright").write_text(
                text + (RULES / "copyright").read_text())
            (theirs / "changelog").write_text(_changelog(version, entry))
            _build(tree, builder)
            shutil.rmtree(tree)
            shutil.copytree(room, path)
        finally:
            shutil.rmtree(room)

    made = cache.make("qemu-package", cache.key(
        version, builder.name, *qemu.content(), Path(__file__),
        _changelog(version, entry), *sorted(RULES.iterdir())), make)
    package, = made.glob("*.deb")
    return package


def whole():
    """This package and those of the drivers; returns their directory."""
    drivers, package = release.build(), build()

    def make(path):
        shutil.copytree(drivers, path)
        for number in debian.SUITES:
            shutil.copy(package, path / f"debian-{number}")

    return cache.make("packages-whole", cache.key(
        str(drivers), str(package)), make)


def export(out):
    """Build, and copy the result to the directory OUT, if any; returns it."""
    made = whole()
    if out:
        made = shutil.copytree(made, out, dirs_exist_ok=True)
    return Path(made)


def host(number, package, *wanted):
    """Debian NUMBER with all that PACKAGE depends on, and the packages
    WANTED."""
    depends = output(["dpkg-deb", "-f", package, "Depends"])
    return debian.clean(
        "qemuhost", debian.SUITES[number], wanted,
        'chroot "$1" apt-get -q -y --no-install-recommends satisfy '
        f"'{depends}'", hint=": a Debian that QEMU runs in, 1-2 minutes")
