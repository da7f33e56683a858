#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""results.py UPSTREAM_JSON: a table of what upstream's tests said.

Also what runner.py needs for it: the reader of their output, and the list of
known fails and skips.
"""

import fnmatch
import json
import re
import sys
import textwrap
from pathlib import Path

KINDS = ("pass", "fail", "skip", "xfail")
RESULT = re.compile(r"(ok|not ok) +(\d+) *(?:- *)?(.*?)(?:\s*# *(.*))?")
DIRECTIVE = re.compile(r"(SKIP|XFAIL)\b[: ]*(.*)", re.IGNORECASE)
PLAN = re.compile(r"1\.\.(\d+)\s*(?:# *(.*))?")
# results of shell tests that do not print TAP
TEST = re.compile(r"TEST: (.*?)\s*\[ ?(OK|FAIL|SKIP|XFAIL) ?\]")
TEST_KINDS = {"OK": "pass"}
# comments of the Python tests, and what else is before the reason in them
CHECK = re.compile(r"# (Check failed .*|Waiting for condition timed out.*)")
TRACE = re.compile(r"# (?:Exception|Defer Exception)\| (.+)")
STDERR = re.compile(r"(?:\s+STDERR:|\s{9,}) (.+)")
NOISE = re.compile(r"# (Check\||Totals:|Interface:|\s*$|Exception\||Defer )")
# an exception outside of a test case
RAISED = re.compile(r"[\w.]+(?:Error|Exception|Ex|Failure|Interrupt)\b.*")
PACKAGE = re.compile(r"^(?:\w+\.)+(?=[A-Z]\w+(?::|$))")
PLACE = re.compile(r"/\S*/ksft/")
# some tests print what they sent; more of it than this is left out
LONGEST = 200
NOT_REACHED = "(not reached)"


class Known:
    """The lines of a file like "known": KIND NICS FILE CASE WHY. KIND is fail,
    skip, or maybe, for what fails now and then."""

    def __init__(self, path):
        self._lines = []
        for line in Path(path).read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                kind, nics, file, case, why = line.split(None, 4)
                self._lines.append((kind, nics.split(","), file, case, why))

    def why(self, kind, nic, file, case):
        """Why this case is known to end so, or None."""
        for known, nics, files, cases, why in self._lines:
            if known == kind and fnmatch.fnmatchcase(file, files) and \
                    fnmatch.fnmatchcase(case, cases) and \
                    any(fnmatch.fnmatchcase(nic, glob) for glob in nics):
                return why
        return None


class Reader:
    """The cases of one test file, read line by line."""

    def __init__(self, stem):
        self.cases = []
        self._stem = stem
        self._plan = None
        self._tap = False
        self._skipped = None    # "1..0 # SKIP why"
        self._check = self._trace = self._comment = None
        self._stderr = []
        self._not_ok = False
        self._last = ""

    def feed(self, line):
        """Read one line; the case that it is the result of, or None."""
        line = line.rstrip()
        if match := PLAN.fullmatch(line):
            self._tap = True
            self._plan = int(match[1])
            if not self._plan:
                self._skipped = (match[2] or "").removeprefix("SKIP ")
        elif match := RESULT.fullmatch(line):
            self._tap = True
            return self._result(*match.groups())
        elif not self._tap and (match := TEST.fullmatch(line)):
            name, kind = match[1].strip(), match[2]
            if name.startswith("SKIP: "):   # and then it says OK
                return self._add(self._stem, "skip", name[6:])
            return self._add(name, TEST_KINDS.get(kind, kind.lower()), "")
        elif not self._tap and line.startswith("\t") and self.cases:
            # a shell test has the reason after the result
            case = self.cases[-1]
            case["why"] = case["why"] or line.strip()
        else:
            self._remember(line)
        return None

    def _remember(self, line):
        if match := CHECK.fullmatch(line):
            self._check = self._check or match[1]
        elif match := TRACE.fullmatch(line):
            self._exception(match[1])
        elif line.startswith("#") and not NOISE.match(line):
            self._comment = line[1:].strip()
        if line.strip() and not line.startswith("# Totals:"):
            self._last = line.strip()

    def _exception(self, text):
        """A line of a traceback; the exception's own comes after the frames,
        and then what a command wrote."""
        if text.startswith("Traceback"):
            self._trace, self._stderr = None, []
        elif self._trace and (match := STDERR.fullmatch(text)):
            self._stderr.append(match[1])
        elif not self._trace and not text.startswith(" "):
            self._trace = text

    def _raised(self):
        """The exception, and the first and last line that a command wrote."""
        ends = list(dict.fromkeys(self._stderr[:1] + self._stderr[-1:]))
        return ": ".join([self._trace, " ... ".join(ends)] if ends else
                         [self._trace]) if self._trace else None

    def _result(self, good, _number, name, comment):
        # also of a skip, if the test cannot clean up after it
        self._not_ok = self._not_ok or good != "ok"
        match = DIRECTIVE.fullmatch(comment or "")
        kind = match[1].lower() if match else \
            "pass" if good == "ok" else "fail"
        why = match[2] if match else comment or ""
        if kind != "pass":
            why = why or self._check or self._raised() or self._comment or ""
        return self._add(name.removeprefix(f"{self._stem}.").strip(), kind, why)

    def _add(self, name, kind, why):
        self._check = self._trace = self._comment = None
        self._stderr = []
        # without the names of modules and of directories
        why = PLACE.sub("", PACKAGE.sub("", why))
        if len(why) > LONGEST:
            why = f"{why[:LONGEST // 2]} ... {why[-LONGEST // 2:]}"
        case = {"name": name, "result": kind, "why": why}
        self.cases.append(case)
        return case

    def end(self, status, limit):
        """The end of the output, with the exit status; cases for what it did
        not say itself."""
        late = status in (124, 137) and f"no end within {limit} s"
        if self._skipped is not None and not self.cases:
            return [self._add(self._stem, "skip",
                              self._skipped or self._comment or "")]
        if self._plan is not None and len(self.cases) < self._plan:
            why = late or self._raised() or self._last
            return [self._add(NOT_REACHED, "fail", why)
                    for _ in range(self._plan - len(self.cases))]
        if status == 4 and not self.cases:
            return [self._add(self._stem, "skip",
                              self._last.removeprefix("SKIP: "))]
        failed = self._not_ok or \
            any(case["result"] == "fail" for case in self.cases)
        if late or not self.cases or (status not in (0, 2, 4) and not failed):
            raised = RAISED.fullmatch(self._last)
            why = late or (self._last if raised or not self.cases else
                           f"exit status {status}: {self._last}")
            return [self._add(self._stem, "fail", why or f"exit status {status}")]
        return []


def count(file):
    """How many cases of a file ended in each way."""
    return [sum(case["result"] == kind for case in file["cases"])
            for kind in KINDS]


def _name(file, whole):
    return file["file"] + (f" ({file['nic']})" if file["nic"] != whole["nic"]
                           else "")


def _unknown(file):
    return [case for case in file["cases"]
            if case["result"] == "fail" and not case.get("known")]


def table(whole):
    """Lines of the table: one for each file, and the sum."""
    rows = [("file", "passed", "failed", "skipped", "xfail", "seconds", "")]
    sums = [0] * len(KINDS)
    for file in whole["files"]:
        counts = count(file)
        sums = [a + b for a, b in zip(sums, counts)]
        unknown = len(_unknown(file))
        notes = [f"{unknown} of {counts[1]} fails unknown"] if unknown else \
            ["fails known"] if counts[1] else []
        if file.get("klog"):
            notes.append("trouble in a kernel log")
        rows.append((_name(file, whole), *map(str, counts),
                     f"{file['seconds']:.0f}", ", ".join(notes)))
    total = sum(file["seconds"] for file in whole["files"])
    rows.append(("all", *map(str, sums), f"{total:.0f}", ""))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) if number in (0, len(row) - 1) else
                      cell.rjust(width) for number, (cell, width)
                      in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def _listing(whole, kind):
    """Cases that ended as KIND, those of one file and reason together."""
    together = {}
    for file in whole["files"]:
        for case in file["cases"]:
            if case["result"] == kind:
                key = (_name(file, whole), case["why"], case.get("known"))
                together.setdefault(key, []).append(case["name"])
    lines = []
    for (file, why, known), names in together.items():
        lost = names.count(NOT_REACHED)
        names = [name for name in names if name != NOT_REACHED]
        names += [f"{lost} cases that were not reached"] * bool(lost)
        text = f"{file}: {', '.join(names)}"
        lines += textwrap.wrap(text, 100, subsequent_indent="    ",
                               break_on_hyphens=False, break_long_words=False)
        lines.append(f"    says: {why or '(nothing)'}")
        if known:
            lines.append(f"    known: {known}")
        elif kind == "fail":
            lines.append("    NOT KNOWN")
    return lines


def _better(whole):
    """Cases that are listed as fails and did not fail."""
    return [f"{_name(file, whole)}: {case['name']}: {case['passes']}"
            for file in whole["files"] for case in file["cases"]
            if case.get("passes")]


def report(whole):
    """The lines of the report on all files of a run."""
    lines = [f"Upstream's tests of NICs, {whole['kernel']}, on {whole['nic']}:",
             "", *table(whole)]
    for kind, title in (("fail", "Fails"), ("skip", "Skips")):
        found = _listing(whole, kind)
        if found:
            lines += ["", f"{title}:", *found]
    better = _better(whole)
    if better:
        lines += ["", "Listed as fails, but passed now:", *better]
    lost = whole["planned"] - len(whole["files"])
    if lost:
        lines += ["", f"{lost} files were not run: the lab host ended early"]
    return lines


def main():
    path = Path(sys.argv[1])
    if not path.exists():
        print("upstream: no results")
        return 1
    print("\n" + "\n".join(report(json.loads(path.read_text()))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
