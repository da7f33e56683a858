# SPDX-License-Identifier: GPL-2.0-only
"""How long the PF lets VFs wait for an answer that ask all at once."""

import contextlib
import json
import statistics
import tempfile
import time
from pathlib import Path

from lib import CmdError, cmd

COUNTS = (1, 8, 64, 248)
ROUNDS = 5
# Requests of a VF in a round, for some hundred of them: within the burst that
# the PF allows it, less what its reset has cost
BURSTS = {1: 64, 8: 32}
MORE = 16
# what comes back of the burst in a second (pf/guard.c)
BUDGET = 64
HERE = Path(__file__).parent
UAPI = HERE.parents[2] / "uapi"
VFIO = HERE.parents[1] / "svnic/lib"


@contextlib.contextmanager
def _clients(nic, count):
    """The program that owns VFs and asks (scale_mbx.c), while the context."""
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
    """Samples of scale.mailbox; VFs are owned by user space, as by guests."""
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
