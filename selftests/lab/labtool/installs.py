# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the packages: their contents, installation and removal."""

import os
import subprocess

from . import debian, dkms, emulator, release, rootfs
from .util import REPO, LabError

LIFE = REPO / "selftests/packaging/life.sh"
EMULATOR = REPO / "selftests/packaging/emulator.sh"
# The kernel of the release is too old. The headers of a newer one are installed
# later, and with them a kernel that is not booted.
NO_BOOT = ('echo "path-exclude=*/lib/modules/*/kernel/*" '
           '> "$1"/etc/dpkg/dpkg.cfg.d/no-modules')
LATER = ('mkdir -p "$1"/srv/headers/partial && chroot "$1" apt-get -q -y '
         "--no-install-recommends -o Dir::Cache::archives=/srv/headers "
         "-t bookworm-backports --download-only install linux-headers-amd64")


def _root(number):
    """A Debian in which packages are installed."""
    if number == "13":
        return dkms.clean()
    return debian.clean("debinstall", debian.SUITES[number],
                        ("dkms", "kmod", "linux-headers-amd64",
                         "linux-libc-dev"), NO_BOOT, LATER,
                        hint=": a Debian with DKMS, 1-2 minutes")


def _result(number, name, status, text=""):
    for line in text.splitlines():
        print(f"# {line}")
    print(f"{'not ' * bool(status)}ok {number} {name}", flush=True)
    return bool(status)


def _lintian(number, made):
    room = made / f"debian-{number}"
    changes, = room.glob("*.changes")
    package, = room.glob("qemu-*.deb")
    done = subprocess.run(
        rootfs.chroot(["nice", "lintian", "--fail-on", "error,warning",
                       changes, package], root=release.builder(number),
                      binds=[made], cwd=room),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    return done.returncode, done.stdout


def _same(made):
    """Check that the DKMS packages, Debian's and the RPM, have the same
    files."""
    script = """set -e
rpm -qlp rpm/svnic-dkms-*.noarch.rpm > /tmp/files
while read -r f; do case $f in /usr/src/*) echo "$f";; esac; done \
        < /tmp/files | sort > /tmp/rpm
dpkg-deb --fsys-tarfile debian-13/svnic-dkms_*.deb | tar t | sed 's,^[.],,;
        s,/$,,' | grep '^/usr/src/.' | sort > /tmp/deb
[ -s /tmp/deb ]
diff /tmp/deb /tmp/rpm"""
    done = subprocess.run(
        rootfs.chroot(["sh", "-c", script], root=release.builder("13"),
                      binds=[made], cwd=made),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    return done.returncode, done.stdout


def _life(number, made):
    with debian.copy(_root(number)) as root:
        proc = subprocess.Popen(rootfs.chroot(
            ["nice", LIFE, made / f"debian-{number}"], root=root,
            binds=[made, LIFE.parent]), text=True, errors="replace",
            stdout=subprocess.PIPE)
        failed = False
        for line in proc.stdout:
            failed = failed or line.startswith("not ok")
            print("    " + line, end="", flush=True)
        return proc.wait() or failed


def _emulator(number, made):
    room = made / f"debian-{number}"
    package, = room.glob("qemu-*.deb")
    try:
        tree = emulator.host(number, package, "python3")
    except LabError as err:
        return 1, str(err)
    with debian.copy(tree) as root:
        done = subprocess.run(
            rootfs.chroot(["nice", EMULATOR, room], root=root,
                          binds=[made, EMULATOR.parent]),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", check=False)
    return done.returncode, done.stdout if done.returncode else ""


def run():
    """Build, check, install and remove; prints KTAP."""
    # installing and upgrading takes minutes, and differs little
    lives = list(debian.SUITES) if os.environ.get("FULL") else ["13"]
    print(f"KTAP version 1\n1..{2 + 2 * len(debian.SUITES) + len(lives)}",
          flush=True)
    try:
        made = emulator.whole()
    except LabError as err:
        return _result(1, "build", 1, str(err))
    failed = _result(1, "build", 0)
    failed += _result(2, "Debian's and RPM's are the same", *_same(made))
    number = 2
    for name in debian.SUITES:
        number += 1
        failed += _result(number, f"lintian, Debian {name}",
                          *_lintian(name, made))
        if name in lives:
            number += 1
            failed += _result(number, f"life, Debian {name}", _life(name, made))
        number += 1
        failed += _result(number, f"QEMU, Debian {name}",
                          *_emulator(name, made))
    return 1 if failed else 0
