# SPDX-License-Identifier: GPL-2.0-only
"""Traffic between two ends, and its results."""

import itertools
import json
import re
import threading

from .ksft import KsftFail, ksft_eq, ksft_ge, ksft_le, ksft_pr
from .utils import TIMEOUT, CmdError, wait_until
from .xfer import CREDIT, STEP

MIB = 1 << 20
# Seconds that an emulated CPU may be late under load. A sender catches up with
# this much.
LATE = CREDIT
_ports = itertools.count(5300)


def behind(steps, rate):
    """The maximum delay of bytes that arrive in STEPS, in seconds.

    This is the least T such that any period of S seconds brings RATE * (S - T)
    bytes: a rate-latency service curve. The first and the last step are not
    complete, and are not used.
    """
    late = worst = 0
    for arrived in steps[1:-1]:
        late = max(late + STEP - arrived / rate, 0)
        worst = max(worst, late)
    return worst


def ping(src, dst, count=5, size=None, six=False, opts=""):
    """Ping DST COUNT times; the average round trip time in ms.

    A request waits for the answer to the one before. Otherwise ping would wait
    for the last answers only as long as for the first two, which may be too
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
    """True if DST answers SRC within a second."""
    return not src.cmd(f"ping -c 1 -W 1 -I {src.dev} {dst.v4}",
                       fail=False).returncode


class Ping:
    """A ping that runs as long as the context; every reply must arrive."""

    def __init__(self, src, dst, interval=0.05):
        self.ends = f"{src} to {dst}"
        # signals do not reach a guest, only the end of standard input
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
            # the context was not left because of an error
            if not kind:
                wait_until(lambda: len(self.answered) > before,
                           f"an answer to ping {self.ends}")
        finally:
            self.proc.close_stdin()
            self._reader.join()
            self.proc.wait()
        if not kind:
            # the last replies may not have arrived when ping ends
            ksft_eq(max(self.answered) - len(self.answered), 0,
                    f"answers lost, ping {self.ends}")


class _Receiver:
    """xfer.py that receives at the end DST; counts the bytes."""

    def __init__(self, dst, port):
        self.dst = dst
        self.bytes = 0
        self._complaint = []
        self._proc = dst.node.bkg([dst.node.program("xfer.py"), "recv", port])
        try:
            self._proc.wait_line("ready")
        except BaseException:
            self._proc.stop()
            raise
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._proc.proc.stderr:
            if line.strip().isdigit():
                self.bytes = int(line)
            else:
                self._complaint.append(line)

    def stop(self):
        """Terminate it."""
        self._proc.proc.terminate()
        self._reader.join(TIMEOUT)
        self._proc.proc.kill()
        self._proc.wait()

    def finish(self, timeout):
        """Wait until it has received everything; returns its report."""
        self._reader.join(timeout)
        if self._reader.is_alive():
            self.stop()
            raise KsftFail(f"{self.dst} has not received all in {timeout} s")
        if self._proc.wait():
            raise KsftFail(f"{self.dst} received: exit status "
                           f"{self._proc.proc.returncode} "
                           f"{''.join(self._complaint)}")
        return json.loads(self._proc.stdout)


def _sender(src, dst, port, six, *numbers):
    """The arguments of xfer.py for sending from SRC to DST."""
    return [src.node.program("xfer.py"), "send", port,
            dst.v6 if six else dst.v4, *numbers]


class Stream:
    """A checked TCP stream from SRC to DST for as long as the context.

    At the end both must have the same checksum, and something must have
    arrived; then .bytes, .seconds, .gap are valid. RATE in bytes per second
    leaves time for others. A part STEADY of it must arrive at any time, except
    for LATE seconds.
    """

    def __init__(self, src, dst, six=False, gap=None, rate=0, steady=None):
        self.ends = f"{src} to {dst}"
        self.max_gap = gap
        self.least = steady and steady * rate
        port = next(_ports)
        self.recv = _Receiver(dst, port)
        self.send = src.node.bkg(_sender(src, dst, port, six, rate), stdin=True)
        self.dst, self.port = dst, port
        self.bytes = self.seconds = self.gap = 0

    def moved(self):
        """Bytes that have arrived so far."""
        text = self.dst.cmd(f"ss -t -i -n -H state established sport = "
                            f":{self.port}", fail=False).stdout
        got = re.search(r"bytes_received:(\d+)", text)
        return int(got[1]) if got else 0

    def wait_moving(self, more=MIB, timeout=90):
        """Wait until MORE bytes have arrived."""
        # the receiver reports later than data arrives: old reports do not
        # count
        most = max(self.moved(), self.recv.bytes) + more
        wait_until(lambda: self.recv.bytes >= most, f"traffic {self.ends}",
                   timeout)

    def __enter__(self):
        self.wait_moving()
        return self

    def abandon(self):
        """Stop looking at it: its result is not checked."""
        try:
            self.send.stop()
        finally:
            self.recv.stop()

    def finish(self):
        """Stop sending, compare both ends."""
        self.send.close_stdin()
        try:
            if self.send.wait(300):
                raise CmdError(self.send.proc.args, self.send.proc.returncode,
                               self.send.stdout, self.send.stderr)
        except BaseException:
            self.abandon()
            raise
        sent, got = json.loads(self.send.stdout), self.recv.finish(300)
        self.bytes, self.seconds = got["bytes"], got["seconds"]
        self.gap = got["gap"]
        ksft_eq(sent["bytes"], got["bytes"], self.ends)
        ksft_eq(sent["crc"], got["crc"], f"{self.ends}: bytes differ")
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
    """Move SIZE bytes by TCP, compare checksums; the rate in Mb/s."""
    port = next(_ports)
    recv = _Receiver(dst, port)
    try:
        sent = json.loads(src.cmd(_sender(src, dst, port, six, 0, size),
                                  timeout=timeout).stdout)
    except BaseException:
        recv.stop()
        raise
    got = recv.finish(timeout)
    ksft_eq(got["bytes"], size, f"{src} to {dst}")
    ksft_eq(got["crc"], sent["crc"], f"{src} to {dst}: bytes differ")
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
