# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads TAP and KTAP: which tests passed, failed, or did not finish.

Results may be nested by indentation (KTAP): the innermost are counted. A stream
without a plan, or with fewer results than planned, is a failure, since a test
did not finish.
"""

import re

RESULT = re.compile(r"( *)(ok|not ok)\b *(\d*) *(?:- *)?(.*)")
PLAN = re.compile(r"( *)1\.\.(\d+) *(?:#.*)?")
DIRECTIVE = re.compile(r"(.*?)\s*# *(SKIP|TODO|XFAIL)\b *(.*)", re.IGNORECASE)


class _Level:
    def __init__(self, indent):
        self.indent = indent
        self.plan = None
        self.results = 0
        self.failed = 0


class Tap:
    """Counts of a stream that is read line by line."""

    def __init__(self):
        self.passed = 0
        self.skipped = 0
        self.failures = []
        self._levels = [_Level(0)]

    @property
    def failed(self):
        return len(self.failures)

    def fail(self, text):
        """Count a failure for which the stream has no line."""
        self.failures.append(text)
        self._levels[0].failed += 1

    def feed(self, line):
        """Process one line; True if it is part of the protocol."""
        line = line.rstrip("\r\n")
        match = PLAN.fullmatch(line)
        if match:
            self._at(len(match[1])).plan = int(match[2])
            return True
        match = RESULT.fullmatch(line)
        if match:
            self._result(len(match[1]), match[2] == "ok", match[4])
            return True
        if line.lstrip().startswith("Bail out!"):
            self.fail(line.strip())
            return True
        return False

    def _at(self, indent):
        while self._levels[-1].indent > indent:
            inner = self._levels.pop()
            self._close(inner, "unnamed subtest")
        if self._levels[-1].indent < indent:
            self._levels.append(_Level(indent))
        return self._levels[-1]

    def _close(self, level, name):
        if level.plan is None or level.results == level.plan:
            return
        self.failures.append(f"{name}: planned {level.plan} tests, "
                             f"saw {level.results}")
        level.failed += 1

    def _result(self, indent, good, text):
        inner = []
        while self._levels[-1].indent > indent:
            inner.append(self._levels.pop())
        outer = self._at(indent)
        outer.results += 1
        match = DIRECTIVE.fullmatch(text)
        name, why = (match[1], match[2].upper()) if match else (text, "")
        failed = not good and why not in ("TODO", "XFAIL", "SKIP")
        before = len(self.failures)
        for level in inner:
            self._close(level, name)
        if any(level.results for level in inner):
            # a parent: its children were counted already
            told = any(level.failed for level in inner)
            if failed and not told:
                self.failures.append(name)
        elif why in ("SKIP", "TODO", "XFAIL"):
            self.skipped += 1
        elif failed:
            self.failures.append(name)
        else:
            self.passed += 1
        if failed or len(self.failures) > before:
            outer.failed += 1

    def end(self):
        """The end of the stream."""
        while len(self._levels) > 1:
            level = self._levels.pop()
            self.fail(f"ended within a test ({level.results} subtests seen)")
        top = self._levels[0]
        if top.plan is None:
            self.fail("ended without a plan")
        elif not top.plan and not self.failures:
            self.skipped += 1
        self._close(top, "end")
