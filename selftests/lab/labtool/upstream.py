# SPDX-License-Identifier: GPL-2.0-or-later
"""Upstream's own tests of NICs, drivers/net and drivers/net/hw, in the lab host.

They are built from the source of the newest kernel. The lab host gets them by
9P, so nothing of them is in this tree.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import cache, host, rootfs, source
from .util import CACHE, LabError, REPO, say, step

ROOM = REPO / "selftests/upstream"
SUITES = ("drivers/net", "drivers/net/hw")
# What is copied for the build. Without MAINTAINERS the generator of ynl looks
# for the top of the tree for ever.
NEEDED = ("Makefile", "MAINTAINERS", "tools", "scripts", "include",
          "Documentation/netlink")
# with dash as make's shell a probe of the makefiles fails
MAKE = ("make", "SHELL=/bin/bash", f"TARGETS={' '.join(SUITES)}",
        "KHDR_INCLUDES=-isystem /usr/include", "install")
# make says that it was successful also if some programs are missing
BUILT = ("kselftest-list.txt", "net/lib/gro", "net/lib/xdp_dummy.bpf.o",
         "net/lib/ynl/pyynl", "drivers/net/so_txtime",
         "drivers/net/hw/toeplitz", "drivers/net/hw/nk_forward.bpf.o")
# svnicvf is the driver of a VF in the lab host; others are names of host.py
NICS = ("svnic", "svnicvf", "igb", "virtio-net")
# these files need the disk with more packages
MORE_PACKAGES = {"netpoll_basic.py"}
TIMEOUT = 3600
RUNS_KEPT = 20


def suites():
    """The directory with the installed suites."""
    linux = source.tree("newest")
    tools = rootfs.tools()

    def build(path):
        room = path.parent / "linux"
        for name in NEEDED:
            target = room / name
            target.parent.mkdir(parents=True, exist_ok=True)
            step("upstream copy", ["cp", "-a", linux / name, target])
        step("upstream suites", rootfs.chroot(
            ["nice", *MAKE, f"INSTALL_PATH={path}"], root=tools,
            binds=[path.parent], cwd=room / "tools/testing/selftests"),
            hint=": building upstream's tests, 1-2 minutes")
        lost = [name for name in BUILT if not (path / name).exists()]
        if lost or not (path / "kselftest-list.txt").stat().st_size:
            raise LabError("upstream's tests were not built completely: no " +
                           ", ".join(lost or ["list of them"]))

    return cache.make("upstream-suites", cache.key(
        linux.name, tools.name, " ".join(NEEDED), " ".join(MAKE)), build)


def files(tree):
    """The names of the suites' test files, as users give them."""
    names = []
    for line in (tree / "kselftest-list.txt").read_text().split():
        suite, _, name = line.partition(":")
        if suite in SUITES:
            names.append(f"hw/{name}" if suite.endswith("/hw") else name)
    return sorted(names, key=lambda name: ("/" in name, name))


def _chosen(tree, wanted):
    """The test files of these names; a name may have ":CASE" and "@NIC"."""
    known = files(tree)
    for name in wanted:
        file, _, nic = name.partition("@")
        if file.partition(":")[0] not in known or nic not in ("", *NICS[:2]):
            raise LabError(f"no such test: {name} (there are: " +
                           " ".join(known) + ")")
    return list(wanted) or known


def _room(out):
    """The directory for results; in the cache those of old runs are removed."""
    base = CACHE / "upstream-results"
    path = Path(out).resolve() if out else \
        base / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    path.mkdir(parents=True, exist_ok=True)
    for old in sorted(base.glob("*"))[:-RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def run(nic="svnic", kernel="newest", out=None, wanted=()):
    """Run the test files WANTED, or all; returns the exit status."""
    tree = suites()
    names = _chosen(tree, wanted)
    more = any(name.partition(":")[0].partition("@")[0] in MORE_PACKAGES
               for name in names)
    disk = rootfs.upstream_image() if more else None
    room = _room(out)
    (room / "upstream.json").unlink(missing_ok=True)
    os.environ.setdefault("LAB_CPUS", "4")
    os.environ.setdefault("LAB_TIMEOUT", str(TIMEOUT))
    share = f"local,path={tree},mount_tag=ksft,readonly=on," \
        "security_model=none,multidevs=remap"
    os.environ["LAB_QEMU_ARGS"] = shlex.join(["-virtfs", share]) + \
        f" {os.environ.get('LAB_QEMU_ARGS', '')}"
    say(f"upstream: {len(names)} test files on {nic}; results, and the output "
        f"of each file: {room}")
    status, error = 1, None
    try:
        status = host.run(ROOM / "run.sh", kernel, room,
                          "svnic" if nic == "svnicvf" else nic,
                          [f"NIC={nic}", *names], disk=disk)
    except LabError as err:
        error = err
    sys.stdout.flush()
    subprocess.call(["python3", "-B", ROOM / "results.py",
                     room / "upstream.json"])
    if error:
        raise error
    return status
