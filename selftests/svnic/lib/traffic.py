# SPDX-License-Identifier: GPL-2.0-only
"""Traffic between two ends, and what became of it."""

import itertools
import json
import re
import threading

from .ksft import KsftFail, ksft_eq, ksft_ge, ksft_le, ksft_pr
from .utils import CmdError, wait_until
from .xfer import CREDIT, STEP

MIB = 1 << 20
# Seconds that an emulated CPU may be late when others have much to do. So much a
# sender makes up for.
LATE = CREDIT
_ports = itertools.count(5300)


def behind(steps, rate):
    """How late octets that come in STEPS are at worst, in seconds.

    That is the least T for which any period of S seconds brings RATE * (S - T)
    octets: a rate-latency service curve. Of the first and the last step only a
    part was there.
    """
    late = worst = 0
    for octets in steps[1:-1]:
        late = max(late + STEP - octets / rate, 0)
        worst = max(worst, late)
    return worst


def ping(src, dst, count=5, size=None, six=False, opts=""):
    """Ping DST COUNT times; the average round trip time in ms.

    A request waits for the answer to the one before. If it did not, ping would
    wait for the last answers as long as for the first two, and that may be too
    short where CPUs are emulated.
    """
    one = (f"ping -c 1 -W 10 -I {src.dev} {'-6' if six else '-4'} "
           f"{f'-s {size}' if size else ''} {opts} {dst.v6 if six else dst.v4}")
    done = src.cmd(["sh", "-c", f"for _ in $(seq {count}); do {one} || exit 1; "
                    "done"], fail=False)
    times = re.findall(r" time=([\d.]+) ms", done.stdout)
    if done.returncode or len(times) != count:
        raise KsftFail(f"ping {src} to {dst}: {done.stdout}{done.stderr}")
    return sum(map(float, times)) / count


def reaches(src, dst):
    """Does DST answer SRC, within a second?"""
    return not src.cmd(f"ping -c 1 -W 1 -I {src.dev} {dst.v4}",
                       fail=False).returncode


class Ping:
    """A ping that goes on for as long as the context; no reply may miss."""

    def __init__(self, src, dst, interval=0.05):
        self.ends = f"{src} to {dst}"
        # a guest knows no signals, only the end of standard input
        self.proc = src.node.bkg(
            ["sh", "-c", f"ping -n -i {interval} -I {src.dev} {dst.v4} "
             "< /dev/null & cat; kill -INT $!; wait $!"], stdin=True)
        self.answered = set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.proc.proc.stdout:
            got = re.search(r"bytes from .* icmp_seq=(\d+)", line)
            if got:
                self.answered.add(int(got[1]))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        before = len(self.answered)
        try:
            # it has not stopped to be answered
            if not kind:
                wait_until(lambda: len(self.answered) > before,
                           f"an answer to ping {self.ends}")
        finally:
            self.proc.close_stdin()
            self._reader.join()
            self.proc.wait()
        if not kind:
            # the last ones may be on their way when ping is told to end
            ksft_eq(max(self.answered) - len(self.answered), 0,
                    f"answers lost, ping {self.ends}")


class Stream:
    """A checked TCP stream from SRC to DST for as long as the context.

    At the end both must have the same hash and something must have moved;
    then .bytes, .seconds, .gap hold. RATE in octets a second leaves time to
    others. A part STEADY of it must arrive all the time, but for LATE seconds.
    """

    def __init__(self, src, dst, six=False, gap=None, rate=None, steady=None):
        self.ends = f"{src} to {dst}"
        self.max_gap = gap
        self.least = steady and steady * rate
        port = next(_ports)
        self.recv = dst.node.bkg([dst.node.program("xfer.py"), "recv",
                                  "--port", port])
        self.recv.wait_line("ready")
        self.send = src.node.bkg([src.node.program("xfer.py"), "send",
                                  dst.v6 if six else dst.v4, "--port", port,
                                  *(["--rate", rate] if rate else [])],
                                 stdin=True)
        self.src, self.dst, self.port = src, dst, port
        self.bytes = self.seconds = self.gap = 0

    def moved(self):
        """Octets that have arrived so far."""
        text = self.dst.cmd(f"ss -t -i -n -H state established sport = "
                            f":{self.port}", fail=False).stdout
        got = re.search(r"bytes_received:(\d+)", text)
        return int(got[1]) if got else 0

    def wait_moving(self, octets=MIB, timeout=90):
        """Wait until OCTETS more have arrived."""
        start = self.moved()
        wait_until(lambda: self.moved() >= start + octets,
                   f"traffic {self.ends}", timeout)

    def __enter__(self):
        self.wait_moving()
        return self

    def abandon(self):
        """Forget it: its end is not looked at."""
        self.send.stop()
        self.recv.stop()

    def finish(self):
        """Stop sending, compare both ends."""
        self.send.close_stdin()
        for what in (self.send, self.recv):
            if what.wait(300):
                raise CmdError(what.proc.args, what.proc.returncode,
                               what.stdout, what.stderr)
        sent, got = json.loads(self.send.stdout), json.loads(self.recv.stdout)
        self.bytes, self.seconds = got["bytes"], got["seconds"]
        self.gap = got["gap"]
        ksft_eq(sent["bytes"], got["bytes"], self.ends)
        ksft_eq(sent["sha256"], got["sha256"], f"{self.ends}: octets differ")
        ksft_ge(got["bytes"], MIB, self.ends)
        if self.max_gap:
            ksft_ge(self.max_gap, self.gap, f"{self.ends} stood still")
        ksft_pr(f"{self.ends}: {self.bytes >> 20} MiB in {self.seconds:.1f} s,"
                f" longest gap {self.gap:.2f} s")
        if self.least:
            late = behind(got["steps"], self.least)
            ksft_pr(f"{self.ends}: at most {late:.2f} s late")
            ksft_le(late, LATE, f"{self.ends}: seconds late")

    def __exit__(self, kind, *_):
        if kind:
            self.abandon()
        else:
            self.finish()


def transfer(src, dst, size=64 * MIB, six=False, timeout=300):
    """Move SIZE octets by TCP, compare hashes; the rate in Mb/s."""
    port = next(_ports)
    with dst.node.bkg([dst.node.program("xfer.py"), "recv",
                       "--port", port]) as recv:
        recv.wait_line("ready")
        sent = json.loads(src.cmd([src.node.program("xfer.py"), "send",
                                   dst.v6 if six else dst.v4, "--port", port,
                                   "--bytes", size], timeout=timeout).stdout)
        recv.wait()
    if not recv.stdout:
        raise KsftFail(f"{src} to {dst}: no receiver: {recv.stderr}")
    got = json.loads(recv.stdout)
    ksft_eq(got["bytes"], size, f"{src} to {dst}")
    ksft_eq(got["sha256"], sent["sha256"], f"{src} to {dst}: octets differ")
    rate = got["bytes"] * 8e-6 / got["seconds"]
    ksft_pr(f"{src} to {dst}: {size >> 20} MiB, {rate:.0f} Mb/s")
    return rate


def iperf(src, dst, seconds=3, opts=""):
    """TCP rate from SRC to DST in Mb/s, by iperf3."""
    port = next(_ports)
    with dst.node.bkg(f"iperf3 -s -1 -p {port} --forceflush") as server:
        server.wait_line("Server listening", "stdout")
        out = src.cmd(f"iperf3 -J -c {dst.v4} -p {port} -t {seconds} {opts}",
                      timeout=seconds + 120).stdout
    result = json.loads(out)
    if "error" in result:
        raise KsftFail(f"iperf3 {src} to {dst}: {result['error']}")
    return result["end"]["sum_received"]["bits_per_second"] / 1e6
