# SPDX-License-Identifier: GPL-2.0-or-later
"""A small initramfs: busybox, the modules for the root file system, boot/init.

The lab host and its guests boot the same one. Modules are stored unpacked, in
the order in which they must be loaded, so nothing is looked up at boot.
"""

import gzip
import lzma
import stat

from . import cache, kernel, rootfs
from .util import LAB

# ext4 requests crc32c by name, which no dependency shows
COMMON = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "overlay",
          "virtio_rng")
# role -> modules; for the root file system, and for communication
MODULES = {
    "host": COMMON + ("9p", "9pnet_virtio", "virtio_console"),
    "guest": COMMON + ("vmw_vsock_virtio_transport",),
}
UNPACK = {".xz": lzma.decompress, ".gz": gzip.decompress, "": bytes}


class Cpio:
    """The kernel's "newc" archive, as far as an initramfs needs it."""

    def __init__(self):
        self.data = bytearray()
        self.inode = 0

    def add(self, name, mode, content=b"", rdev=(0, 0)):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, *rdev,
                  len(name) + 1, 0)
        self.data += b"070701" + b"".join(b"%08x" % f for f in fields)
        self.data += name.encode() + b"\0"
        self._align()
        self.data += content
        self._align()

    def _align(self):
        self.data += bytes(-len(self.data) % 4)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.data)


def _ordered(base, modules):
    """The files of these modules and of those they need, these first."""
    needs = {}
    for line in (base / "modules.dep").read_text().splitlines():
        module, _, rest = line.partition(":")
        needs[module] = rest.split()
    by_name = {path.rsplit("/", 1)[1].split(".")[0].replace("-", "_"): path
               for path in needs}
    order = []

    def visit(path):
        for need in needs[path]:
            visit(need)
        if path not in order:
            order.append(path)

    for name in modules:
        if name in by_name:     # other modules are built in
            visit(by_name[name])
    return order


def _build(base):
    tree = rootfs.tree()
    cpio = Cpio()
    for name in ("bin", "dev", "proc", "sys", "modules"):
        cpio.add(name, stat.S_IFDIR | 0o755)
    cpio.add("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    cpio.add("bin/busybox", stat.S_IFREG | 0o755,
             (tree / "usr/bin/busybox").read_bytes())
    for name in ("sh", "mount", "insmod", "sleep", "mkdir", "poweroff", "ln",
                 "ip", "switch_root"):
        cpio.add(f"bin/{name}", stat.S_IFLNK | 0o777, b"busybox")
    stored = set()
    for role, modules in MODULES.items():
        names = []
        for path in _ordered(base, modules):
            stem, _, packing = path.rsplit("/", 1)[1].partition(".ko")
            names.append(f"{stem}.ko\n")
            if stem not in stored:
                stored.add(stem)
                cpio.add(f"modules/{stem}.ko", stat.S_IFREG | 0o644,
                         UNPACK[packing]((base / path).read_bytes()))
        cpio.add(f"modules/{role}", stat.S_IFREG | 0o644,
                 "".join(names).encode())
    cpio.add("init", stat.S_IFREG | 0o755, (LAB / "boot/init").read_bytes())
    return cpio.finish()


def path(which):
    """The initramfs file for kernel WHICH."""
    chosen = kernel.get(which)
    name = cache.key(rootfs.tree().name, chosen.key, chosen.release,
                     LAB / "boot/init", LAB / "labtool/initramfs.py")
    return cache.make("initramfs", name,
                      lambda out: out.write_bytes(_build(chosen.modules)))
