#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How the SV-NIC scales, with 1 to 248 VFs; runs in the lab host.

  scale.py [--quick] [--only create|mailbox|active|fair]...

measure() gives the object "scale" of bench.json, without "switch": that is
measured natively (lab bench-switch). Alone it writes /out/scale.json.
"""

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# the lab runs a copy of this script
if not (HERE / "lib").is_dir():
    HERE = Path("/src/selftests/bench")
sys.path[:0] = [str(HERE.parent / "svnic"), str(HERE / "lib")]

from lib import KsftSkip, Nic
from scale_active import active, fair
from scale_mbx import mailbox
from scale_vfs import create

PARTS = {"create": create, "mailbox": mailbox, "active": active,
         "fair": lambda _nic, *args: fair(*args)}


def measure(quick, progress, only=None):
    """Measure all, or the parts ONLY; PROGRESS is called with a line each.

    What was measured, and the names of the parts that failed.
    """
    nic = Nic()
    nic.need_svnic("other NICs have no such mailbox and switch")
    autoprobe = nic.fn.read("sriov_drivers_autoprobe")
    scale, failed = {}, []
    for name, part in PARTS.items():
        if only and name not in only:
            continue
        if name == "fair":
            # the addresses of both NICs are the same
            nic.pf.down()
            nic.peer.down()
        try:
            scale.update(part(nic, quick, progress))
        except (Exception, KsftSkip) as err:
            progress(f"scale: {name}: {type(err).__name__}: {err}")
            failed.append(name)
            nic.set_vfs(0)
    nic.fn.write("sriov_drivers_autoprobe", autoprobe)
    return scale, failed


def main():
    """Measure, say what is measured, write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append",
                        choices=PARTS)
    args = parser.parse_args()
    start = time.monotonic()

    def progress(text):
        print(f"[{time.monotonic() - start:6.1f} s] {text}", flush=True)

    scale, failed = measure(args.quick, progress, args.only)
    Path("/out/scale.json").write_text(json.dumps(scale, indent=1) + "\n")
    for line in scale.get("fit", ()):
        progress(f"scale: {line}")
    sys.exit(f"scale: not measured: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
