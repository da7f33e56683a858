#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""runner.py SUITES NIC FILE[:CASE][@NIC]...: runs test files in the lab host.

Prints KTAP, a file's cases inside the file's result. A fail that the file
"known" lists is marked as expected (XFAIL). After each file the results so far
are written to /out/upstream.json, the file's output is in /out.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from ports import Ports
from results import Known, Reader

HERE = Path(__file__).resolve().parent
OUT = Path("/out")
# seconds for a file; for a test that hangs, not for a slow one
LIMIT = 120
LIMITS = {"xdp.py": 600, "gro.py": 240, "hw/tso.py": 300,
          "hw/rss_ctx.py": 480, "hw/ethtool.sh": 300, "so_txtime.py": 240}
# what a file starts and waits for, run once before it: from a disk that was
# not read before it starts too late
WARM = {"netpoll_basic.py": ("bpftrace", "-e", "kprobe:netpoll_poll_dev "
                             "{ exit(); } interval:ms:1 { exit(); }")}
# shell tests that take both interfaces as arguments; others know the peer's
# network namespace
CONFORMANT = "DRIVER_TEST_CONFORMANT:=yes"


def say(text):
    """Print at once, since it is what shows progress."""
    print(text, flush=True)


def _klog(what):
    """What lab-klog has to say."""
    done = subprocess.run(["lab-klog", what], text=True,
                          stdout=subprocess.PIPE)
    return done.stdout.splitlines() if done.returncode else []


def _line(number, case):
    """The KTAP line of a case."""
    kind, why = case["result"], case["why"]
    good = "not ok" if kind == "fail" else "ok"
    if kind == "fail" and case.get("known"):
        kind, why = "xfail", f"known: {case['known']}"
    text = f"{good} {number} {case['name']}"
    if kind in ("skip", "xfail"):
        text += f" # {kind.upper()} {why}"
    elif kind == "fail" and why:
        text += f" # {why}"
    return text.rstrip()


class Runner:
    """Runs test files and collects their results."""

    def __init__(self, suites, nic, planned):
        self._suite = Path(suites) / "drivers/net"
        self._known = Known(HERE / "known")
        self._ports = Ports()
        self.whole = {"kernel": platform.release(), "nic": nic,
                      "planned": planned, "files": []}

    def _judge(self, file, case):
        nic, name = file["nic"], case["name"]
        known = self._known.why("fail", nic, file["file"], name)
        if case["result"] == "fail":
            case["known"] = known or self._known.why("maybe", nic, file["file"],
                                                     name)
        elif case["result"] == "skip":
            case["known"] = self._known.why("skip", nic, file["file"], name)
        elif case["result"] == "pass" and known:
            case["passes"] = known
        file["cases"].append(case)
        say("    " + _line(len(file["cases"]), case))

    def _command(self, name, case, limit):
        path = self._suite / name
        argv = ["timeout", "-k", "20", str(limit), f"./{path.name}"]
        env = {**os.environ, **self._ports.environ()}
        if path.suffix == ".sh":
            if case:
                env["TESTS"] = case
            if CONFORMANT not in path.read_text():
                argv += self._ports.together()
        elif case:
            argv += ["-t", case]
        return argv, path.parent, env

    def _run(self, file, case):
        """Run one file; its output goes to a log, results to FILE."""
        name = file["file"]
        limit = int(os.environ.get("KSFT_TIMEOUT") or LIMITS.get(name, LIMIT))
        reader = Reader(Path(name).stem)
        argv, cwd, env = self._command(name, case, limit)
        log = OUT / f"{file['nic']}-{name.replace('/', '-')}.log"
        with open(log, "w") as out:
            proc = subprocess.Popen(
                argv, cwd=cwd, env=env, text=True, errors="replace",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
            for line in proc.stdout:
                out.write(line)
                found = reader.feed(line)
                if found:
                    self._judge(file, found)
        for found in reader.end(proc.wait(), limit):
            self._judge(file, found)

    def one(self, number, wanted):
        """Run the file WANTED; True if nothing failed that is not known to."""
        name, _, nic = wanted.partition("@")
        name, _, case = name.partition(":")
        self._ports.use(nic or self.whole["nic"])
        file = {"file": name, "nic": self._ports.nic, "cases": []}
        subprocess.call(["lab-klog", "mark"])
        self._ports.prepare()
        if name in WARM:
            subprocess.call(WARM[name], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
        start = time.monotonic()
        say(f"    # Subtest: {name} on {self._ports.nic}")
        self._run(file, case)
        file["seconds"] = round(time.monotonic() - start, 1)
        say(f"    1..{len(file['cases'])}")
        file["changed"] = self._ports.prepare()
        file["klog"] = [line for what in ("check", "leaks", "locks")
                        for line in _klog(what)]
        for line in file["klog"]:
            say(f"# {line}")
        self.whole["files"].append(file)
        (OUT / "upstream.json").write_text(json.dumps(self.whole, indent=1) +
                                           "\n")
        bad = sum(case["result"] == "fail" and not case["known"]
                  for case in file["cases"])
        why = " # lab-klog" if file["klog"] else f" # {bad} fails" if bad else ""
        say(f"{'not ' * bool(why)}ok {number} {wanted}{why}")
        say(f"# {wanted} took {file['seconds']:.0f} s")
        return not why


def main():
    suites, nic, *wanted = sys.argv[1:]
    runner = Runner(suites, nic, len(wanted))
    say(f"KTAP version 1\n1..{len(wanted)}")
    good = [runner.one(number, name) for number, name in enumerate(wanted, 1)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
