#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Find cycles of calls among the files of device/core.

core_calls.py DIR FILE... compiles the files into DIR and reads the symbols of
the objects: a file that uses a symbol of another one calls it. Files that call
each other, directly or through others, form a component. Fails if a component
has more than MOST files, and prints the calls among its files.
"""
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MOST = 5


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


def calls(files):
    """By file, and by other file that it calls: the names that it uses."""
    owner = {name: file for file, (defined, _) in files.items()
             for name in defined}
    graph = {file: {} for file in files}
    for file, (_, used) in files.items():
        for name in sorted(used & owner.keys()):
            graph[file].setdefault(owner[name], []).append(name)
    return graph


def reached(graph, file):
    """The files that a file calls, directly or through others."""
    found, left = set(), [file]
    while left:
        new = graph[left.pop()].keys() - found
        found |= new
        left += new
    return found


def components(graph):
    """Sets of files that reach each other, and all other files alone."""
    reach = {file: reached(graph, file) for file in graph}
    sets = {frozenset([file] + [other for other in reach[file]
                                if file in reach[other]]) for file in graph}
    return sorted(sets, key=lambda files: (-len(files), sorted(files)))


def main():
    room = Path(sys.argv[1])
    graph = calls({path.name: symbols(path, room)
                   for path in map(Path, sys.argv[2:])})
    wrong = False
    for files in components(graph):
        if len(files) == 1:
            break
        print(f"{len(files)} files call each other: {' '.join(sorted(files))}")
        if len(files) <= MOST:
            continue
        wrong = True
        for file in sorted(files):
            for other in sorted(files & graph[file].keys()):
                print(f"  {file} calls {other}: "
                      f"{', '.join(graph[file][other])}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
