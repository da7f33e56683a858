#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of device/qemu without a kernel: shim.py [CASE]... -- QEMU

QEMU is the command that starts it. TAP on stdout.
"""

import sys
import time
import traceback

from machine import (COUNT, MSIX, Machine, Nic, PF_REGS, RAM, Refused, Sender,
                     VF_REGS, iommu_on, program, reads, wait_until, writes)
from lib.uapi import qcfg, reg, statistics

CTRL = reg("REG_CTRL")
RESETS = reg("REG_STATS") + 8 * statistics().index("resets")
LINK, LINK_UP = reg("REG_LINK"), reg("LINK_UP")
MAC = bytes.fromhex("52540000a001")
# a backend that drops all frames and receives none
WIRE = ("-netdev", "socket,id=net,udp=127.0.0.1:9,localaddr=127.0.0.1:0")
MIB = 1 << 20
DOORBELLS = reg("REF_DB_OFFSET")


def plug(machine, **properties):
    """Plug a NIC and unplug it again; returns the error, or nothing."""
    try:
        machine.qmp("device_add", driver="svnic", bus="rp", id="nic",
                    sriov_max_vfs=0, **properties)
    except RuntimeError as error:
        return str(error)
    nic = Nic(machine)
    nic.power(True)
    nic.start()
    nic.power(False)
    return ""


def properties(qemu):
    """A value out of range is an error that names the range."""
    bounds = {"mac_filters": (0, 65535), "vlan_filters": (0, 65535),
              "flow_rules": (0, 65535), "rss_contexts": (0, 65535),
              "queues": (1, 32), "vf_queues": (1, 16),
              "speed": (0, 0x7fffffff)}
    with Machine(qemu) as machine:
        for name, (least, most) in bounds.items():
            for val in {least, most}:
                error = plug(machine, **{name: val})
                assert not error, f"{name}={val}: {error}"
            for val in {max(least - 1, 0), most + 1, 0xffffffff} - {least}:
                error = plug(machine, **{name: val})
                assert f"{name} is {least}..{most}" in error, \
                    f"{name}={val}: {error}"
        for length in (0, 15):
            assert not plug(machine, serial="x" * length), length
        assert "serial has" in plug(machine, serial="x" * 16)
    for vfs, error in ((0, ""), (248, ""), (249, "sriov_max_vfs is 0..248")):
        said = ""
        try:
            with Machine(qemu, "-device", f"svnic,bus=rp,sriov_max_vfs={vfs}"):
                pass
        except Refused as raised:
            said = str(raised)
        assert bool(said) == bool(error) and error in said, said


def machine_reset(qemu):
    """A reset of the machine is like power-on, also for statistics (11.6)."""
    with Machine(qemu, "-device", "svnic,bus=rp,id=nic") as machine:
        nic = Nic(machine).start()
        nic.write(CTRL, reg("CTRL_RESET"))
        assert nic.read(RESETS, "q") == 1
        machine.qmp("system_reset")
        nic = Nic(machine).start()
        assert nic.read(RESETS, "q") == 0
        nic.vfs(2)
        assert nic.read(reg("REG_VF_ENABLED")) == 2
        nic.write(CTRL, reg("CTRL_RESET"))
        # FLR keeps them
        devctl = nic.config.cap(0x10) + 8
        nic.config.write(devctl, nic.config.read(devctl, "w") | 0x8000, "w")
        nic.start()
        assert nic.read(RESETS, "q") == 2
        assert nic.read(reg("REG_VF_ENABLED")) == 0


def unplug(qemu):
    """The NIC is unplugged while a processor accesses it: QEMU survives."""
    body = b"".join(reads(regs) + writes(regs + CTRL, 0) +
                    writes(regs + DOORBELLS, 0) +
                    reads(regs + MSIX) + writes(regs + MSIX, 0)
                    for regs in (PF_REGS, VF_REGS))
    with Machine(qemu, rom=program(body)) as machine:
        for turn in range(5):
            machine.qmp("device_add", driver="svnic", bus="rp", id="nic",
                        sriov_max_vfs=4, queues=4)
            nic = Nic(machine)
            nic.power(True)
            nic.start()
            nic.vfs(4)
            count = machine.read(COUNT)
            wait_until(lambda c=count: machine.read(COUNT) != c,
                       "round of the processor")
            nic.power(False)
            count = machine.read(COUNT)
            wait_until(lambda c=count: machine.read(COUNT) != c,
                       f"processor after unplug {turn}")
            wait_until(lambda: nic.config.read(0) == 0xffffffff, "unplug")


def busy_wire(qemu):
    """Endless frames for a slow backend do not block the main loop."""
    # the copies to these make it slow
    slow = [arg for num in range(4) for arg in
            ("-object", f"filter-dump,id=f{num},netdev=net,file=/dev/null")]
    with Machine(qemu, *WIRE, *slow,
                 "-device", "svnic,bus=rp,id=nic,netdev=net,mac=" +
                 MAC.hex(":"), rom=program(reads(PF_REGS))) as machine:
        nic = Nic(machine).start().enable()
        senders = [Sender(nic, pair, 0x1000000 + pair * 0x20000, MAC)
                   for pair in range(8)]
        wait_until(lambda: nic.read(LINK) & LINK_UP, "link")
        # Changes that the test sees, of the number of frames sent and of the
        # rounds of a processor. A late test sees few of them; if the lock is
        # not free, it sees none.
        ours = theirs = total = 0
        for _ in range(20):
            for sender in senders:
                sender.send()
            start, total = total, total + len(senders) * Sender.ENTRIES
            seen = []
            while not seen or seen[-1][0] < total:
                seen.append((sum(sender.sent() for sender in senders),
                             machine.read(COUNT)))
                # asking takes the lock as well
                time.sleep(0.002)
            seen = [(sent, count) for sent, count in seen
                    if start < sent < total]
            ours += max(len({sent for sent, _ in seen}) - 1, 0)
            theirs += max(len({count for _, count in seen}) - 1, 0)
            if min(ours, theirs) >= 5:
                break
        assert min(ours, theirs) >= 5, (ours, theirs)


def iommu_cache(qemu):
    """A guest that uses many pages does not make QEMU grow."""
    with Machine(qemu, "-device", "intel-iommu,aw-bits=39,caching-mode=on",
                 *WIRE,
                 "-device",
                 "svnic,bus=rp,id=nic,netdev=net,sriov_max_vfs=0") as machine:
        iommu_on(machine)
        nic = Nic(machine).start().enable()
        sender = Sender(nic, 0, 0x1000000, MAC)
        wait_until(lambda: nic.read(LINK) & LINK_UP, "link")

        def turn():
            sender.send()
            wait_until(lambda: sender.sent() == sender.prod, "frames")

        def grown(start):
            """The growth of QEMU after frames from alternating pages."""
            before = machine.rss()
            for first in range(0, RAM >> 12, sender.ENTRIES):
                sender.frames([(start(first) + page) << 12
                               for page in range(sender.ENTRIES)])
                turn()
            return machine.rss() - before

        print(f"# few pages: {grown(lambda _: 0) >> 10} KiB")
        growth = grown(lambda first: first)
        assert nic.read(qcfg(0, "STATUS")) == 1
        print(f"# {RAM >> 12} pages: {growth >> 10} KiB")
        assert growth < MIB, growth


def hold_counter(qemu):
    """Each access is counted, and the longest time."""
    with Machine(qemu, "-device", "svnic,bus=rp,id=nic") as machine:
        nic = Nic(machine).start()
        before = machine.get("nic", "x-hold-count")
        for _ in range(10):
            nic.read(0)
        assert machine.get("nic", "x-hold-count") == before + 10
        assert machine.get("nic", "x-hold-max-ns") > 0


def slow(qemu):
    """With x-slow-ms each reset, ENABLE, start and stop takes that long."""
    status, queue, tx = reg("REG_STATUS"), qcfg(0, "STATUS"), reg("QCTRL_TX")
    with Machine(qemu, "-device",
                 "svnic,bus=rp,id=nic,x-slow-ms=50") as machine:
        nic = Nic(machine).start()

        def takes(write, read, busy, done):
            nic.write(*write)
            for _ in range(2):
                assert nic.read(read) & busy, (write, hex(nic.read(read)))
                machine.qtest("clock_step 25000000")
            assert nic.read(read) & (busy | done) == done, \
                (write, hex(nic.read(read)))

        takes((CTRL, reg("CTRL_RESET")), status, reg("STATUS_RESETTING"), 0)
        takes((CTRL, reg("CTRL_ENABLE")), status, reg("STATUS_BUSY"),
              reg("STATUS_ENABLED"))
        for name, val in (("VECTOR", 0xffff), ("TX_BASE_LO", MIB),
                          ("TX_SIZE", 64), ("STATE_BASE_LO", 2 * MIB)):
            nic.write(qcfg(0, name), val)
        for ctrl, done in (tx, reg("QSTATUS_TX")), (0, 0):
            takes((qcfg(0, "CTRL"), ctrl), queue, reg("QSTATUS_TX_BUSY"), done)
        assert not nic.read(queue) & reg("QSTATUS_TX")
        # a reset drops what is under way
        nic.write(qcfg(0, "CTRL"), tx)
        assert nic.read(queue) & reg("QSTATUS_TX_BUSY")
        nic.write(CTRL, reg("CTRL_RESET"))
        assert not nic.read(queue) & reg("QSTATUS_TX_BUSY")


CASES = [properties, machine_reset, unplug, busy_wire, iommu_cache,
         hold_counter, slow]


def main():
    """Run the cases named, or all."""
    cut = sys.argv.index("--")
    names, qemu = sys.argv[1:cut], sys.argv[cut + 1:]
    cases = [case for case in CASES if not names or case.__name__ in names]
    print("TAP version 13")
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, case in enumerate(cases, 1):
        result = "ok"
        try:
            case(qemu)
        except (AssertionError, OSError, Refused, RuntimeError):
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            result = "not ok"
            failed += 1
        print(f"{result} {number} {case.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
