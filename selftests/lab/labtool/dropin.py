# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel source that contains the drivers in drivers/net/ethernet/svnic, like
that of a distribution or of mainline.

It consists of links to the cached source. Build directories are beside it, so
that a build after a change of the drivers takes seconds, also from another
checkout. All checkouts share it; one at a time copies its drivers there.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess

from . import cache, modules, rootfs, source
from .kernel import FRAGMENTS
from .qemu import sync
from .util import LAB, LOGS, REPO, LabError, step

PLACE = "drivers/net/ethernet"
HOOKS = {
    f"{PLACE}/Kconfig": ('source "drivers/net/ethernet/sun/Kconfig"\n',
                         'source "drivers/net/ethernet/svnic/Kconfig"\n'),
    f"{PLACE}/Makefile": ("obj-$(CONFIG_NET_VENDOR_SUN) += sun/\n",
                          "obj-$(CONFIG_NET_VENDOR_SVNIC) += svnic/\n"),
}
OPTIONS = ("SVNIC", "SVNICVF")
COMPILERS = {"gcc": [], "clang": ["LLVM=1"]}
KUNITCONFIG = ".kunitconfig"
# messages of a debug kernel, of lab-klog, and of a failed test
REPORT = re.compile(r"\b(BUG|WARNING): |UBSAN: |^lab-klog: |^ *not ok\b")
# the last one is make's message about a checker that it cannot use
TROUBLE = re.compile(r"\b(warning|error):|C=\d specified, but",
                     re.IGNORECASE)
# Debian's sparse does not know the length of a constant string
# (MODULE_LICENSE()). gcc would report an expression that is not constant.
NO_TROUBLE = "error: bad constant expression"


def _links(base):
    def build(path):
        path.mkdir()
        linux = path / "linux"
        step("dropin copy", ["cp", "-al", base, linux])
        for name, (after, line) in HOOKS.items():
            text = (linux / name).read_text()
            if after not in text:
                raise LabError(f"{base / name} has no line {after.strip()}")
            # do not write through the link: the source is shared
            (linux / name).unlink()
            (linux / name).write_text(text.replace(after, after + line))

    return build


@contextlib.contextmanager
def tree():
    """The directory that has linux/ (with the drivers) and build directories.

    No other process changes it in this context.
    """
    base = source.tree("newest")
    name = cache.key(base.name, repr(HOOKS))
    entry = cache.make("dropin", f"{base.name}-{name}", _links(base))
    with cache.lock("dropin-build"):
        _sync(entry)
        yield entry


def _sync(entry):
    place = entry / "linux" / PLACE / "svnic"
    place.mkdir(exist_ok=True)
    for part in modules.SOURCES:
        sync(REPO / part, place / part, (".c", ".h", "Makefile", "Kconfig"))
    for file in (*modules.FILES, KUNITCONFIG):
        data = (REPO / file).read_bytes()
        if not (place / file).exists() or (place / file).read_bytes() != data:
            (place / file).write_bytes(data)


def _make(entry, out, command, **kwargs):
    step(f"dropin {out.name}", rootfs.chroot(
        ["sh", "-ec", command], root=rootfs.tools(), binds=[entry, REPO],
        cwd=entry / "linux"), **kwargs)


def _configure(entry, out, flags, value):
    """Write the newest kernel's configuration with the drivers as VALUE to
    OUT."""
    config = rootfs.tree() / f"boot/config-{rootfs.kernel('newest')}"
    state = cache.key(config, REPO / "Kconfig", *OPTIONS)
    mark = out / ".prepared"
    if mark.exists() and mark.read_text() == state:
        return
    out.mkdir(exist_ok=True)
    shutil.copy(config, out / ".config")
    # without the keys by which Debian signs
    options = "-d DEBUG_INFO_BTF -d SYSTEM_TRUSTED_KEYRING -d MODULE_SIG " \
        "-e NET_VENDOR_SVNIC " + \
        " ".join(f"--set-val {o} {value}" for o in OPTIONS)
    _make(entry, out, f"""
        scripts/config --file {out}/.config {options}
        nice make -s -j{os.cpu_count()} O={out} {flags} olddefconfig \
            modules_prepare
        for o in {" ".join(OPTIONS)}; do
            grep "CONFIG_$o={value}" {out}/.config
        done
        """, hint=": preparing the kernel's source, 1-3 minutes")
    mark.write_text(state)


def build(compiler, value, extra=()):
    """Build only the drivers, as VALUE ("m", "y"), with every warning of W=1.

    EXTRA are more arguments of make. Raises LabError if there is a warning.
    """
    flags = " ".join(COMPILERS[compiler])
    with tree() as entry:
        out = entry / f"{compiler}-{value}"
        log = LOGS / f"dropin-{out.name}-drivers.log"
        _configure(entry, out, flags, value)
        # from scratch: warnings appear only when a file is compiled
        shutil.rmtree(out / PLACE / "svnic", ignore_errors=True)
        _make(entry, out, f"nice make -j{os.cpu_count()} O={out} {flags} W=1 "
              f"{shlex.join(extra)} {PLACE}/svnic/", log=log)
    found = [line for line in log.read_text(errors="replace").splitlines()
             if TROUBLE.search(line) and NO_TROUBLE not in line]
    if found:
        raise LabError(f"warnings (log: {log}):\n" + "\n".join(found))


def kunit(names):
    """Run the modules' KUnit tests under user-mode Linux; the exit status."""
    with tree() as entry:
        out = entry / "um-checks"
        hint = "" if (out / "linux").exists() else \
            ": user-mode Linux, 4-8 minutes the first time"
        _make(entry, out, "nice tools/testing/kunit/kunit.py build "
              f"--build_dir={out} --kunitconfig={PLACE}/svnic "
              f"--kunitconfig={FRAGMENTS}/kunit.config "
              f"--jobs={os.cpu_count()}", hint=hint)
        return _exec(entry, out / "linux", names)


def _exec(entry, linux, names):
    # kunit.py would stop it after the tests
    argv = [linux, "mem=1G", "console=tty", "kunit.enable=1",
            "rootfstype=hostfs", "ro", f"init={LAB}/boot/init-kunit",
            *(f"kunit.filter_glob={name}" for name in names)]
    bad = False
    with subprocess.Popen(rootfs.chroot(argv, root=rootfs.tools(), binds=[
            entry, REPO]), stdin=subprocess.DEVNULL, text=True,
            errors="replace", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as proc:
        show = False
        for line in proc.stdout:
            show = show or line.startswith("KTAP version")
            bad = bad or REPORT.search(line)
            if show:
                print(line, end="", flush=True)
    return 1 if bad else proc.returncode
