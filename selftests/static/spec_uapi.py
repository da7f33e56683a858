#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare Documentation/svnic-spec.rst with uapi/svnic/*.h.

Every name of the interface that the specification uses must exist, and every
row of a table that begins with a number and a name must give the name's value
(or, for a flag, its bit).
"""
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
NAME = r"SVNIC_[A-Z0-9_]*[A-Z0-9]"
NUMBER = r"(1ULL << \d+|0x[0-9a-fA-F]+|\d+)"
DEFINE = re.compile(rf"#define\s+({NAME})\s+\(?{NUMBER}\b")
ENUM = re.compile(rf"^\s+({NAME})\s*=\s*{NUMBER},", re.M)
ROW = re.compile(rf"^ *(0x[0-9a-f]+|\d+) +({NAME})\b", re.M)
FIELD = re.compile(rf"({NAME})_(?:MASK|SHIFT)\b")


def number(text):
    if "<<" in text:
        return 1 << int(text.split("<<")[1])
    return int(text, 0)


def main():
    headers = "".join(p.read_text()
                      for p in sorted((TOP / "uapi/svnic").glob("*.h")))
    spec = (TOP / "Documentation/svnic-spec.rst").read_text()
    names = set(re.findall(rf"\b{NAME}\b", headers))
    names |= {m.group(1) for m in FIELD.finditer(headers)}
    values = {name: number(text) for name, text in
              DEFINE.findall(headers) + ENUM.findall(headers)}
    wrong = [f"{name}: not in uapi/"
             for name in sorted(set(re.findall(rf"\b{NAME}\b", spec)) - names)]
    rows = [(int(text, 0), name) for text, name in ROW.findall(spec)
            if name in values]
    wrong += [f"{name}: {given:#x} here, {values[name]:#x} in uapi/"
              for given, name in rows
              if values[name] not in (given, 1 << min(given, 64))]
    wrong += [f"{name}: not in the specification"
              for name in sorted(n for n in names if re.match(
                  "SVNIC_(REG|QCFG|DB|F|ERR|EVENT|ADMIN|PTYPE|TXD|RXC)_", n)
                                 and n not in spec
                                 and not re.search("_(MASK|SHIFT|FLAGS|STRIDE|"
                                                   "SELF)$", n))]
    print("\n".join(wrong) or f"{len(rows)} values agree")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
