# SPDX-License-Identifier: GPL-2.0-or-later
"""Utilities that all parts of the lab use: messages, logged steps, paths."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
REPO = LAB.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or
             Path.home() / ".cache").resolve() / "svnic"
LOGS = CACHE / "log"


class LabError(Exception):
    """An error for the user, who sees only its text."""


def say(text):
    """Print a line of progress to stderr; stdout is for the script's output."""
    # one write, since others may write to it at the same time
    sys.stderr.write(f"lab: {text}\n")
    sys.stderr.flush()


def tail(path, lines=15):
    """The last LINES lines of the file at PATH, for an error message."""
    with open(path, errors="replace") as f:
        return "".join(f.readlines()[-lines:]).rstrip()


def _heartbeat(name, log, start, done):
    """Every 30 s, show that a long step makes progress, by its newest log
    line."""
    while not done.wait(30):
        last = (tail(log, 1) or "...").strip()[-90:]
        say(f"{name}: {time.monotonic() - start:.0f} s: {last}")


def step(name, argv, log=None, cwd=None, env=None, hint=""):
    """Run one command with its output in a log; report begin, progress and end.

    Raises LabError with the end of the log if it fails.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = Path(log) if log else LOGS / f"{name.replace(' ', '-')}.log"
    say(f"{name}{hint} (log: {log})")
    start = time.monotonic()
    done = threading.Event()
    with open(log, "wb") as out:
        proc = subprocess.Popen([str(a) for a in argv], stdout=out, cwd=cwd,
                                stderr=subprocess.STDOUT, env=env,
                                stdin=subprocess.DEVNULL)
        beat = threading.Thread(target=_heartbeat, daemon=True,
                                args=(name, log, start, done))
        beat.start()
        try:
            status = proc.wait()
        except BaseException:
            proc.terminate()
            proc.wait()
            raise
        finally:
            done.set()
            beat.join()
    if status:
        raise LabError(f"{name} failed (exit status {status}), log: {log}\n" +
                       tail(log))
    took = time.monotonic() - start
    if took > 5:
        say(f"{name}: done in {took:.0f} s")


def output(argv, **kwargs):
    """The standard output of a command that must not fail, stripped."""
    return subprocess.run([str(a) for a in argv], check=True, text=True,
                          stdout=subprocess.PIPE, **kwargs).stdout.strip()
