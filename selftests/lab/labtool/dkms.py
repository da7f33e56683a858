# SPDX-License-Identifier: GPL-2.0-or-later
"""The drivers as DKMS makes them, in a Debian of its own.

Nothing of the lab is in that system but what boots it: it is a minimal Debian
with DKMS, both kernels and their headers, as a user would have it. The drivers
are added, built and installed there, then it is booted with each kernel.
"""

import shutil

from . import cache, host, rootfs
from .util import REPO, LabError, output, say, step

SCRIPT = REPO / "selftests/dkms/loaded.sh"
KERNELS = ("newest", "stable")
PACKAGES = ("dkms", "iproute2", "kmod")
# nobody boots it through an initramfs of Debian's, which takes a minute
NO_INITRAMFS = ('mkdir -p "$1"/etc/initramfs-tools && echo update_initramfs=no '
                '> "$1"/etc/initramfs-tools/update-initramfs.conf')


def _clean():
    """A minimal Debian with DKMS and the lab's kernels."""
    newest, stable = (tuple(f"linux-{what}-{rootfs.kernel(kernel)}"
                            for what in ("image", "headers"))
                      for kernel in KERNELS)
    wanted = PACKAGES + stable
    # with what it needs of the backports: of itself apt takes nothing there
    add_newest = ('chroot "$1" apt-get -q -y --no-install-recommends -t '
                  f"{rootfs.SUITE}-backports install {' '.join(newest)}")

    def build(path):
        step("dkms rootfs",
             ["mmdebstrap", "--variant=minbase", "--mode=root",
              *(f"--dpkgopt={o}" for o in rootfs.DPKG_OPTIONS),
              "--dpkgopt=force-unsafe-io", "--dpkgopt=force-confold",
              f"--essential-hook={NO_INITRAMFS}",
              f"--include={','.join(wanted)}",
              f"--customize-hook={add_newest}", rootfs.SUITE, path,
              *rootfs.sources()],
             hint=": a Debian with DKMS and two kernels, 2-3 minutes")

    return cache.make("dkms", cache.key(
        rootfs.SUITE, *wanted, NO_INITRAMFS, add_newest, *rootfs.DPKG_OPTIONS),
        build)


def _files():
    """What a tarball of this checkout holds."""
    listed = output(["git", "-C", REPO, "ls-files", "-z"])
    return [name for name in listed.split("\0")
            if name and (REPO / name).is_file()]


def _version():
    for line in (REPO / "dkms.conf").read_text().splitlines():
        if line.startswith("PACKAGE_VERSION="):
            return line.split("=")[1].strip('"')
    raise LabError("dkms.conf has no PACKAGE_VERSION")


def _install(root):
    """Add, build and install the drivers below ROOT; what was said is logged."""
    version = _version()
    place = root / f"usr/src/svnic-{version}"
    for name in _files():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / name, place / name)
    for command in (["add"], *(["install", "-k", rootfs.kernel(kernel)]
                               for kernel in KERNELS)):
        step(f"dkms {command[0]}{' ' + command[-1] if command[1:] else ''}",
             rootfs.chroot(["nice", "dkms", *command, f"svnic/{version}"],
                           root=root))


def image():
    """The disk of that system, the drivers installed in it by DKMS."""
    clean = _clean()

    def build(path):
        root = path.parent / "root"
        step("dkms copy", ["cp", "-a", "--reflink=auto", clean, root])
        _install(root)
        rootfs.make_image(root, path)

    sources = cache.key(*(REPO / name for name in _files()
                          if name.split("/")[0] in
                          ("Kconfig", "Makefile", "dkms.conf", "lib", "pf",
                           "uapi", "vf")))
    return cache.make("dkms-image", f"{clean.name}-{sources}.ext4", build)


def run():
    """Install, boot into it, load and remove, with each kernel; prints KTAP."""
    print(f"KTAP version 1\n1..{len(KERNELS) + 1}", flush=True)
    try:
        disk = image()
    except LabError as err:
        print("# " + str(err).replace("\n", "\n# "))
        print("not ok 1 install")
        return 1
    print("ok 1 install", flush=True)
    failed = 0
    for number, kernel in enumerate(KERNELS, 2):
        try:
            status = host.run(SCRIPT, kernel, args=[_version()], disk=disk)
        except LabError as err:
            say(str(err))
            status = 1
        failed += bool(status)
        print(f"{'not ' * bool(status)}ok {number} {kernel}", flush=True)
    return 1 if failed else 0
