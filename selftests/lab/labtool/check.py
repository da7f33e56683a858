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
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from .kernel import OWN
from .tap import Tap
from .util import CACHE, LAB, REPO, LabError, say

LOGS_KEPT = 20
DOOR = LAB / "lab"
STATIC = REPO / "selftests/static"
LAB_TESTS = REPO / "selftests/svnic/run.sh"
# those that measure times: nothing else runs meanwhile
MEASURE = {"hostile", "lifecycle", "rates"}
ALONE = {"core", "shim", "policy", "lab-measure"}
# GiB that a lab host takes, one that looks as well, and all the rest
HOST_GIB, SLOW_HOST_GIB, REST_GIB = 7, 10, 2
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
# name -> command, seconds it may take: what hangs is ended by then, and what is
# slow has ended long before
PARTS = {
    "core": ([DOOR, "core-test"], 3600),
    "shim": ([DOOR, "shim-test"], 1800),
    "fuzz": ([DOOR, "fuzz"], 2700),
    "kunit": ([DOOR, "kunit"], 5400),
    "debian": ([DOOR, "package-test"], 9000),
    "dkms": ([DOOR, "dkms"], 3600),
    "vm": ([DOOR, "vm-test"], 12000),
    "lab": ([LAB_TESTS], 12000),
    # the other kernel, and one of each; "lab" and "sriov" can be had whole on
    # it (KERNEL=stable)
    "stable": (["env", "KERNEL=stable", "LAB_GUEST_KERNEL=newest", LAB_TESTS,
                "pf_basic", "vf_netdev", "guest:traffic"], 3600),
    "stable-guest": (["env", "KERNEL=newest", "LAB_GUEST_KERNEL=stable",
                      LAB_TESTS, "guest:traffic"], 1800),
    # and a kernel that looks: a part of what check-debug does whole
    "debug": (["env", "KERNEL=debug", "LAB_MEM=5G", LAB_TESTS,
               "failures:adopts -t opens -t knobs -t vectors"], 10800),
    "sriov": ([REPO / "selftests/sriov/run.sh"], 3600),
    "kexec": ([REPO / "selftests/kexec/run.sh"], 1800),
}
# what no run of all parts needs, as one of those does it in less time
MORE = {
    "policy": ([LAB_TESTS, "FULL=1", "rates", "hostile"], 12000),
}
STATIC_LIMIT = 5400
# a measured figure and its target, among the comments of a test
FIGURE = re.compile(r"\s*# figure: (.*) \| (.*) \| (.*) \| (\S+)$")
# all tests of a directory are one script to the lab; less than "lab" may take
LAB_TIMEOUT = 10800
# on a kernel that looks (KERNEL=debug) they take so many times as long
SLOW = 2


def _static():
    return {f"static/{path.stem}": ([path], STATIC_LIMIT)
            for path in sorted(STATIC.glob("[0-9]*.sh"))}


def _memory():
    """GiB of the machine, or what this control group may have of it."""
    most = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    try:
        most.append(int(CGROUP_MEMORY.read_text()))
    except (OSError, ValueError):
        pass
    # firmware and kernel keep a part of it
    return round(min(most) / (1 << 30))


def _jobs(slow):
    """How many parts run at a time: two lab hosts, where there is room."""
    if os.environ.get("LAB_JOBS"):
        return max(1, int(os.environ["LAB_JOBS"]))
    need = 2 * (SLOW_HOST_GIB if slow else HOST_GIB) + REST_GIB
    return 1 + (_memory() >= need and len(os.sched_getaffinity(0)) > 1)


def _split_lab(command, limit):
    """The tests of the lab as two parts that may run at the same time, and one
    that is alone."""
    tests = [path.stem for path in sorted(LAB_TESTS.parent.glob("*.py"))
             if path.stem not in MEASURE]
    return {"lab-1": ([*command, *tests[::2]], limit),
            "lab-2": ([*command, *tests[1::2]], limit),
            "lab-measure": ([*command, *sorted(MEASURE)], limit)}


def _chosen(names, jobs):
    """The parts of these names, in this order, before those that are alone."""
    static, split = _static(), _split_lab(*PARTS["lab"])
    known = {**PARTS, **MORE, **split, **static}
    chosen = {}
    for name in names or PARTS:
        if name == "static":
            chosen.update(static)
        elif name == "lab" and jobs > 1:
            chosen.update(split)
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
    """One part, and what came of it."""

    # parts that run at the same time share a terminal, and end together
    _lock = threading.Lock()
    _over = False

    def __init__(self, name, argv, limit, log, prefix):
        self.name = name
        self.tap = Tap()
        self.figures = []
        self._argv = [str(a) for a in argv]
        self._limit = limit
        self._log = log
        self._prefix = prefix
        self._proc = None
        self._late = False

    def _show(self, line, out, log):
        with self._lock:
            out.write(self._prefix + line)
            out.flush()
            log.write(line)
            log.flush()

    def _progress(self, log):
        for line in self._proc.stderr:
            self._show(line, sys.stderr, log)

    def _signal(self, number):
        try:
            os.killpg(self._proc.pid, number)
        except ProcessLookupError:
            pass

    def _stop(self):
        self._late = True
        self.kill()

    @classmethod
    def begin_no_more(cls):
        """From here on run() does nothing."""
        with cls._lock:
            cls._over = True

    def kill(self):
        """End it if it runs: first so that it can clean up, then for sure."""
        if not self._proc:
            return
        self._signal(signal.SIGINT)
        try:
            self._proc.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        self._signal(signal.SIGKILL)

    def _follow(self, log):
        timer = threading.Timer(self._limit, self._stop)
        reader = threading.Thread(target=self._progress, args=(log,),
                                  daemon=True)
        timer.start()
        reader.start()
        try:
            for line in self._proc.stdout:
                self.tap.feed(line)
                figure = FIGURE.match(line)
                if figure:
                    self.figures.append(figure.groups())
                self._show(line, sys.stdout, log)
            return self._proc.wait()
        except BaseException:
            self.kill()
            raise
        finally:
            timer.cancel()
            reader.join(timeout=5)

    def run(self):
        """To its end; the counts are in .tap then."""
        say(f"check: {self.name}")
        start = time.monotonic()
        with open(self._log, "w", errors="replace") as log:
            with self._lock:
                if self._over:
                    return
                self._proc = subprocess.Popen(
                    self._argv, stdin=subprocess.DEVNULL, text=True,
                    errors="replace", stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, start_new_session=True)
            status = self._follow(log)
        tap = self.tap
        tap.end()
        if self._late:
            tap.fail(f"took more than {self._limit} s")
        elif status and not tap.failed:
            tap.fail(f"ended with exit status {status}")
        say(f"check: {self.name}: {tap.passed} passed, {tap.failed} failed, "
            f"{tap.skipped} skipped in {time.monotonic() - start:.0f} s "
            f"(log: {self._log})")


def _run_all(parts, jobs):
    """So many at a time, then those that are alone."""
    together = [part for part in parts if part.name not in ALONE]
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for done in wait([pool.submit(part.run) for part in together],
                             return_when=FIRST_EXCEPTION).done:
                done.result()
            for part in parts:
                if part not in together:
                    pool.submit(part.run).result()
        except BaseException:
            _Part.begin_no_more()
            for part in parts:
                part.kill()
            raise


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
    slow = os.environ.get("KERNEL") in OWN
    times = SLOW if slow else 1
    jobs = _jobs(slow)
    chosen = _chosen(names, jobs)
    jobs = min(jobs, len(chosen))
    os.environ["LAB_JOBS"] = str(jobs)
    os.environ.setdefault("LAB_TIMEOUT", str(LAB_TIMEOUT * times))
    logs = _log_dir()
    parts = [_Part(name, argv, limit * times * jobs,
                   logs / f"{name.replace('/', '-')}.log",
                   f"{name}: " if jobs > 1 else "")
             for name, (argv, limit) in chosen.items()]
    _run_all(parts, jobs)
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
