# SPDX-License-Identifier: GPL-2.0-or-later
"""Releases: a source tarball and packages for Debian and RPM.

Each is built in a minimal Debian of its own, from the files of this checkout
that git knows or would add. The same files always make exactly the same
tarball.
"""

import datetime
import email.utils
import io
import re
import shutil
import tarfile
from pathlib import Path

from . import cache, debian, rootfs
from .util import REPO, LabError, output, step

NAME = "svnic"
# the drivers and their documentation
SHIPPED = ("Documentation", "Kconfig", "Makefile", "README.md", "dkms.conf",
           "lib", "packaging/debian", "packaging/rpm", "packaging/svnic-vm",
           "pf", "uapi", "vf")
RULES = "packaging/debian"
SPEC = "packaging/rpm/svnic.spec"
BUILD = ("build-essential", "debhelper", "dh-dkms", "lintian",
         "python3-docutils", "rpm")
# a package for release 12 must be older than that for 13, for upgrades
SUFFIX = {"12": "~deb12u1", "13": ""}


def builder(release):
    """The Debian in which packages for RELEASE are built."""
    return debian.clean("debbuild", debian.SUITES[release], BUILD,
                        hint=": a Debian to build packages in, 1-2 minutes")


def _files():
    listed = output(["git", "-C", REPO, "ls-files", "-coz",
                     "--exclude-standard", "--", *SHIPPED])
    return sorted(n for n in listed.split("\0") if n and (REPO / n).is_file())


def _found(name, pattern):
    match = re.search(pattern, (REPO / name).read_text(), re.M)
    if not match:
        raise LabError(f"{name} tells no {pattern}")
    return match.group(1)


def version():
    """The version of the drivers, which is in three files."""
    told = {name: _found(name, pattern) for name, pattern in (
        ("dkms.conf", r'^PACKAGE_VERSION="(.*)"$'),
        (f"{RULES}/changelog", r"\A\S+ \((.*)-[^-]+\)"),
        (SPEC, r"^Version:\s*(.*)$"))}
    if len(set(told.values())) > 1:
        raise LabError("versions differ: " + ", ".join(
            f"{version} in {name}" for name, version in told.items()))
    return told["dkms.conf"]


def _when():
    """The time of the newest entry of the changelog, for all files."""
    return int(email.utils.parsedate_to_datetime(
        _found(f"{RULES}/changelog", r"^ -- .*>  (.*)$")).timestamp())


def tarball(files, top):
    """The source tarball as bytes; its directory is TOP."""
    when = _when()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz", format=tarfile.PAX_FORMAT,
                      preset=6) as tar:
        for name in files:
            data = (REPO / name).read_bytes()
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size, info.mtime = len(data), when
            info.mode = 0o755 if (REPO / name).stat().st_mode & 0o100 else 0o644
            info.uname = info.gname = "root"
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _rebuild(release, log):
    """Give the changelog LOG an entry, a minute later, for a rebuild."""
    text = log.read_text()
    source, number, rest, who = re.match(
        r"(\S+) \((\S+)\) \S+(;.*)(?s:.*?)\n -- (.*>  )", text).groups()
    date = datetime.datetime.fromtimestamp(_when() + 60, datetime.timezone.utc)
    log.write_text(
        f"{source} ({number}{SUFFIX[release]}) {debian.SUITES[release]}{rest}"
        f"\n\n  * Rebuild for Debian {release}.\n\n"
        f" -- {who}{email.utils.format_datetime(date)}\n\n" + text)


def _deb(release, archive, target):
    """Build the packages for Debian RELEASE into the directory TARGET."""
    target.mkdir()
    top = f"{NAME}-{version()}"
    shutil.copy(archive, target / f"{NAME}_{version()}.orig.tar.xz")
    step("unpack", ["tar", "xf", archive, "-C", target])
    tree = target / top
    shutil.copytree(REPO / RULES, tree / "debian")
    if SUFFIX[release]:
        _rebuild(release, tree / "debian/changelog")
    step(f"package debian {release}", rootfs.chroot(
        ["nice", "dpkg-buildpackage", "-us", "-uc"], root=builder(release),
        binds=[target], cwd=tree), hint=f": Debian {release}, 10-60 seconds")
    shutil.rmtree(tree)


def _rpm(archive, target):
    """Build the RPMs, with Debian's rpmbuild, into the directory TARGET."""
    target.mkdir()
    room = target / "build"
    room.mkdir()
    step("package rpm", rootfs.chroot(
        ["nice", "rpmbuild", "-ta", "--define", f"_topdir {room}", archive],
        root=builder("13"), binds=[target, archive.parent], cwd=room),
        hint=": 5-20 seconds")
    for package in room.glob("*RPMS/**/*.rpm"):
        package.rename(target / package.name)
    shutil.rmtree(room)


def build():
    """The drivers' packages; the directory that they are in."""
    files = _files()
    top = f"{NAME}-{version()}"
    data = tarball(files, top)

    def make(path):
        path.mkdir()
        archive = path / f"{top}.tar.xz"
        archive.write_bytes(data)
        for release in debian.SUITES:
            _deb(release, archive, path / f"debian-{release}")
        _rpm(archive, path / "rpm")

    return cache.make("packages", cache.key(
        data, Path(__file__), *(builder(r).name for r in debian.SUITES)), make)
