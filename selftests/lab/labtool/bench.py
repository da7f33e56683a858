# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmark: one boot of the lab host, and tables and charts of it."""

import json
import os
import subprocess
import time
from pathlib import Path

from . import rootfs, switch
from .util import CACHE, LabError, REPO, say

BENCH = REPO / "selftests/bench"
# allow git to read a checkout that belongs to another user
GIT = ("git", "-c", f"safe.directory={REPO}", "-C", REPO)


def _commit():
    """The measured commit, as git describes it."""
    try:
        return subprocess.run(
            [*GIT, "describe", "--always", "--dirty", "--abbrev=12"],
            check=True, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _room(out):
    path = Path(out).resolve() if out else \
        CACHE / "bench" / time.strftime("%Y%m%d-%H%M%S")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _insn(room, kernel):
    """Count instructions, in a separate lab host; returns the exit status."""
    say("bench: instructions per packet, in a boot of its own")
    return subprocess.call([REPO / "selftests/lab/lab", "insn", "--out", room,
                            "--kernel", kernel])


def _merge(room, samples):
    """Add measurements of other programs to bench.json."""
    result = room / "bench.json"
    whole = json.loads(result.read_text())
    scale, insn = room / "scale.json", room / "insn.json"
    if scale.exists():
        whole["scale"] = json.loads(scale.read_text())
    if samples:
        whole.setdefault("scale", {})["switch"] = samples
    if insn.exists():
        whole["insn"] = json.loads(insn.read_text())["insn"]
    result.write_text(json.dumps(whole, indent=1) + "\n")


def _report(room):
    """Make tables and charts of bench.json; returns the exit status."""
    script = BENCH / "report.py"
    say(f"bench: {script.name}")
    return subprocess.call(rootfs.chroot(
        ["python3", script, room / "bench.json", room], root=rootfs.tools(),
        binds=[REPO, room], cwd=REPO))


def run(out, quick, kernel, args):
    """Measure and report; returns the exit status."""
    room = _room(out)
    result = room / "bench.json"
    for old in "bench", "scale", "insn":
        (room / f"{old}.json").unlink(missing_ok=True)
    say("bench: boots the lab host, in it guests with VFs of the SV-NIC and of "
        "igb, and with virtio-net on a bridge and on macvtap; puts them under "
        "the same loads in turn, in rounds")
    if not args:
        say("bench: on an idle machine this takes about " +
            ("twenty minutes" if quick else "an hour"))
    say(f"bench: results, and logs of the lab host: {room}")
    # make the tools now, so that nobody has to wait for them after the
    # measurement
    rootfs.tools()
    options = ["--commit", _commit(), "--host-cpus", str(os.cpu_count())]
    if quick:
        options.append("--quick")
    status = subprocess.call(
        [BENCH / "run.sh", *options, *args],
        env={**os.environ, "OUT": str(room), "KERNEL": kernel})
    if not result.exists():
        raise LabError(f"no {result}: the lab host has measured nothing")
    samples = []
    if not args:
        status = _insn(room, kernel) or status
        say("bench: the reference NIC's switch, natively")
        samples = switch.measure()
    _merge(room, samples)
    if _report(room):
        status = status or 1
    say(f"bench: {room}/report.md" + ("" if not status else
                                      ", of what could be measured"))
    return status
