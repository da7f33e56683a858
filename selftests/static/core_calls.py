#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check which files of device/core call which.

core_calls.py DIR FILE... compiles the files into DIR and reads the symbols of
the objects: a file that uses a symbol of another one calls it. The table in
svnic_core_priv.h has the order of the files, and the pairs that call each
other. Prints the calls that it does not allow.
"""
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HEADER = TOP / "device/core/svnic_core_priv.h"


def symbols(source, room):
    """Names of global symbols that a file defines, and those it uses."""
    obj = room / (source.stem + ".o")
    # Without optimization, so that no call disappears.
    subprocess.run(["gcc", "-std=gnu11", "-O0", "-I", TOP / "uapi",
                    "-c", "-o", obj, source], check=True)
    lines = subprocess.run(["nm", "-P", "-g", obj], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    kinds = [line.split()[:2] for line in lines]
    return ({name for name, kind in kinds if kind != "U"},
            {name for name, kind in kinds if kind == "U"})


def table():
    """The files in their order, and the pairs that call each other."""
    text = HEADER.read_text()
    order = [name for row in re.findall(r"^ \*\t([a-z_ ]+)\t+\S", text, re.M)
             for name in row.split()]
    said = re.search(r"call each other: ([^.]*)\.", text)[1]
    pairs = re.findall(r"(\w+)\s+and\s+(\w+)", said.replace("*", " "))
    return order, {pair for one, two in pairs
                   for pair in ((one, two), (two, one))}


def main():
    room = Path(sys.argv[1])
    files = {path.stem: symbols(path, room)
             for path in map(Path, sys.argv[2:])}
    order, pairs = table()
    if sorted(order) != sorted(files):
        print("not in both, table and directory:",
              *sorted(set(order) ^ set(files)))
        return 1
    owner = {name: file for file, (defined, _) in files.items()
             for name in defined}
    wrong = False
    for file, (_, used) in files.items():
        for name in sorted(used & owner.keys()):
            other = owner[name]
            if order.index(other) < order.index(file) and \
               (file, other) not in pairs:
                print(f"{file} calls {other}: {name}")
                wrong = True
    return wrong


if __name__ == "__main__":
    sys.exit(main())
