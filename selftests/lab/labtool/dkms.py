# SPDX-License-Identifier: GPL-2.0-or-later
"""The drivers built by DKMS, in a separate Debian.

This system has nothing of the lab except what boots it: it is a minimal Debian
with DKMS, both kernels and their headers, like that of a user. The package of
the drivers is installed there, then it is booted with each kernel.
"""

from . import cache, debian, host, release, rootfs
from .util import REPO, LabError, say, step

SCRIPT = REPO / "selftests/dkms/loaded.sh"
KERNELS = ("newest", "stable")
PACKAGES = ("dkms", "iproute2", "kmod", "linux-libc-dev")


def clean():
    """A minimal Debian with DKMS and the lab's kernels."""
    newest, stable = (tuple(f"linux-{what}-{rootfs.kernel(kernel)}"
                            for what in ("image", "headers"))
                      for kernel in KERNELS)
    # with the packages that it needs from the backports, which apt does not use
    # by itself
    add_newest = ('chroot "$1" apt-get -q -y --no-install-recommends -t '
                  f"{rootfs.SUITE}-backports install {' '.join(newest)}")
    return debian.clean(
        "dkms", rootfs.SUITE, PACKAGES + stable, add_newest,
        hint=": a Debian with DKMS and two kernels, 2-3 minutes")


def image(package):
    """The disk of that system with PACKAGE, which contains the drivers."""
    tree = clean()

    def build(path):
        root = path.parent / "root"
        step("dkms copy", ["cp", "-a", "--reflink=auto", tree, root])
        step("dkms install", rootfs.chroot(
            ["nice", "apt-get", "-q", "-y", "install", package], root=root,
            binds=[package.parent]),
            hint=": DKMS builds for two kernels, 30-90 seconds")
        rootfs.make_image(root, path)

    return cache.make("dkms-image", cache.key(tree.name, package) + ".ext4",
                      build)


def run():
    """Install, boot, load and remove, with each kernel; prints KTAP."""
    print(f"KTAP version 1\n1..{len(KERNELS) + 1}", flush=True)
    try:
        package, = release.build().glob("debian-13/svnic-dkms_*.deb")
        disk = image(package)
    except LabError as err:
        print("# " + str(err).replace("\n", "\n# "))
        print("not ok 1 install")
        return 1
    print("ok 1 install", flush=True)
    failed = 0
    for number, kernel in enumerate(KERNELS, 2):
        try:
            status = host.run(SCRIPT, kernel, args=[release.version()],
                              disk=disk, drivers=False)
        except LabError as err:
            say(str(err))
            status = 1
        failed += bool(status)
        print(f"{'not ' * bool(status)}ok {number} {kernel}", flush=True)
    return 1 if failed else 0
