# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's commands."""

import argparse
import subprocess
import sys

from . import packages, qemu, rootfs
from .util import LabError, REPO, say


def _rootfs(_args):
    print(rootfs.tree())


def _chroot(args):
    command = args.command[args.command[:1] == ["--"]:]
    return subprocess.call(rootfs.chroot(command, binds=[REPO, *args.bind],
                                         cwd=args.cwd or REPO))


def _qemu(_args):
    print(qemu.build())


def _parser():
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    sub = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")

    def add(name, func, text):
        cmd = sub.add_parser(name, help=text, description=text)
        cmd.set_defaults(func=func)
        return cmd

    add("rootfs", _rootfs, "make the root file system; print its path")
    add("qemu", _qemu, "build QEMU with the device; print its source tree")
    cmd = add("chroot", _chroot, "run a command in the build chroot (the "
              "checkout is there under its own path)")
    cmd.add_argument("--bind", action="append", default=[], metavar="DIR",
                     help="another directory to have inside")
    cmd.add_argument("--cwd", help="where to run it (default: the checkout)")
    cmd.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def main():
    """Run one command; the exit status."""
    args = _parser().parse_args()
    try:
        packages.ensure()
        return args.func(args) or 0
    except LabError as err:
        print(f"lab: error: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
