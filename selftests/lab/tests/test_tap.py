#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The reader of TAP must find each failure, also in invalid streams."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from labtool.tap import Tap  # noqa: E402

NESTED = """\
KTAP version 1
1..2
    KTAP version 1
    # Subtest: suite
    1..3
    ok 1 a
        KTAP version 1
        1..2
        ok 1 x
        {inner} 2 y
    {middle} 2 b
    ok 3 c # SKIP no card
{outer} 1 suite
ok 2 - lonely
"""


def read(text):
    tap = Tap()
    for line in text.splitlines(True):
        tap.feed(line)
    tap.end()
    return tap


class TapTest(unittest.TestCase):
    def counts(self, text, passed, failed, skipped):
        tap = read(text)
        self.assertEqual((tap.passed, tap.failed, tap.skipped),
                         (passed, failed, skipped), tap.failures)

    def test_plain(self):
        self.counts("TAP version 13\n1..3\nok 1 - a\nnot ok 2 - b\n"
                    "ok 3 - c # SKIP why\n", 1, 1, 1)

    def test_plan_may_come_last(self):
        self.counts("ok 1 - a\nok 2 - b\n1..2\n", 2, 0, 0)

    def test_diagnostics_are_not_results(self):
        self.counts("1..1\n# not ok 1 - a\nlab: not ok\nokay\nok 1 - a\n",
                    1, 0, 0)

    def test_expected_failure(self):
        self.counts("1..2\nnot ok 1 - a # TODO later\nnot ok 2 - b # XFAIL\n",
                    0, 0, 2)

    def test_all_skipped(self):
        self.counts("1..0 # SKIP no device\n", 0, 0, 1)

    def test_nothing(self):
        self.counts("", 0, 1, 0)

    def test_no_plan(self):
        self.counts("ok 1 - a\n", 1, 1, 0)

    def test_died(self):
        self.counts("1..3\nok 1 - a\n", 1, 1, 0)

    def test_too_many(self):
        self.counts("1..1\nok 1 - a\nok 2 - b\n", 2, 1, 0)

    def test_bail_out(self):
        self.counts("1..1\nok 1 - a\nBail out! no disk\n", 1, 1, 0)

    def test_leaves_are_counted(self):
        self.counts(NESTED.format(inner="ok", middle="ok", outer="ok"),
                    4, 0, 1)

    def test_failure_is_counted_once(self):
        self.counts(NESTED.format(inner="not ok", middle="not ok",
                                  outer="not ok"), 3, 1, 1)

    def test_parent_fails_alone(self):
        self.counts(NESTED.format(inner="ok", middle="ok", outer="not ok"),
                    4, 1, 1)

    def test_died_inside(self):
        self.counts("1..2\n    1..3\n    ok 1 a\nok 1 - file\nok 2 - x\n",
                    2, 1, 0)

    def test_ended_inside(self):
        self.counts("1..1\n    1..2\n    ok 1 a\n", 1, 2, 0)

    def test_skipped_file(self):
        self.counts("1..2\n    1..0 # SKIP no card\nok 1 - f # SKIP\n"
                    "ok 2 - x\n", 1, 0, 1)


if __name__ == "__main__":
    unittest.main()
