# SPDX-License-Identifier: GPL-2.0-only
"""Time until the PF answers VFs that all send requests at the same time."""

import contextlib
import json
import statistics
import tempfile
import time
from pathlib import Path

from lib import CmdError, cmd

COUNTS = (1, 8, 64, 248)
ROUNDS = 5
# Number of requests of a VF in a round, some hundred in total: within the burst
# that the PF allows a VF, less the cost of its reset
BURSTS = {1: 64, 8: 32}
MORE = 16
# requests per second by which the burst is refilled (pf/guard.c)
BUDGET = 64
HERE = Path(__file__).parent
UAPI = HERE.parents[2] / "uapi"
VFIO = HERE.parents[1] / "svnic/lib"


@contextlib.contextmanager
def _clients(nic, count):
    """The program that uses VFs and sends requests (scale_mbx.c)."""
    with tempfile.TemporaryDirectory() as room:
        program = f"{room}/scale_mbx"
        cmd(["gcc", "-O2", "-Wall", "-I", UAPI, "-I", VFIO, "-o", program,
             HERE / "scale_mbx.c", "-lpthread"])
        cmd("modprobe vfio-pci")
        nic.fn.write("sriov_drivers_autoprobe", 0)
        nic.set_vfs(count)
        try:
            vfs = [nic.vf(num) for num in range(count)]
            for vf in vfs:
                vf.override("vfio-pci")
                vf.probe()
            with nic.host.bkg([program, *(vf.bdf for vf in vfs)],
                              stdin=True) as proc:
                proc.wait_line("ready", timeout=300)
                yield proc
                proc.close_stdin()
                if proc.wait(300):
                    raise _failed(proc)
        finally:
            nic.set_vfs(0)


def _failed(proc):
    return CmdError(proc.proc.args, proc.proc.returncode, proc.stdout,
                    proc.stderr)


def _ask(proc, count, bursts):
    proc.proc.stdin.write(f"{count} {bursts}\n")
    proc.proc.stdin.flush()
    line = proc.proc.stdout.readline()
    if not line:
        proc.wait()
        raise _failed(proc)
    return json.loads(line)


def mailbox(nic, _quick, progress):
    """Samples of scale.mailbox; user space has the VFs, as with guests."""
    samples = []
    nic.start()
    with _clients(nic, COUNTS[-1]) as proc:
        for num in range(ROUNDS):
            for count in COUNTS:
                bursts = BURSTS.get(count, MORE)
                got = _ask(proc, count, bursts)
                us = got["us"]
                p99 = statistics.quantiles(us, n=100, method="inclusive")[98]
                sample = {"vfs": count, "round": num,
                          "rtt_us": statistics.median(us),
                          "p99_us": p99, "max_us": max(us),
                          "per_s": len(us) * 1e6 / got["elapsed_us"]}
                samples.append(sample)
                progress(f"scale: round {num}, {count} VFs ask at once: "
                         f"median {sample['rtt_us']:.0f} us, 99 % "
                         f"{p99:.0f} us, "
                         f"{sample['per_s']:.0f} a second")
                time.sleep(bursts / BUDGET)
    return {"mailbox": samples}
