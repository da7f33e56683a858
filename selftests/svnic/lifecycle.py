#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Drivers, interfaces and functions are removed and added, under traffic."""

import os
import re
import time
from pathlib import Path

from lib import (FULL, ksft_eq, ksft_le, ksft_pr, ksft_run,
                 ksft_true, reaches, transfer, wait_until)
from lib.drivers import Drivers, Paced, load, said
from lib.nic import write

MIB = 1 << 20
TURNS = 10 if FULL else 2
FLRS = 1000 if FULL else 10
# part of its rate that a neighbour must have meanwhile, and seconds to see
# that
STEADY, LONG_ENOUGH = 0.95, 12
LEAK_TURNS = 10 if FULL else 3
# memory that the kernel keeps after use, in KiB
TOLERANCE = 4 << 10
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") >> 10


class Bench(Drivers):
    """PF, peer and two VFs in name spaces of their own."""

    def __init__(self):
        super().__init__()
        self.pf_mod, self.vf_mod = self.nic.pf_driver, self.nic.vf_driver

    def ends(self):
        """PF, peer and two new VFs, whatever the last case has left."""
        self.load(self.pf_mod, self.vf_mod)
        return (self.pf, self.peer, *self.vfs())


def vf_module(bench):
    """svnicvf is unloaded and loaded: the PF does not notice."""
    pf, peer, one, two = bench.ends()
    with Paced(pf, peer) as stream:
        for _ in range(TURNS):
            with load((one, two)):
                bench.unload(bench.vf_mod)
                stream.wait_moving()
                bench.load(bench.vf_mod)
            one, two = bench.vf(0), bench.vf(1)
            bench.works(one, two)


def modules(bench):
    """The modules are unloaded and loaded in any order, under traffic."""
    pf_mod, vf_mod, lib = bench.pf_mod, bench.vf_mod, bench.lib
    for out, back in (((pf_mod,), (pf_mod,)),
                      ((vf_mod, pf_mod, lib), (vf_mod, pf_mod)),
                      ((pf_mod, vf_mod, lib), (pf_mod, vf_mod))):
        pf, peer, one, two = bench.ends()
        with load((pf, peer), (one, two)):
            bench.unload(*out)
        bench.load(*back)
        ksft_eq(bench.nic.vfs, 0)
        bench.works(*bench.vfs())


def bind_vf(bench):
    """A VF is unbound and bound: the others do not notice."""
    pf, peer, one, two = bench.ends()
    fn = bench.nic.vf(0)
    with Paced(pf, peer) as stream, Paced(two, pf) as other:
        for _ in range(TURNS):
            with load((one, peer), (two, one)):
                fn.unbind()
                ksft_eq(fn.driver, None)
                stream.wait_moving()
                other.wait_moving()
            fn.probe()
            ksft_eq(fn.driver, bench.vf_mod)
            one = bench.vf(0)
            transfer(one, two, 4 * MIB)
    bench.works(one, two)


def bind_pf(bench):
    """The PF is unbound and bound; its VFs are removed with it."""
    for _ in range(TURNS):
        pf, peer, one, two = bench.ends()
        with load((pf, peer), (one, two)):
            bench.nic.fn.unbind()
        ksft_true(not (bench.nic.fn.path / "virtfn0").exists(), "VFs stay")
        bench.nic.fn.probe()
        bench.home()
        bench.works(*bench.vfs())


def down_up(bench):
    """Interfaces are set down and up ten times; streams survive."""
    pf, peer, one, two = bench.ends()
    with Paced(pf, peer) as out, Paced(peer, pf) as back, \
            Paced(one, peer) as vf:
        for _ in range(10):
            for end in (pf, one):
                end.set("down")
                end.set("up")
            for stream in (out, back, vf):
                stream.wait_moving(1 << 16)
    bench.works(one, two)


def settings(bench):
    """-L and -G of a VF under traffic."""
    pf, peer, one, two = bench.ends()
    queues = int(re.findall(r"Combined:\s*(\d+)",
                            one.ethtool("-l").stdout)[0])
    with Paced(one, peer) as out, Paced(pf, one) as back:
        for opt, args in (("-L", "combined 1"), ("-G", "rx 128 tx 128"),
                          ("-L", f"combined {min(queues, 2)}"),
                          ("-G", "rx 2048 tx 512"), ("-G", "rx 1024 tx 1024")):
            one.ethtool(opt, args)
            out.wait_moving()
            back.wait_moving()
    bench.works(one, two)


def reset_vf(bench):
    """FLR of a VF under traffic: streams survive, others do not notice."""
    pf, peer, one, two = bench.ends()
    with Paced(one, peer) as out, Paced(peer, one) as back, \
            Paced(pf, two, rate=MIB, steady=STEADY):
        turn, end = 0, time.monotonic() + LONG_ENOUGH
        while turn < FLRS or time.monotonic() < end:
            bench.nic.vf(0).write("reset", 1)
            for stream in (out, back):
                stream.wait_moving(1 << 16)
            turn += 1
            if FULL and not turn % 50:
                ksft_pr(f"{turn} resets of {FLRS}")
    ksft_eq(one.link()["address"], bench.nic.vf_info(0)["address"])
    bench.works(one, two)


def reset_pf(bench):
    """FLR of the PF with its VFs present: all streams survive."""
    pf, peer, one, two = bench.ends()
    with Paced(pf, peer) as out, Paced(peer, pf) as back:
        for _ in range(2):
            bench.nic.fn.write("reset", 1)
            for stream in (out, back):
                stream.wait_moving()
    for vf in (one, two):
        # a VF detects this by itself, and loses the frames in its rings then
        wait_until(lambda e=vf: reaches(e, pf), f"{vf} to come back")
    bench.works(one, two)
    ksft_eq(bench.nic.vfs, 2)
    with Paced(one, two) as stream:
        bench.nic.fn.write("reset", 1)
        stream.wait_moving()
    bench.works(one, two)


def remove_rescan(bench):
    """The PF is removed with its VFs; a scan of the bus finds it again."""
    pf, peer, one, two = bench.ends()
    with load((pf, peer), (one, two)):
        bench.nic.fn.write("remove", 1)
    ksft_true(not bench.nic.fn.path.exists(), "the PF is still there")
    write("/sys/bus/pci/rescan", 1)
    wait_until(bench.nic.fn.netdev, "netdev of the PF")
    bench.home()
    bench.works(*bench.vfs())


def _kept(bench):
    """Resources that may leak: interrupts, mappings, memory in KiB."""
    bench.nic.set_vfs(0)
    write("/proc/sys/vm/drop_caches", 3)
    memory = re.search(r"MemAvailable:\s*(\d+)",
                       Path("/proc/meminfo").read_text())
    # free pages in the lists of CPUs are not included: tens of MiB that vary
    lists = sum(map(int, re.findall(r"^\s+count:\s+(\d+)",
                                    Path("/proc/zoneinfo").read_text(), re.M)))
    return (len(Path("/proc/interrupts").read_text().splitlines()),
            Path("/proc/vmallocinfo").read_text().count("svnic"),
            int(memory[1]) + lists * PAGE_KIB)


def leaks(bench):
    """Nothing leaks of what was added and removed."""
    def turn():
        ends = bench.ends()
        with load((ends[2], ends[0])):
            bench.unload(bench.vf_mod, bench.pf_mod)
        bench.load(bench.pf_mod, bench.vf_mod)

    turn()
    start = _kept(bench)
    for _ in range(LEAK_TURNS):
        turn()
    end = _kept(bench)
    ksft_pr(f"interrupts, mappings, KiB available: {start} before, {end} after"
            f" {LEAK_TURNS} turns")
    ksft_eq(end[:2], start[:2], "interrupts, mappings")
    ksft_le(start[2] - end[2], TOLERANCE, "KiB lost")
    ksft_eq(said(r"svnic.*(error|fail)"), [])


if __name__ == "__main__":
    ksft_run([vf_module, modules, bind_vf, bind_pf, down_up, settings,
              reset_vf, reset_pf, remove_rescan, leaks], setup=Bench)
