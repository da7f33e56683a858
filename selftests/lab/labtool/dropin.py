# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel source with the drivers dropped in, as a distribution or mainline
would have them: drivers/net/ethernet/svnic.

It is a copy of links to the cached source. Build directories lie beside it, so
that a build after a change to the drivers takes seconds.
"""

import contextlib
import os
import re
import shutil
import subprocess

from . import cache, modules, rootfs, source
from .qemu import sync
from .util import LOGS, REPO, LabError, step

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
TROUBLE = re.compile(r"\b(warning|error):|^(WARNING|ERROR)\b", re.MULTILINE)


def _links(base):
    def build(path):
        path.mkdir()
        linux = path / "linux"
        step("dropin copy", ["cp", "-al", base, linux])
        for name, (after, line) in HOOKS.items():
            text = (linux / name).read_text()
            if after not in text:
                raise LabError(f"{base / name} has no line {after.strip()}")
            # never through the link: the source is shared
            (linux / name).unlink()
            (linux / name).write_text(text.replace(after, after + line))

    return build


@contextlib.contextmanager
def tree():
    """The directory that holds linux/ (drivers inside) and what is built.

    In this context nobody else changes it.
    """
    base = source.tree("newest")
    name = cache.key(base.name, str(REPO), repr(HOOKS))
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
        ["sh", "-ec", command], root=rootfs.tools(), binds=[entry],
        cwd=entry / "linux"), **kwargs)


def _configure(entry, out, flags):
    """A build directory with the configuration of the newest kernel."""
    release = rootfs.kernel("newest")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    shutil.copy(rootfs.tree() / f"boot/config-{release}", out / ".config")
    # what Debian signs with is not there
    _make(entry, out, "scripts/config --file {0}/.config -d DEBUG_INFO_BTF "
          "-d SYSTEM_TRUSTED_KEYRING -d MODULE_SIG -e NET_VENDOR_SVNIC; "
          "nice make -s -j{1} O={0} {2} olddefconfig modules_prepare".format(
              out, os.cpu_count(), flags),
          hint=": preparing the kernel's source, 1-3 minutes")
    (out / ".prepared").touch()


def build(compiler, value):
    """Build only the drivers, as VALUE ("m", "y"), with every warning of W=1.

    Raises LabError when there is any.
    """
    flags = " ".join(COMPILERS[compiler])
    options = " ".join(f"--set-val {o} {value}" for o in OPTIONS)
    log = LOGS / f"dropin-{compiler}-{value}.log"
    with tree() as entry:
        out = entry / compiler
        if not (out / ".prepared").exists():
            _configure(entry, out, flags)
        # from nothing: a warning is only told where something is compiled
        _make(entry, out, f"""
            scripts/config --file {out}/.config {options}
            make -s O={out} {flags} olddefconfig
            for o in {' '.join(OPTIONS)}; do
                grep "CONFIG_$o={value}" {out}/.config
            done
            rm -rf {out}/{PLACE}/svnic
            nice make -j{os.cpu_count()} O={out} {flags} W=1 {PLACE}/svnic/
            """, log=log)
    found = [line for line in log.read_text(errors="replace").splitlines()
             if TROUBLE.search(line)]
    if found:
        raise LabError(f"warnings (log: {log}):\n" + "\n".join(found))


def kunit(names):
    """Run the modules' KUnit tests under user-mode Linux; the exit status."""
    tool = "tools/testing/kunit/kunit.py"
    with tree() as entry:
        out = entry / "um"
        hint = "" if (out / "linux").exists() else \
            ": user-mode Linux, 3-7 minutes the first time"
        _make(entry, out, f"nice {tool} build --build_dir={out} "
              f"--kunitconfig={PLACE}/svnic --jobs={os.cpu_count()}",
              hint=hint)
        return subprocess.call(rootfs.chroot(
            [tool, "exec", f"--build_dir={out}", "--raw_output=kunit", *names],
            root=rootfs.tools(), binds=[entry], cwd=entry / "linux"))
