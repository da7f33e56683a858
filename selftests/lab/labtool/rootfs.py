# SPDX-License-Identifier: GPL-2.0-or-later
"""One root file system for everything.

The same tree is the chroot for builds of modules and QEMU, the source of QEMU's
libraries, and, as an ext4 image, the disk of the lab host and of its guests.
"""

import shlex
import shutil
from pathlib import Path

from . import cache, packages
from .util import LAB, LabError, output, step

SUITE = "trixie"
RECIPE = [LAB / "rootfs/packages", LAB / "rootfs/install.sh"]
# A small tree: no manuals and no translations.
DPKG_OPTIONS = ["path-exclude=/usr/share/man/*",
                "path-exclude=/usr/share/locale/*",
                "path-exclude=/usr/share/doc/*"]


def sources(of=SUITE):
    """Lines for a tree's sources.list, with source packages (for QEMU)."""
    site = packages.mirror()
    if not site:
        raise LabError("this machine's apt knows no Debian mirror: name one, "
                       "LAB_MIRROR=URL")
    return [f"{kind} {site} {suite} main"
            for suite in (of, f"{of}-backports")
            for kind in ("deb", "deb-src")]


def _build(path):
    argv = ["mmdebstrap", "--variant=minbase", "--mode=root",
            *(f"--dpkgopt={o}" for o in DPKG_OPTIONS),
            # an incomplete tree is discarded, so there is no need to sync each
            # file
            "--dpkgopt=force-unsafe-io",
            "--customize-hook=copy-in " +
            " ".join(shlex.quote(str(f)) for f in RECIPE) + " /tmp",
            '--customize-hook=chroot "$1" /tmp/install.sh /tmp/packages',
            '--customize-hook=rm "$1"/tmp/packages "$1"/tmp/install.sh',
            SUITE, path, *sources()]
    step("rootfs", argv, hint=": making the root file system, 2-4 minutes")


def _name():
    return cache.key(SUITE, *RECIPE, *DPKG_OPTIONS)


def tree():
    """The directory with the root file system."""
    return cache.make("rootfs", _name(), _build)


def make_image(root, path):
    """Make PATH an ext4 image of the tree ROOT, with some free space."""
    size = int(output(["du", "-sxm", root]).split()[0]) * 5 // 4 + 200
    step("rootfs image",
         ["mkfs.ext4", "-q", "-F", "-L", "svnic-root", "-O", "^has_journal",
          "-m", "0", "-d", root, path, f"{size}M"],
         hint=": making the disk, 10-20 seconds")


def image():
    """The same as an ext4 image, which is only read."""
    root = tree()
    return cache.make("image", f"{_name()}.ext4",
                      lambda path: make_image(root, path))


def _more(kind, hint):
    """A copy of the first tree with the packages of rootfs/packages-KIND."""
    base = tree()
    recipe = [LAB / f"rootfs/packages-{kind}", LAB / "rootfs/install-tools.sh"]

    def build(path):
        step(f"{kind} copy", ["cp", "-a", "--reflink=auto", base, path])
        for file in recipe:
            shutil.copy(file, path / "root")
        step(kind, chroot(["sh", "install-tools.sh", f"packages-{kind}"],
                          root=path, cwd="/root"), hint=hint)

    return cache.make(kind, cache.key(base.name, *recipe), build)


def tools():
    """A second tree: the first and the tools of static checks and fuzzers."""
    return _more("tools", ": clang, sparse and friends, 1-3 minutes")


def upstream_image():
    """The disk of a third tree: the first and what upstream's tests run."""
    root = _more("upstream", ": bpftrace, 1-2 minutes")
    return cache.make("image", f"{root.name}.ext4",
                      lambda path: make_image(root, path))


def kernel(which):
    """The release name of kernel "newest" or "stable"."""
    return (tree() / "etc/svnic" / f"kernel-{which}").read_text().strip()


def chroot(command, root=None, binds=(), cwd="/"):
    """The argument list that runs COMMAND (a list) inside the tree ROOT.

    Everything is mounted in a separate mount name space, so nothing is left
    behind, however the command ends. BINDS are directories with the same path
    inside, so that paths in compilers' messages are valid outside too.
    """
    root = Path(root or tree())
    script = ["set -e", f"r={shlex.quote(str(root))}",
              "mount -t proc proc $r/proc", "mount --rbind /dev $r/dev",
              "mount -t tmpfs tmpfs $r/tmp"]
    for path in (Path(b).resolve() for b in binds):
        inside = shlex.quote(f"{root}{path}")
        script += [f"mkdir -p {inside}",
                   f"mount --bind {shlex.quote(str(path))} {inside}"]
    script += ["exec chroot $r /usr/bin/env -i PATH=/usr/sbin:/usr/bin "
               "HOME=/root LC_ALL=C.UTF-8 TERM=\"${TERM:-dumb}\" "
               f"sh -c 'cd \"$0\" && exec \"$@\"' {shlex.quote(str(cwd))} " +
               " ".join(shlex.quote(str(c)) for c in command)]
    return ["unshare", "--mount", "--propagation", "private",
            "--", "sh", "-c", "\n".join(script)]


def apt(command, room):
    """The argument list that runs apt-get COMMAND in the directory ROOM.

    The lists of packages are fetched again, and are not stored in the tree.
    """
    script = ("mkdir -p /tmp/lists/partial && "
              "lists='-q -o Dir::State::lists=/tmp/lists' && "
              "apt-get $lists update && apt-get $lists \"$@\"")
    return chroot(["sh", "-c", script, "sh", *command], binds=[room], cwd=room)
