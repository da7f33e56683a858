# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions per packet: a separate lab host whose QEMU counts them."""

import os
import shlex
from pathlib import Path

from . import host, qemu
from .util import CACHE, REPO

SCRIPT = REPO / "selftests/bench/insn.py"
# CPU 1 does only what is measured, and its idle loop is simple
KERNEL_ARGS = "isolcpus=1 irqaffinity=0 nohz=off idle=halt"
# slots of the root ports, as in selftests/bench/insn.py
IGB, VIRTIO = 0x14, 0x16


def _nic_args():
    """A pair of igb ports; a virtio-net and an igb port that is its peer."""
    args = []
    nics = (("igb", 0), ("igb", 0), ("virtio-net-pci", 1), ("igb", 1))
    for num, (nic, hub) in enumerate(nics):
        slot = IGB + num
        args += ["-device", f"pcie-root-port,id=insn{num},bus=pcie.0,"
                 f"addr={slot:#x}.0,chassis={slot},slot={slot},"
                 "pref64-reserve=64M",
                 "-netdev", f"hubport,id=insn-net{num},hubid={hub}",
                 "-device", f"{nic},bus=insn{num},netdev=insn-net{num},"
                 f"mac=52:54:00:5e:01:0{num}"
                 + (",romfile=" if nic.startswith("virtio") else "")]
    return args


def run(out=None, kernel="newest", args=()):
    """Measure; the results are OUT/insn.json. Returns the script's exit
    status."""
    out = Path(out or CACHE / "insn").resolve()
    out.mkdir(parents=True, exist_ok=True)
    # executed instructions can be counted only on an emulated CPU
    os.environ.update(
        LAB_ACCEL="tcg", LAB_CPUS="2",
        LAB_KERNEL_ARGS=f"{KERNEL_ARGS} {os.environ.get('LAB_KERNEL_ARGS', '')}",
        LAB_QEMU_ARGS=shlex.join(
            [*_nic_args(), "-plugin", f"file={qemu.plugin()},out={out}"]) +
        f" {os.environ.get('LAB_QEMU_ARGS', '')}")
    return host.run(SCRIPT, kernel, out, args=args)
