# SPDX-License-Identifier: GPL-2.0-only
"""Commands and waiting."""

import json
import re
import resource
import shlex
import subprocess
import time
from pathlib import Path

# An emulated CPU under load is slow, so limits must be generous.
TIMEOUT = 90
PAGE_KIB = resource.getpagesize() // 1024


class CmdError(Exception):
    """A command failed; .ret, .stdout and .stderr have its results."""

    def __init__(self, argv, ret, stdout, stderr):
        super().__init__(f"{shlex.join(argv)}: exit status {ret}\n"
                         f"{stdout}{stderr}".rstrip())
        self.ret = ret
        self.stdout = stdout
        self.stderr = stderr


def _argv(comm):
    return shlex.split(comm) if isinstance(comm, str) else \
        [str(arg) for arg in comm]


def popen(prefix, comm, stdin=False):
    """Start COMM (a string or a list) with pipes for its output."""
    return subprocess.Popen(prefix + _argv(comm), text=True,
                            stdin=subprocess.PIPE if stdin else
                            subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(prefix, comm, fail=True, timeout=TIMEOUT):
    """Run COMM to its end; returns a CompletedProcess, or raises CmdError."""
    argv = prefix + _argv(comm)
    try:
        done = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout,
                              check=False)
    except subprocess.TimeoutExpired as late:
        raise CmdError(argv, f"none within {timeout} s", late.stdout or "",
                       late.stderr or "") from None
    if fail and done.returncode:
        raise CmdError(argv, done.returncode, done.stdout, done.stderr)
    return done


def cmd(comm, ns=None, fail=True, timeout=TIMEOUT):
    """Run COMM here or in network name space NS."""
    return run(["ip", "netns", "exec", ns] if ns else [], comm, fail, timeout)


class bkg:
    """A command in the background, ended with the context."""

    def __init__(self, comm, prefix=(), stdin=False):
        self.proc = popen(list(prefix), comm, stdin)
        self.stdout = self.stderr = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_line(self, text, stream="stderr", timeout=TIMEOUT):
        """Wait until the command has printed TEXT."""
        end = time.monotonic() + timeout
        said = []
        for line in getattr(self.proc, stream):
            if text in line:
                return line
            said.append(line)
            if time.monotonic() > end:
                break
        raise CmdError(self.proc.args, f"it never said {text!r}",
                       "".join(said), "")

    def close_stdin(self):
        """Close the standard input of the command."""
        self.proc.stdin.close()
        self.proc.stdin = None

    def wait(self, timeout=TIMEOUT):
        """Wait for its end; the exit status."""
        self.stdout, self.stderr = self.proc.communicate(timeout=timeout)
        return self.proc.returncode

    def stop(self):
        """Terminate it if it still runs."""
        if self.proc.returncode is None:
            self.proc.terminate()
            self.wait()


def ip(args, ns=None, parse=False):
    """ip(8); with PARSE its JSON as Python objects."""
    done = run(["ip", *(["-n", ns] if ns else []), *(["-j"] if parse else [])],
               args)
    return json.loads(done.stdout or "[]") if parse else done


def ethtool(args, ns=None, fail=True):
    """ethtool(8), as text."""
    return cmd(["ethtool", *_argv(args)], ns, fail)


def wait_until(cond, what, timeout=TIMEOUT, pause=0.05):
    """Wait until COND() is true and return what it returned."""
    end = time.monotonic() + timeout
    while True:
        result = cond()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout} s in vain: {what}")
        time.sleep(pause)


def memory():
    """Memory in use besides caches, processes and tmpfs, KiB."""
    Path("/proc/sys/vm/drop_caches").write_text("3")
    info = {m[1]: int(m[2]) for m in
            re.finditer(r"(\w+): +(\d+)", Path("/proc/meminfo").read_text())}
    # free pages in the lists of CPUs count as used; traffic fills these lists
    pages = sum(map(int, re.findall(r"^ +count: +(\d+)",
                                    Path("/proc/zoneinfo").read_text(),
                                    re.MULTILINE)))
    used = info["MemTotal"] - info["MemAvailable"] - info["AnonPages"] - \
        info["Shmem"] - pages * PAGE_KIB
    return {"used": used, "slab": info["SUnreclaim"],
            "percpu": info["Percpu"], "vmalloc": info["VmallocUsed"]}
