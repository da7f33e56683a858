#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The reader of upstream's tests must get each case and its reason."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from results import Known, Reader, report  # noqa: E402

PYTHON = """\
TAP version 13
1..4
# Interface: eth0, driver: svnic
ok 1 ping.test_v4
# Exception| Traceback (most recent call last):
# Exception|   File "ping.py", line 7, in test
# Exception| net.lib.py.utils.CmdExitFailure: Command failed
# Exception| CMD[remote]: /tmp/x/ksft/net/lib/csum -i eth1
# Exception|   EXIT: 1
# Exception|   STDERR: /tmp/x/ksft/net/lib/csum: no packets
# Exception|
not ok 2 ping.test_v6
# Check| At ping.py, line 9, in test:
# Check|     ksft_eq(1, 2)
# Check failed 1 != 2 first
# Check failed 3 != 4 second
not ok 3 ping.test_eq
ok 4 ping.test_hw # SKIP no such feature
# Totals: pass:1 fail:2 xfail:0 xpass:0 skip:1 error:0
"""
SHELL = """\
TEST: force speed 100 on both ends                                  [ OK ]
TEST: force speed 1000 on both ends                                 [FAIL]
\tping with speed 1000 autoneg off
"""


def read(text, status=0, stem="ping"):
    reader = Reader(stem)
    for line in text.splitlines(True):
        reader.feed(line)
    reader.end(status, 120)
    return [(c["name"], c["result"], c["why"]) for c in reader.cases]


class ReaderTest(unittest.TestCase):
    def test_python(self):
        self.assertEqual(read(PYTHON, 1), [
            ("test_v4", "pass", ""),
            ("test_v6", "fail", "CmdExitFailure: Command failed: net/lib/csum: no packets"),
            ("test_eq", "fail", "Check failed 1 != 2 first"),
            ("test_hw", "skip", "no such feature")])

    def test_shell(self):
        self.assertEqual(read(SHELL, 1), [
            ("force speed 100 on both ends", "pass", ""),
            ("force speed 1000 on both ends", "fail",
             "ping with speed 1000 autoneg off")])

    def test_shell_skips(self):
        skip = [("ping", "skip", "no lldptool")]
        self.assertEqual(read("SKIP: no lldptool\n", 4), skip)
        self.assertEqual(read("TEST: SKIP: no lldptool    [ OK ]\n", 4), skip)
        self.assertEqual(read("1..0 # SKIP no lldptool\n"), skip)
        self.assertEqual(read("1..0\n# no lldptool\n"), skip)

    def test_stderr(self):
        lines = ["Traceback", "  File x", "y.CmdExitFailure: Command failed",
                 "CMD: x", "  EXIT: 1", "  STDERR: first", "          second",
                 "          third"]
        text = "1..1\n" + "".join(f"# Exception| {line}\n" for line in lines)
        self.assertEqual(read(text + "not ok 1 ping.a\n", 1), [
            ("a", "fail", "CmdExitFailure: Command failed: first ... third")])

    def test_long(self):
        text = f"1..1\n# Check failed {'x' * 9000} end\nnot ok 1 ping.a\n"
        (_, _, why), = read(text, 1)
        self.assertRegex(why, r"^Check failed x+ \.\.\. x+ end$")
        self.assertLess(len(why), 300)

    def test_skip_that_is_not_ok(self):
        self.assertEqual(read("1..1\nnot ok 1 ping.a # SKIP no\n", 1), [
            ("a", "skip", "no")])

    def test_crash(self):
        self.assertEqual(read("Traceback:\n  x\na.b.YnlException: none\n", 1),
                         [("ping", "fail", "YnlException: none")])
        self.assertEqual(read("", 1), [("ping", "fail", "exit status 1")])

    def test_not_reached(self):
        self.assertEqual(read("1..3\nok 1 ping.a\n", 124)[1:], [
            ("(not reached)", "fail", "no end within 120 s")] * 2)

    def test_late_after_all(self):
        self.assertEqual(read("1..1\nok 1 ping.a\n", 124)[1:], [
            ("ping", "fail", "no end within 120 s")])

    def test_bad_exit_status(self):
        self.assertEqual(read("1..1\nok 1 ping.a\n", 1)[1][1], "fail")


class ReportTest(unittest.TestCase):
    def test_known(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("# text\n\nfail svnic,igb hw/*.py test_* no such thing\n")
            file.flush()
            known = Known(file.name)
        self.assertEqual(known.why("fail", "igb", "hw/a.py", "test_a"),
                         "no such thing")
        for other in (("skip", "igb", "hw/a.py", "test_a"),
                      ("fail", "svnicvf", "hw/a.py", "test_a"),
                      ("fail", "igb", "a.py", "test_a"),
                      ("fail", "igb", "hw/a.py", "other")):
            self.assertIsNone(known.why(*other))

    def test_the_files_of_this_directory(self):
        Known(Path(__file__).resolve().parent / "known")

    def test_report(self):
        case = {"name": "a", "result": "fail", "why": "bad", "known": None}
        lines = report({"kernel": "7", "nic": "svnic", "planned": 2, "files": [
            {"file": "x.py", "nic": "svnicvf", "seconds": 2, "klog": [],
             "cases": [case, {**case, "name": "b", "result": "skip"}]}]})
        text = "\n".join(lines)
        for wanted in ("x.py (svnicvf)", "1 of 1 fails unknown", "NOT KNOWN",
                       "1 files were not run"):
            self.assertIn(wanted, text)


if __name__ == "__main__":
    unittest.main()
