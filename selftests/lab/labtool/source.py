# SPDX-License-Identifier: GPL-2.0-or-later
"""The source of the lab's kernels, in the version that the lab boots.

For things that its package of headers lacks: checkpatch, kernel-doc, the
drop-in build, user-mode Linux for KUnit, upstream's selftests.
"""

import re

from . import cache, rootfs
from .util import LabError, step


def version(package):
    """The version of PACKAGE in the root file system."""
    for line in (rootfs.tree() / "etc/svnic/packages").read_text().splitlines():
        name, _, found = line.partition("\t")
        if name == package:
            return found
    raise LabError(f"{package} is not in the root file system")


def tree(which):
    """The directory with the source of kernel "newest" or "stable"."""
    release = rootfs.kernel(which)
    wanted = version(f"linux-image-{release}")
    series = re.match(r"\d+\.\d+", release).group()

    def build(path):
        room = path.parent
        package = f"linux-source-{series}"
        step("kernel source fetch",
             rootfs.apt(["download", f"{package}={wanted}"], room),
             hint=f": {package} {wanted}, about 150 MB")
        deb, = room.glob("*.deb")
        step("kernel source unpack", rootfs.chroot(
            ["sh", "-c", f"dpkg-deb --fsys-tarfile {deb.name} | tar x --wildcards "
             f"--strip-components=3 './usr/src/*.tar.xz' && rm {deb.name} && "
             "mkdir x && tar xf linux-source-*.tar.xz -C x --strip-components=1"],
            binds=[room], cwd=room), hint=": 15-40 seconds")

    return cache.make("linux-source", wanted, build)
