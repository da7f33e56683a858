# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests: parts that print TAP, and one line of totals at the end."""

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
# tests that measure times: nothing else runs at the same time
MEASURE = {"hostile", "lifecycle", "rates"}
ALONE = {"core", "shim", "policy", "lab-measure"}
# GiB for a lab host, for one with a debug kernel, and for everything else
HOST_GIB, SLOW_HOST_GIB, REST_GIB = 7, 10, 2
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
# What a run of all parts has of check-vm and check-sriov, and does not have of
# check-lab: more boots of virtual machines, tests of what other tests of the lab
# have as well, and tests that "make soak" and "make bench" replace.
VM = ("refusals", "same_in_xml", "cards", "systemd", "pods")
SRIOV = [f"sriov_{name}" for name in ("knobs", "mac", "persist", "spoofchk",
                                      "stats", "threads", "trust", "vlan")]
# Of upstream's tests, about three minutes of those that do not depend on how
# fast the machine is; one of them on a VF.
UPSTREAM = ("macsec.py", "napi_id.py", "napi_threaded.py", "queues.py",
            "ring_reconfig.py", "stats.py", "hw/irq.py", "hw/nk_netns.py",
            "hw/rss_api.py", "hw/rss_drv.py", "hw/tso.py", "gro.py:test.sw_*",
            "hw/csum.py@svnicvf")
NOT_IN_LAB = {"failures", "soak", "virtio"}
# With our own kernel, which is slow, guests have the newest kernel, except in
# these tests of the driver in a guest, and in those of MEASURE.
IN_GUEST = {"buses", "guest", "soak", "vf_kexec"}
# tests on the stable kernel
STABLE = ("pf_basic:mtu_under_traffic -t rings -t channels -t rss -t coalesce "
          "-t settings_survive -t queue_statistics -t registers",
          "vf_netdev:transfers -t settings",
          "guest:traffic")
# name -> command, and a limit in seconds: a part that hangs is ended then; a
# slow one has ended long before
PARTS = {
    "core": ([DOOR, "core-test"], 3600),
    "shim": ([DOOR, "shim-test"], 1800),
    "fuzz": ([DOOR, "fuzz"], 2700),
    "kunit": ([DOOR, "kunit"], 5400),
    "debian": ([DOOR, "package-test"], 9000),
    "dkms": ([DOOR, "dkms"], 3600),
    "vm": ([DOOR, "vm-test"], 12000),
    "lab": ([LAB_TESTS], 12000),
    # The other kernel, and one with each kernel, since kernels call different
    # functions of drivers. "lab" and "sriov" can be run completely on it
    # (KERNEL=stable).
    "stable": (["env", "KERNEL=stable", "LAB_GUEST_KERNEL=newest", LAB_TESTS,
                *STABLE], 3600),
    "sriov": ([REPO / "selftests/sriov/run.sh"], 3600),
    "upstream": ([DOOR, "upstream", *UPSTREAM], 3600),
    "kexec": ([REPO / "selftests/kexec/run.sh"], 1800),
}
# not run with all parts, which do most of it in less time
MORE = {
    # a part of check-debug: the kernel alone takes 15 to 30 minutes to build
    "debug": (["env", "KERNEL=debug", "LAB_MEM=5G", LAB_TESTS,
               "failures:adopts -t opens -t knobs -t vectors"], 10800),
    "stable-guest": (["env", "KERNEL=newest", "LAB_GUEST_KERNEL=stable",
                      LAB_TESTS, "guest:traffic"], 1800),
    "policy": ([LAB_TESTS, "FULL=1", "rates", "hostile"], 12000),
}
STATIC_LIMIT = 5400
# a measured figure and its target, in a comment of a test
FIGURE = re.compile(r"\s*# figure: (.*) \| (.*) \| (.*) \| (\S+)$")
# all tests of a directory are one script for the lab; less than the limit of
# "lab"
LAB_TIMEOUT = 10800
# factor for the time of tests on a debug kernel (KERNEL=debug)
SLOW = 2


def _static():
    return {f"static/{path.stem}": ([path], STATIC_LIMIT)
            for path in sorted(STATIC.glob("[0-9]*.sh"))}


def _memory():
    """GiB of the machine, or the limit of this control group."""
    most = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    try:
        most.append(int(CGROUP_MEMORY.read_text()))
    except (OSError, ValueError):
        pass
    # firmware and kernel keep a part of the memory
    return round(min(most) / (1 << 30))


def _jobs(slow):
    """Number of parts to run at a time: two lab hosts, if there is memory."""
    if os.environ.get("LAB_JOBS"):
        return max(1, int(os.environ["LAB_JOBS"]))
    need = 2 * (SLOW_HOST_GIB if slow else HOST_GIB) + REST_GIB
    return 1 + (_memory() >= need and len(os.sched_getaffinity(0)) > 1)


def _lab(without, slow):
    """The tests of the lab, less those WITHOUT: as one part, or as some that
    may run at the same time, and one that runs alone."""
    command, limit = PARTS["lab"]
    tests = [path.stem for path in sorted(LAB_TESTS.parent.glob("*.py"))
             if path.stem not in without]
    apart = MEASURE | (IN_GUEST if slow else set())
    split = [test for test in tests if test not in apart]
    parts = {name: ([*command, *some], limit) for name, some in (
        ("lab", tests), ("lab-1", split[::2]), ("lab-2", split[1::2]),
        ("lab-measure", sorted(MEASURE)))}
    if slow:
        guests = os.environ.get("LAB_GUEST_KERNEL") or "newest"
        for name in "lab-1", "lab-2":
            argv, limit = parts[name]
            parts[name] = (["env", f"LAB_GUEST_KERNEL={guests}", *argv], limit)
        parts["lab-in-guest"] = ([*command, *sorted(IN_GUEST)], limit)
    return parts


def _chosen(names, jobs, slow):
    """The parts of these names in order; parts that run alone come last."""
    static, lab = _static(), _lab(set() if names else NOT_IN_LAB, slow)
    known = {**PARTS, **MORE, **lab, **static}
    chosen = {}
    if not names:
        for name, some in ("vm", VM), ("sriov", SRIOV):
            command, limit = PARTS[name]
            known[name] = ([*command, *some], limit)
    for name in names or PARTS:
        if name == "static":
            chosen.update(static)
        elif name == "lab" and (jobs > 1 or slow):
            chosen.update((name, lab[name]) for name in lab if name != "lab")
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
    """One part, and its result."""

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
        """From now on run() does nothing."""
        with cls._lock:
            cls._over = True

    def kill(self):
        """End it if it runs: with time to clean up first, then by force."""
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
        """Run it to its end; the counts are in .tap then."""
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
    """Run JOBS parts at a time, then those that run alone."""
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
    """Print the measured figures and their targets."""
    if not figures:
        return
    rows = [("figure", "measured", "target", ""), *figures]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in
                        zip(row, widths)).rstrip())
    print()


def run(names):
    """Run parts (all of "make check" if none is named); returns the exit
    status."""
    slow = os.environ.get("KERNEL") in OWN
    times = SLOW if slow else 1
    jobs = _jobs(slow)
    chosen = _chosen(names, jobs, slow)
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
