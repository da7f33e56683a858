# SPDX-License-Identifier: GPL-2.0-only
"""Test cases with KTAP output.

A case is a function. It fails if a check fails, if it raises, or if the kernel
log of the host or of a guest has errors that ksft_expect_log() did not
announce. Functions passed to defer() run at its end, the last one first.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback

# some cases take longer with FULL=1 in the environment
FULL = os.environ.get("FULL", "0") not in ("", "0")

_NAME = os.path.splitext(os.path.basename(sys.argv[0]))[0]
_SKIP_STATUS = 4


class KsftSkip(Exception):
    """The case cannot run here."""


class KsftFail(Exception):
    """The case failed and cannot go on."""


class _Terminated(BaseException):
    """The test was terminated because its time is over."""


class _State:
    failed = False
    expected = []
    deferred = []


def ksft_pr(*objs):
    """Write a comment to the log of the test."""
    text = " ".join(str(o) for o in objs)
    print("# " + text.replace("\n", "\n# "), flush=True)


def _check(good, *what):
    if good:
        return
    _State.failed = True
    for frame in traceback.extract_stack()[:-2]:
        if frame.name in ("ksft_run", "_run_case", "_result", "<module>"):
            continue
        ksft_pr(f"at {os.path.basename(frame.filename)}:{frame.lineno} in "
                f"{frame.name}: {frame.line}")
    ksft_pr("check failed:", *what)


def ksft_true(val, comment=""):
    _check(val, val, "is not true", comment)


def ksft_eq(left, right, comment=""):
    _check(left == right, left, "!=", right, comment)


def ksft_ne(left, right, comment=""):
    _check(left != right, left, "==", right, comment)


def ksft_lt(left, right, comment=""):
    _check(left < right, left, ">=", right, comment)


def ksft_le(left, right, comment=""):
    _check(left <= right, left, ">", right, comment)


def ksft_gt(left, right, comment=""):
    _check(left > right, left, "<=", right, comment)


def ksft_ge(left, right, comment=""):
    _check(left >= right, left, "<", right, comment)


def ksft_in(part, whole, comment=""):
    _check(part in whole, repr(part), "not in", repr(whole), comment)


def ksft_not_in(part, whole, comment=""):
    _check(part not in whole, repr(part), "in", repr(whole), comment)


class ksft_raises:
    """Context in which EXCEPTION must be raised; it is kept in .exception."""

    def __init__(self, exception):
        self.expected = exception
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, exception, _trace):
        if kind is None:
            _check(False, self.expected.__name__, "was not raised")
            return False
        self.exception = exception
        return issubclass(kind, self.expected)


def ksft_figure(what, value, target, good):
    """Report that WHAT was measured as VALUE; it is GOOD if it reaches TARGET.
    "lab check" collects these lines in a table."""
    ksft_pr(f"figure: {what} | {value} | {target} | "
            f"{'ok' if good else 'MISSED'}")
    _check(good, f"{what}: {value}, not {target}")


def ksft_expect_log(regex):
    """Lines of the kernel log that match REGEX are expected in this case."""
    _State.expected.append(regex)


def defer(func, *args, **kwargs):
    """Call FUNC at the end of the case, or earlier through the handle."""
    entry = (func, args, kwargs)
    _State.deferred.append(entry)

    def run():
        _State.deferred.remove(entry)
        func(*args, **kwargs)

    return run


def _flush_deferred():
    while _State.deferred:
        func, args, kwargs = _State.deferred.pop()
        try:
            func(*args, **kwargs)
        except Exception:
            ksft_pr("while cleaning up:", traceback.format_exc())
            _State.failed = True


def _klog(*args):
    """lab-klog reads all logs of the lab; elsewhere only the host's is read."""
    if shutil.which("lab-klog"):
        return subprocess.run(["lab-klog", *args], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    if args[0] == "mark":
        return subprocess.run(["dmesg", "--clear"])
    return subprocess.run("! dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace'",
                          shell=True, stdout=subprocess.PIPE, text=True)


def _log_is_clean():
    expected = [arg for regex in _State.expected
                for arg in ("--expect", regex)]
    check = _klog("check", *expected)
    if check.returncode:
        ksft_pr(check.stdout.rstrip())
    return check.returncode == 0


def _terminate(*_):
    """Print the stacks of hanging tasks, here and in the kernel, and end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    traceback.print_stack(file=sys.stdout)
    with open("/proc/sysrq-trigger", "w", encoding="ascii") as trigger:
        trigger.write("w")
    print(subprocess.run("dmesg | tail -n 100", shell=True, text=True,
                         stdout=subprocess.PIPE).stdout, flush=True)
    raise _Terminated


def _run_case(func, args):
    """Run one case; returns whether it passed, and a comment."""
    _State.failed = False
    _State.expected = []
    comment = ""
    _klog("mark")
    try:
        func(*args)
    except KsftSkip as skip:
        comment = f"SKIP {skip}"
    except KsftFail as fail:
        ksft_pr("failed:", fail)
        _State.failed = True
    except Exception:
        ksft_pr(traceback.format_exc().rstrip())
        _State.failed = True
    _flush_deferred()
    if not _log_is_clean():
        _State.failed = True
    if _State.failed:
        comment = ""
    return not _State.failed, comment


def _chosen(cases):
    parser = argparse.ArgumentParser()
    parser.add_argument("-l", action="store_true", help="list the cases")
    parser.add_argument("-t", action="append", metavar="CASE",
                        help="run this case only (may be given again)")
    args = parser.parse_args()
    names = [c.__name__ for c in cases]
    if args.l:
        print("\n".join(names))
        sys.exit(0)
    for name in args.t or ():
        if name not in names:
            parser.error(f"no case {name}")
    return [c for c in cases if not args.t or c.__name__ in args.t]


def ksft_run(cases, setup=None):
    """Run CASES, each with what SETUP returns; ends the program.

    SETUP may raise KsftSkip; it may use defer() for the end of the program.
    """
    cases = _chosen(cases)
    signal.signal(signal.SIGTERM, _terminate)
    print(f"KTAP version 1\n1..{len(cases)}", flush=True)
    args = ()
    cleanup = []
    if setup:
        try:
            args = (setup(),)
        except KsftSkip as skip:
            for number, case in enumerate(cases, 1):
                print(f"ok {number} {_NAME}.{case.__name__} # SKIP {skip}")
            sys.exit(_SKIP_STATUS)
        finally:
            cleanup, _State.deferred = _State.deferred, []
    passed = failed = skipped = 0
    for number, case in enumerate(cases, 1):
        start = time.monotonic()
        good, comment = _run_case(case, args)
        passed += good and not comment
        skipped += bool(comment)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} {_NAME}.{case.__name__}"
              f"{' # ' + comment if comment else ''}", flush=True)
        ksft_pr(f"{time.monotonic() - start:.1f} s")
    _State.failed = False
    _State.deferred = cleanup
    _flush_deferred()
    failed += _State.failed
    print(f"# Totals: pass:{passed} fail:{failed} xfail:0 xpass:0 "
          f"skip:{skipped} error:0", flush=True)
    sys.exit(1 if failed else _SKIP_STATUS if not passed else 0)
