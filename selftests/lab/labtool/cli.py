# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's commands."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from . import (bench, cache, check, dkms, dropin, emulator, host, image, insn,
               installs, kernel as kernels, modules, packages, qemu, rootfs,
               source, switch, upstream, vm)
from .util import CACHE, LabError, REPO, say


def _rootfs(_args):
    print(rootfs.tree())


def _chroot(args):
    command = args.command[args.command[:1] == ["--"]:]
    root = rootfs.tools() if args.tools else None
    return subprocess.call(rootfs.chroot(
        command, root=root, binds=[REPO, *args.bind], cwd=args.cwd or REPO))


def _source(args):
    print(source.tree(args.kernel))


def _tools(_args):
    print(rootfs.tools())


def _qemu(_args):
    print(qemu.build())


def _modules(args):
    print(modules.build(args.kernel, args.make))


def _dropin(args):
    if args.compiler:
        dropin.build(args.compiler, args.value, args.make)
    else:
        with dropin.tree() as entry:
            print(entry / "linux")


def _kunit(args):
    return dropin.kunit(args.filter)


def _dkms(_args):
    return dkms.run()


def _packages(args):
    made = emulator.export(args.out)
    for file in sorted(made.rglob("*")):
        if file.is_file():
            say(str(file.relative_to(made)))
    print(made)


def _package_test(_args):
    return installs.run()


def _vm_test(args):
    return vm.run(args.case)


def _core_test(args):
    room = CACHE / "core" / cache.key(str(REPO))
    room.mkdir(parents=True, exist_ok=True)
    with cache.lock("core"):
        return subprocess.call(rootfs.chroot(
            ["nice", "selftests/core/run.sh", room, *args.filter],
            binds=[REPO, room], cwd=REPO))


def _shim_test(args):
    with tempfile.TemporaryDirectory() as room:
        files = Path(room) / "qemu"
        image.firmware(qemu.build(), files)
        return subprocess.call([REPO / "selftests/shim/shim.py", *args.case,
                                "--", *qemu.command(files)])


def _fuzz(args):
    room = CACHE / "fuzz" / cache.key(str(REPO))
    room.mkdir(parents=True, exist_ok=True)
    options = [f"--seconds={args.seconds}"] + ["--merge"] * args.merge
    with cache.lock("fuzz"):
        return subprocess.call(rootfs.chroot(
            ["nice", "selftests/fuzz/run.py", *options, room, *args.name],
            root=rootfs.tools(), binds=[REPO, room], cwd=REPO))


def _bench_switch(_args):
    for sample in switch.measure():
        print(json.dumps(sample))


def _check(args):
    return check.run(args.part)


def _bench(args):
    options = [option for name in args.only for option in ("--only", name)]
    for name in ("rounds", "seconds"):
        if getattr(args, name):
            options += [f"--{name}", getattr(args, name)]
    return bench.run(args.out, args.quick, args.kernel, options)


def _build(args):
    qemu.build()
    rootfs.image()
    modules.build(args.kernel)


def _run(args):
    return host.run(args.script, args.kernel, args.out, args.nic, args.args)


def _shell(args):
    if not sys.stdin.isatty():
        raise LabError("a shell needs a terminal")
    return host.run(None, args.kernel, args.out, args.nic)


def _insn(args):
    return insn.run(args.out, args.kernel,
                    args.args[args.args[:1] == ["--"]:])


def _upstream(args):
    return upstream.run(args.nic, args.kernel, args.out, args.file)


def _parser():
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    sub = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")

    def add(name, func, text):
        cmd = sub.add_parser(name, help=text, description=text)
        cmd.set_defaults(func=func)
        return cmd

    def kernel(cmd):
        cmd.add_argument("--kernel", choices=kernels.NAMES,
                         default="newest")

    def machine(cmd):
        kernel(cmd)
        cmd.add_argument("--out", help="what /out in the lab host is "
                         "(default: a directory in the cache)")
        cmd.add_argument("--nic", choices=sorted(host.DRIVERS),
                         default="svnic")

    add("rootfs", _rootfs, "make the root file system; print its path")
    add("qemu", _qemu, "build QEMU with the device; print its source tree")
    cmd = add("chroot", _chroot, "run a command in the build chroot (the "
              "checkout is there under its own path)")
    cmd.add_argument("--tools", action="store_true", help="in the tree that "
                     "also has clang, sparse, gdb, shellcheck")
    cmd.add_argument("--bind", action="append", default=[], metavar="DIR",
                     help="another directory to have inside")
    cmd.add_argument("--cwd", help="where to run it (default: the checkout)")
    cmd.add_argument("command", nargs=argparse.REMAINDER)
    cmd = add("modules", _modules, "build the drivers for a kernel; print "
              "the directory they are built in")
    kernel(cmd)
    cmd.add_argument("make", nargs="*", help="more arguments for make (W=1)")
    kernel(add("source", _source, "fetch a kernel's source; print its path "
               "(shared: copy it before you write to it)"))
    add("tools", _tools, "make the tree for static checks; print its path")
    cmd = add("dropin", _dropin, "lay the drivers into a copy of the newest "
              "kernel's source, print its place; or build only them there")
    cmd.add_argument("compiler", nargs="?", choices=sorted(dropin.COMPILERS))
    cmd.add_argument("value", nargs="?", choices=("m", "y"), default="m")
    cmd.add_argument("make", nargs="*", help="more arguments for make (C=2)")
    add("dkms", _dkms, "install the drivers with DKMS in a clean Debian, boot "
        "it with each kernel, load and remove them")
    cmd = add("packages", _packages, "build the source tarball, Debian packages "
              "and RPMs; print the directory they are in")
    cmd.add_argument("--out", help="copy them there")
    add("package-test", _package_test, "build packages; look at, install, "
        "upgrade and remove them in Debians that have not seen the tree")
    cmd = add("vm-test", _vm_test, "boot a Debian of its own with svnic-vm, "
              "the drivers from the package")
    cmd.add_argument("case", nargs="*", help="name of a case; after a colon, "
                     "in a machine of that Debian (12:libvirt)")
    cmd = add("core-test", _core_test, "run the unit tests of the reference "
              "NIC's core, under sanitizers")
    cmd.add_argument("filter", nargs="*", help="part of a test's name")
    cmd = add("shim-test", _shim_test, "run the tests of the reference NIC's "
              "shim, in a QEMU without a kernel")
    cmd.add_argument("case", nargs="*", help="name of a case")
    cmd = add("kunit", _kunit, "run the modules' unit tests under user-mode "
              "Linux")
    cmd.add_argument("filter", nargs="*", help="suite or suite.case (globs)")
    cmd = add("fuzz", _fuzz, "run the fuzzers of the policy and of the "
              "reference NIC's core, for a bounded number of inputs")
    cmd.add_argument("--seconds", type=int, default=0,
                     help="or each for so long")
    cmd.add_argument("--merge", action="store_true", help="run none: add to "
                     "the tree's corpus what was found and reaches more")
    cmd.add_argument("name", nargs="*", help="core, policy, admin, state")
    add("bench-switch", _bench_switch, "measure what a packet costs the "
        "reference NIC's switch, natively; print samples")
    cmd = add("check", _check, "run tests: parts of make check, or static")
    cmd.add_argument("part", nargs="*")
    cmd = add("bench", _bench, "boot the lab host, compare the NIC with other "
              "ways between guests and a wire; tables and charts of it")
    kernel(cmd)
    cmd.add_argument("--out", help="where results come to (default: a "
                     "directory in the cache)")
    cmd.add_argument("--quick", action="store_true", help="fewer loads and "
                     "guests, one second each")
    cmd.add_argument("--only", action="append", default=[], metavar="NAME",
                     help="a path, a load or a number of guests (may be given "
                     "again)")
    cmd.add_argument("--rounds", help="(default: 5)")
    cmd.add_argument("--seconds", help="of a measurement (default: 3, or 1)")
    kernel(add("build", _build, "build everything a run needs, run nothing"))
    cmd = add("run", _run, "boot the lab host, run a script in it")
    machine(cmd)
    cmd.add_argument("script")
    cmd.add_argument("args", nargs=argparse.REMAINDER)
    cmd = add("insn", _insn, "count the instructions per packet of svnicvf, "
              "igbvf and virtio_net, in a lab host of its own")
    kernel(cmd)
    cmd.add_argument("--out", help="where insn.json goes (default: a directory "
                     "in the cache)")
    cmd.add_argument("args", nargs=argparse.REMAINDER,
                     help="more arguments for selftests/bench/insn.py")
    cmd = add("upstream", _upstream, "run the kernel's own tests of NICs, "
              "drivers/net and drivers/net/hw, in the lab host")
    kernel(cmd)
    cmd.add_argument("--out", help="where results come to (default: a "
                     "directory in the cache)")
    cmd.add_argument("--nic", choices=upstream.NICS, default="svnic")
    cmd.add_argument("file", nargs="*", help="ping.py, hw/csum.py and so on "
                     "(default: all); :CASE selects a case, @svnicvf a VF")
    machine(add("shell", _shell, "boot the lab host, be root in it"))
    return parser


def main():
    """Run one command; returns the exit status."""
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
