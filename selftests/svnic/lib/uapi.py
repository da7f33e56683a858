# SPDX-License-Identifier: GPL-2.0-only
"""The constants of the device interface, from its headers."""

import re
from pathlib import Path

_UAPI = Path(__file__).resolve().parents[3] / "uapi/svnic"


def numbers(header):
    """The numbers and bits that a header of the interface defines."""
    text = (_UAPI / header).read_text()
    found = {name: int(val, 0) for name, val in re.findall(
        r"^#\s*define\s+(SVNIC_\w+)\s+(0x[0-9a-f]+|\d+)\b", text, re.M)}
    found |= {name: 1 << int(bit) for name, bit in re.findall(
        r"^#\s*define\s+(SVNIC_\w+)\s+_BITULL\((\d+)\)", text, re.M)}
    # members of enumerations
    found |= {name: int(val, 0) for name, val in re.findall(
        r"^\t(SVNIC_\w+)\s*= (\d+),", text, re.M)}
    return found


def statistics():
    """The names of the statistics, in their order."""
    text = (_UAPI / "svnic_desc.h").read_text()
    body = text.split("struct svnic_fn_stats {")[1].split("};")[0]
    return re.findall(r"__le64\s+(\w+);", body)


_NUMBERS = numbers("svnic_regs.h") | numbers("svnic_desc.h")


def reg(name):
    """The address of a register, or a bit of one, or another constant."""
    return _NUMBERS[f"SVNIC_{name}"]


def qcfg(pair, name):
    """A register of a queue pair."""
    return reg("REG_QCFG") + pair * reg("QCFG_STRIDE") + reg(f"QCFG_{name}")
