# SPDX-License-Identifier: GPL-2.0-or-later
"""The second disk of a run, with everything that changes from run to run.

It has the overlay for the shared root (the lab's own commands, the modules of
this checkout), QEMU for the guests, the initramfs, and the script to run.
"""

import os
import shlex
import shutil

from . import cache, initramfs, modules, rootfs
from .qemu import BIOS
from .util import LAB, output, step

OPTIONROMS = ("kvmvapic.bin", "linuxboot_dma.bin", "pvh.bin")


def _labexec():
    source = LAB / "agent/labexec.c"

    def build(path):
        shutil.copy(source, path.parent)
        step("labexec", rootfs.chroot(
            ["gcc", "-O2", "-Wall", "-static", "-o", path, "labexec.c"],
            binds=[path.parent], cwd=path.parent))

    return cache.make("labexec", cache.key(source, rootfs.tree().name), build)


def firmware(qemu, target):
    """Copy QEMU and its firmware to the directory TARGET."""
    target.mkdir()
    shutil.copy(qemu / "build/qemu-system-x86_64", target)
    shutil.copy(rootfs.tree() / BIOS, target)
    for name in OPTIONROMS:
        shutil.copy(qemu / "build/pc-bios/optionrom" / name, target)


def make(path, room, built, guest_kernel, qemu, script, env):
    """Make the image PATH from a directory ROOM, which is filled here.

    QEMU's directory (with its firmware) is copied; BUILT is the directory of
    our modules for each kernel, if any; guests boot GUEST_KERNEL; ENV becomes
    shell assignments.
    """
    over = room / "overlay"
    shutil.copytree(LAB / "rootfs-overlay", over)
    shutil.copy(_labexec(), over / "usr/local/sbin/labexec")
    for kernel, directory in built.items():
        modules.install(directory, kernel, over)
    os.link(initramfs.path(guest_kernel), room / "initramfs")
    shutil.copytree(qemu, room / "qemu", copy_function=os.link)
    if script:
        shutil.copy(script, room / "script")
        (room / "script").chmod(0o755)
    (room / "env").write_text("".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in env.items()))
    size = int(output(["du", "-sm", room]).split()[0]) * 5 // 4 + 16
    step("lab image", ["mkfs.ext4", "-q", "-F", "-L", "svnic-lab", "-m", "0",
                       "-O", "^has_journal", "-E", "root_owner=0:0",
                       "-d", room, path, f"{size}M"])
