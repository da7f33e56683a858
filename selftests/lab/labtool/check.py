# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests: parts that speak TAP, one line of sums at the end."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from .kernel import OWN
from .tap import Tap
from .util import CACHE, LAB, REPO, LabError, say

LOGS_KEPT = 20
DOOR = LAB / "lab"
STATIC = REPO / "selftests/static"
LAB_TESTS = REPO / "selftests/svnic/run.sh"
# name -> command, seconds it may take
PARTS = {
    "core": ([DOOR, "core-test"], 1200),
    "shim": ([DOOR, "shim-test"], 600),
    "fuzz": ([DOOR, "fuzz"], 900),
    "kunit": ([DOOR, "kunit"], 1800),
    "dkms": ([DOOR, "dkms"], 1200),
    "lab": ([LAB_TESTS], 3000),
    # the other kernel, and one of each; "lab" and "sriov" can be had whole on
    # it (KERNEL=stable)
    "stable": (["env", "KERNEL=stable", "LAB_GUEST_KERNEL=newest", LAB_TESTS,
                "pf_basic", "vf_netdev", "guest:traffic"], 1200),
    "stable-guest": (["env", "KERNEL=newest", "LAB_GUEST_KERNEL=stable",
                      LAB_TESTS, "guest:traffic"], 600),
    "sriov": ([REPO / "selftests/sriov/run.sh"], 1200),
    "kexec": ([REPO / "selftests/kexec/run.sh"], 600),
}
# what no run of all parts needs, as one of those does it in less time
MORE = {
    "policy": ([LAB_TESTS, "FULL=1", "rates", "hostile"], 2800),
}
STATIC_LIMIT = 1800
# a measured figure and its target, among the comments of a test
FIGURE = re.compile(r"\s*# figure: (.*) \| (.*) \| (.*) \| (\S+)$")
# all tests of a directory are one script to the lab
LAB_TIMEOUT = 2700
# on a kernel that looks (KERNEL=debug) they take so many times as long
SLOW = 2


def _static():
    return {f"static/{path.stem}": ([path], STATIC_LIMIT)
            for path in sorted(STATIC.glob("[0-9]*.sh"))}


def _chosen(names):
    """The parts of these names, in the order they are to run in."""
    static = _static()
    known = {**PARTS, **MORE, **static}
    chosen = {}
    for name in names or PARTS:
        if name == "static":
            chosen.update(static)
        elif name in known:
            chosen[name] = known[name]
        else:
            raise LabError(f"no such part: {name} (there are: static, " +
                           ", ".join(known) + ")")
    return chosen


def _log_dir():
    base = CACHE / "check"
    base.mkdir(parents=True, exist_ok=True)
    for old in sorted(base.iterdir())[:-LOGS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    path = base / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    path.mkdir()
    return path


class _Part:
    """One part while it runs."""

    def __init__(self, name, argv, limit, log):
        self.name = name
        self.tap = Tap()
        self.figures = []
        self.late = False
        self._log = log
        self._lock = threading.Lock()
        self._proc = subprocess.Popen(
            [str(a) for a in argv], stdin=subprocess.DEVNULL, text=True,
            errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        self._limit = limit

    def _show(self, line, out):
        with self._lock:
            out.write(line)
            out.flush()
            self._log.write(line)
            self._log.flush()

    def _progress(self):
        for line in self._proc.stderr:
            self._show(line, sys.stderr)

    def _signal(self, number):
        try:
            os.killpg(self._proc.pid, number)
        except ProcessLookupError:
            pass

    def _stop(self):
        self.late = True
        self.kill()

    def kill(self):
        """End it: first so that it can clean up, then for sure."""
        self._signal(signal.SIGINT)
        try:
            self._proc.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        self._signal(signal.SIGKILL)

    def run(self):
        """To its end; the counts are in .tap then."""
        timer = threading.Timer(self._limit, self._stop)
        reader = threading.Thread(target=self._progress, daemon=True)
        timer.start()
        reader.start()
        try:
            for line in self._proc.stdout:
                self.tap.feed(line)
                figure = FIGURE.match(line)
                if figure:
                    self.figures.append(figure.groups())
                self._show(line, sys.stdout)
            status = self._proc.wait()
        except BaseException:
            self.kill()
            raise
        finally:
            timer.cancel()
        reader.join(timeout=5)
        self.tap.end()
        if self.late:
            self.tap.fail(f"took more than {self._limit} s")
        elif status and not self.tap.failed:
            self.tap.fail(f"ended with exit status {status}")


def _table(figures):
    """Print what was measured, and what was wanted."""
    if not figures:
        return
    rows = [("figure", "measured", "target", ""), *figures]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in
                        zip(row, widths)).rstrip())
    print()


def run(names):
    """Run parts (all of "make check" when none is named); the exit status."""
    chosen = _chosen(names)
    slow = SLOW if os.environ.get("KERNEL") in OWN else 1
    os.environ.setdefault("LAB_TIMEOUT", str(LAB_TIMEOUT * slow))
    logs = _log_dir()
    parts = []
    for name, (argv, limit) in chosen.items():
        say(f"check: {name}")
        start = time.monotonic()
        file = logs / f"{name.replace('/', '-')}.log"
        with open(file, "w", errors="replace") as log:
            part = _Part(name, argv, limit * slow, log)
            part.run()
        tap = part.tap
        parts.append(part)
        say(f"check: {name}: {tap.passed} passed, {tap.failed} failed, "
            f"{tap.skipped} skipped in {time.monotonic() - start:.0f} s "
            f"(log: {file})")
    print()
    _table([figure for part in parts for figure in part.figures])
    for part in parts:
        for failure in part.tap.failures:
            print(f"FAILED {part.name}: {failure}")
    print(f"logs: {logs}")
    passed, failed, skipped = (
        sum(getattr(part.tap, what) for part in parts)
        for what in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0
