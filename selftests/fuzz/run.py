#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the fuzzers in a directory and runs them; TAP on stdout.

Each fuzzer first gets the inputs of the tree's corpus, one by one, then new
ones: by default until it has reached its goal, with --seconds for that time.
New inputs are kept in the directory, and --merge adds those to the tree's
corpus that reach code which the corpus does not reach.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
# name: goal, of the kind that the fuzzer counts first; number of processes
FUZZERS = {
    "core": (10_000_000, 2),
    "policy": (1_000_000, 1),
    "admin": (200_000, 1),
    "state": (20_000, 1),
}
# A slow machine does less than the goal, and reports how much.
SECONDS_MAX = 120
OPTIONS = ["-max_len=1024", "-timeout=60", "-rss_limit_mb=1024",
           "-len_control=0", "-verbosity=0"]
# output of libFuzzer that does not explain a failure
NOISE = re.compile(r"INFO:|fuzz: |Running: |Executed |Done \d|\*\*\*")
TALLY = re.compile(r"fuzz: (\d+) (.*)")


class Fuzzer:
    """A fuzzer, and the processes in which it runs."""

    def __init__(self, build, name, seconds):
        self.name = name
        self.build = build
        self.seconds = seconds
        self.goal, self.processes = FUZZERS[name]
        self.corpus = HERE / "corpus" / name
        self.found = build / "found" / name
        self.found.mkdir(parents=True, exist_ok=True)

    def _run(self, tag, args, env=None):
        """Run one process; returns the exit status and the file with the
        output."""
        log = self.build / f"{self.name}-{tag}.log"
        with open(log, "wb") as out:
            status = subprocess.call(
                [self.build / self.name, *OPTIONS,
                 f"-artifact_prefix={self.build}/{self.name}-", *args],
                cwd=self.build, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        return status, log

    def replay(self):
        """Run the inputs of the corpus."""
        files = sorted(self.corpus.iterdir())
        if not files:
            raise SystemExit(f"no corpus: {self.corpus}")
        return self._run("corpus", files)

    def search(self, number):
        """Run new inputs."""
        room = self.found
        env = {}
        limit = self.seconds
        if not limit:
            # always the same start, so that it takes the same time each day
            room = self.build / "new" / f"{self.name}-{number}"
            shutil.rmtree(room, ignore_errors=True)
            room.mkdir(parents=True)
            env = {"FUZZ_GOAL": str(self.goal // self.processes)}
            limit = SECONDS_MAX
        return self._run(number, [room, self.corpus,
                                  f"-max_total_time={limit}"], env)

    def merge(self):
        """Add inputs that reach more code to the corpus."""
        status, log = self._run("merge", [
            "-set_cover_merge=1", "-use_counters=0", self.corpus, self.found])
        if status:
            sys.exit(f"failed, see {log}")


def tallies(logs):
    """Sums of what the processes have done, by kind."""
    sums = {}
    for log in logs:
        for count, what in TALLY.findall(log.read_text(errors="replace")):
            sums[what] = sums.get(what, 0) + int(count)
    return sums


class Results:
    """Prints TAP."""

    def __init__(self, plan):
        self._count = 0
        self.failed = 0
        print(f"TAP version 13\n1..{plan}", flush=True)

    def add(self, name, runs, goal=0):
        """One result of several processes: exit statuses and logs."""
        self._count += 1
        sums = tallies(log for _, log in runs)
        good = all(status == 0 for status, _ in runs)
        for status, log in runs:
            if status == 0:
                continue
            lines = log.read_text(errors="replace").splitlines()
            lines = [line for line in lines if not NOISE.match(line)][-60:]
            print("\n".join(f"# {line}" for line in lines))
        # a fuzzer that has done nothing has tested nothing
        if good and not next(iter(sums.values()), 0):
            print("# nothing was done")
            good = False
        self.failed += not good
        if goal and sums:
            # collected by "lab check" in a table
            what, count = next(iter(sums.items()))
            print(f"# figure: {name} | {count:,} {what} | {goal:,}, "
                  "no report of a sanitizer | "
                  f"{'ok' if good and count >= goal else 'MISSED'}")
        text = ", ".join(f"{n:,} {what}" for what, n in sums.items())
        print(f"{'' if good else 'not '}ok {self._count} - {name}" +
              (f" ({text})" if text else ""), flush=True)


def main():
    """Build, run, report; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("name", nargs="*", help="|".join(FUZZERS))
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--merge", action="store_true")
    args = parser.parse_args()
    build = args.build.resolve()
    cpus = os.cpu_count()

    unknown = set(args.name) - set(FUZZERS)
    if unknown:
        parser.error(f"no such fuzzer: {' '.join(sorted(unknown))}")
    subprocess.run(["make", "-s", f"-j{cpus}", "-C", HERE, f"BUILD={build}"],
                   check=True, stdout=sys.stderr)
    fuzzers = [Fuzzer(build, name, args.seconds)
               for name in args.name or FUZZERS]
    if args.merge:
        for fuzzer in fuzzers:
            fuzzer.merge()
        return 0

    results = Results(2 * len(fuzzers))
    for fuzzer in fuzzers:
        results.add(f"{fuzzer.name}: corpus", [fuzzer.replay()])
    with ThreadPoolExecutor(cpus) as pool:
        searches = [[pool.submit(fuzzer.search, n)
                     for n in range(fuzzer.processes)] for fuzzer in fuzzers]
        for fuzzer, jobs in zip(fuzzers, searches):
            results.add(f"{fuzzer.name}: search",
                        [job.result() for job in jobs],
                        0 if args.seconds else fuzzer.goal)
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
