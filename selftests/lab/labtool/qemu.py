# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU with the reference NIC, from Debian's source package.

The tree stays in the cache, configured and built. The device's sources of this
checkout are copied into it before each build if they have changed, so that a
change of the device takes seconds.
"""

import os
import shutil

from . import cache, rootfs
from .util import LAB, REPO, say, step

CONFIGURE = [
    "--target-list=x86_64-softmmu", "--without-default-features",
    "--without-default-devices", "--with-devices-x86_64=lab",
    "--disable-user", "--disable-tools", "--disable-docs",
    "--disable-download", "--disable-install-blobs", "--disable-werror",
    "--disable-debug-info", "--enable-tcg", "--enable-plugins",
    "--enable-kvm", "--enable-vhost-net", "--enable-vhost-kernel",
    "--enable-slirp", "--enable-virtfs", "--enable-attr", "--enable-fdt=system",
]
PATCHES = sorted((LAB / "qemu").glob("*.patch"))
# Adds the device to QEMU's build. The sources keep the layout of the checkout
# below hw/net/svnic, so that the same #include lines work in both.
HOOK = """
system_ss.add(declare_dependency(compile_args:
  ['-I' + meson.current_source_dir() / 'svnic' / 'uapi']))
subdir('svnic/device/qemu')
"""
SYNCED = {"device/core": (".c", ".h"), "device/qemu": (".c", ".h", ".build"),
          "uapi/svnic": (".h",)}
# Boot ROMs, from source: Debian's source package has no binaries of them, and
# configure builds them only if the compiler can link 32-bit programs.
OPTIONROMS = ("touch pc-bios/optionrom/config.mak && make -s "
              "-C pc-bios/optionrom TOPSRC_DIR={src} CC=gcc OBJCOPY=objcopy "
              "PYTHON=python3 && ")
# Firmware that QEMU's build does not make
BIOS = "usr/share/seabios/bios-256k.bin"


def _version():
    return (rootfs.tree() / "etc/svnic/qemu-source").read_text().strip()


def _unpack(version):
    def build(path):
        room = path.parent / "apt"
        room.mkdir()
        step("qemu source",
             rootfs.apt(["source", "--only-source", f"qemu={version}"], room),
             hint=f": fetching and unpacking QEMU {version}")
        source, = (p for p in room.iterdir() if p.is_dir())
        for patch in PATCHES:
            step("qemu patch", rootfs.chroot(
                ["patch", "-p1", "-i", patch], binds=[room, LAB], cwd=source))
        with open(source / "hw/net/meson.build", "a") as f:
            f.write(HOOK)
        shutil.copy(LAB / "qemu/lab.mak",
                    source / "configs/devices/x86_64-softmmu/lab.mak")
        source.rename(path)

    name = f"{version.replace(':', '_')}-" + cache.key(
        HOOK, LAB / "qemu/lab.mak", *PATCHES, *CONFIGURE)
    return cache.make("qemu", name, build)


def sync(source, target, suffixes):
    """Make TARGET hold SOURCE's files with these suffixes and no others.

    A file with the same content is left alone, since make and ninja use its
    time. True if anything changed.
    """
    wanted = {p.relative_to(source): p for p in sorted(source.rglob("*"))
              if p.is_file() and p.name.endswith(suffixes)}
    changed = False
    for name, path in wanted.items():
        copy = target / name
        data = path.read_bytes()
        if not copy.exists() or copy.read_bytes() != data:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
            changed = True
    for old in target.rglob("*"):
        if old.is_file() and old.name.endswith(suffixes) and \
           old.relative_to(target) not in wanted:
            old.unlink()
            changed = True
    return changed


def _sync_device(src):
    base = src / "hw/net/svnic"
    for name, suffixes in SYNCED.items():
        (base / name).mkdir(parents=True, exist_ok=True)
        sync(REPO / name, base / name, suffixes)
    build = base / "device/qemu/meson.build"
    if not build.exists():
        build.write_text("# no device in this checkout yet\n")


def source():
    """The directory of QEMU's source tree, which is shared, with build/ in
    it."""
    return _unpack(_version())


def content():
    """The contents of a source tree with the device, for a key."""
    files = PATCHES + [file for name, suffixes in SYNCED.items()
                       for file in sorted((REPO / name).rglob("*"))
                       if file.name.endswith(suffixes)]
    return [_version(), HOOK, *(part for file in files for part in
                                (str(file.relative_to(REPO)), file))]


def lay(path):
    """Make PATH a copy of the source tree, with the device."""
    src = source()
    # a build writes to the source directories too
    with cache.lock("qemu-build"):
        shutil.copytree(src, path, symlinks=True, ignore=lambda name, names:
                        ["build"] if name == str(src) else [])
    shutil.rmtree(path / "hw/net/svnic", ignore_errors=True)
    _sync_device(path)


def build():
    """Build QEMU; the directory of its source tree (build/ is in it)."""
    src = source()
    out = src / "build"
    # for work on a driver while the device does not compile
    if os.environ.get("LAB_KEEP_QEMU") and (out / "qemu-system-x86_64").exists():
        say("QEMU is taken as it was built last (LAB_KEEP_QEMU)")
        return src
    with cache.lock("qemu-build"):
        _sync_device(src)
        jobs = os.cpu_count() or 1
        if not (out / ".configured").exists():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            step("qemu configure", rootfs.chroot(
                ["../configure", *CONFIGURE], binds=[src], cwd=out))
            (out / ".configured").touch()
        hint = ""
        if not (out / "qemu-system-x86_64").exists():
            hint = ": the first time, 2-5 minutes"
        step("qemu build", rootfs.chroot(
            ["sh", "-c", OPTIONROMS.format(src=src) +
             f"nice ninja -j{jobs} qemu-system-x86_64"],
            binds=[src], cwd=out), hint=hint)
    return src


def command(room):
    """The begin of QEMU's command line, with its files in the directory ROOM.

    It is linked with the tree's libraries, so the tree's loader starts it.
    """
    root = rootfs.tree()
    return [root / "usr/lib64/ld-linux-x86-64.so.2",
            "--library-path", root / "usr/lib/x86_64-linux-gnu",
            room / "qemu-system-x86_64", "-L", room]


def plugin():
    """Build the plugin that counts instructions; returns its path."""
    source = REPO / "selftests/bench/insn/plugin.c"
    include = build() / "include/qemu"

    def compile_it(path):
        shutil.copy(source, path.parent)
        step("qemu plugin", rootfs.chroot(
            ["sh", "-c", "gcc -shared -fPIC -O2 -Wall -Wextra -Werror "
             "-fvisibility=hidden -I \"$1\" -o \"$2\" plugin.c "
             "$(pkg-config --cflags --libs glib-2.0)", "sh", include, path],
            binds=[path.parent, include], cwd=path.parent))

    return cache.make("plugin", cache.key(
        source, include / "qemu-plugin.h", rootfs.tree().name) + ".so",
        compile_it)
