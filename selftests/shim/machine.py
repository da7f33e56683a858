# SPDX-License-Identifier: GPL-2.0-or-later
"""A bare machine with SV-NICs, controlled by QEMU's qtest protocol.

It boots nothing: the test does the work of the firmware, which sets up PCI, and
of the driver. A processor runs only if a test starts a program on it.
"""

import json
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "svnic"))
from lib.uapi import qcfg, reg  # noqa: E402

ECAM = 0xb0000000
# BAR0 of PF and of VFs; BAR2 is MSIX bytes further
PF_REGS, VF_REGS, MSIX = 0xc0000000, 0xc0800000, 0x400000
RESET_VECTOR = 0xfffffff0
ROM_SIZE = 0x10000
# addresses that a program uses
STACK, COUNT = 0x7000, 0x6000
SVNIC = 0x5fc01234
RAM = 256 << 20
IOMMU = 0xfed90000

COMMAND, BAR0, CAP_POINTER = 0x04, 0x10, 0x34
COMMAND_ON = 6          # memory, bus master
CAP_EXP = 0x10
SLOT_CTRL, SLOT_OFF, SLOT_ON = 0x18, 0x7c0, 0x1c0
CAP_SRIOV, SRIOV_CTRL, SRIOV_NUM, SRIOV_BAR0 = 0x180, 0x08, 0x10, 0x24
SRIOV_ON = 9            # VF Enable, VF MSE


class Refused(Exception):
    """QEMU ended at once; the text is its message."""


def program(body):
    """A ROM that makes the processor run 32-bit code BODY endlessly.

    Flat segments, interrupts off; each round adds one to the word at COUNT.
    """
    rom = bytearray(b"\x90" * ROM_SIZE)
    gdt = struct.pack("<QQQ", 0, 0x00cf9b000000ffff, 0x00cf93000000ffff)
    rom[0x100:0x100 + len(gdt)] = gdt
    rom[0x180:0x186] = struct.pack("<HI", len(gdt) - 1, 0xffff0100)
    enter = (b"\xfa"                                # cli
             b"\x2e\x66\x0f\x01\x16\x80\x01"        # lgdtl %cs:0x180
             b"\x0f\x20\xc0\x0c\x01\x0f\x22\xc0"    # cr0 |= PE
             b"\x66\xea" + struct.pack("<IH", 0xffff0300, 8))
    rom[0x200:0x200 + len(enter)] = enter
    flat = (b"\x66\xb8\x10\x00\x8e\xd8\x8e\xc0\x8e\xd0"
            b"\xbc" + struct.pack("<I", STACK))     # ds, es, ss, esp
    loop = body + b"\xff\x05" + struct.pack("<I", COUNT)    # incl COUNT
    loop += b"\xe9" + struct.pack("<i", -len(loop) - 5)
    rom[0x300:0x300 + len(flat + loop)] = flat + loop
    rom[0xfff0:0xfff3] = b"\xe9" + struct.pack("<H", 0x10000 + 0x200 - 0xfff3)
    return bytes(rom)


def reads(addr):
    """Code that reads the word at ADDR."""
    return b"\xa1" + struct.pack("<I", addr)


def writes(addr, val):
    """Code that writes the word VAL to ADDR."""
    return b"\xc7\x05" + struct.pack("<II", addr, val)


class Machine:
    """A q35 with one root port, NICs behind it or none."""

    def __init__(self, qemu, *args, rom=None):
        self.room = tempfile.TemporaryDirectory()
        room = Path(self.room.name)
        argv = [*qemu, "-nodefaults", "-no-user-config", "-display", "none",
                # not counted by rss()
                "-object", f"memory-backend-memfd,id=ram,size={RAM}",
                "-machine", "q35,memory-backend=ram", "-m", f"{RAM >> 20}",
                "-accel", "tcg" if rom else "qtest",
                "-global",
                "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
                "-device", "pcie-root-port,id=rp,bus=pcie.0,addr=4.0,"
                "chassis=1,slot=1"]
        if rom:
            (room / "rom").write_bytes(rom)
            argv += ["-bios", room / "rom"]
        listen = {name: socket.socket(socket.AF_UNIX)
                  for name in ("qtest", "qmp")}
        for name, sock in listen.items():
            sock.bind(str(room / name))
            sock.listen(1)
        argv += ["-chardev", f"socket,id=qtest,path={room}/qtest",
                 "-qtest", "chardev:qtest", "-qtest-log", "none",
                 "-chardev", f"socket,id=qmp,path={room}/qmp",
                 "-mon", "chardev=qmp,mode=control", *args]
        self.said = room / "said"
        with open(self.said, "w") as said:
            self.proc = subprocess.Popen([str(a) for a in argv], stdout=said,
                                         stderr=said,
                                         stdin=subprocess.DEVNULL)
        self._files = {}
        for name, sock in listen.items():
            self._files[name] = self._accept(sock).makefile("rw", newline="\n")
        self._hear("qmp")
        self.qmp("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.proc.kill()
        self.proc.wait()
        self.room.cleanup()

    def _accept(self, sock):
        sock.settimeout(0.2)
        while True:
            try:
                conn = sock.accept()[0]
                conn.settimeout(60)
                return conn
            except TimeoutError:
                self.check()

    def check(self):
        """Raise if QEMU has ended."""
        if self.proc.poll() is not None:
            raise Refused(f"QEMU ended ({self.proc.returncode}): " +
                          self.said.read_text().strip())

    def _hear(self, name):
        try:
            line = self._files[name].readline()
        except ConnectionResetError:
            line = ""
        if not line:
            self.proc.wait(timeout=10)
            self.check()
        return line

    def _say(self, name, line):
        file = self._files[name]
        try:
            file.write(line + "\n")
            file.flush()
        except BrokenPipeError:
            self.proc.wait(timeout=10)
            self.check()

    # QMP

    def qmp(self, command, **args):
        """Run a command; returns its result."""
        self._say("qmp", json.dumps({"execute": command, "arguments": args}))
        while True:
            answer = json.loads(self._hear("qmp"))
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]

    def get(self, device, name):
        """A property of a device."""
        return self.qmp("qom-get", path=f"/machine/peripheral/{device}",
                        property=name)

    # memory and ports

    def qtest(self, line):
        """A command of qtest; returns its result, as a number if it is one."""
        self._say("qtest", line)
        while True:
            answer = self._hear("qtest").split()
            if answer[0] == "OK":
                return int(answer[1], 0) if len(answer) > 1 else None
            if answer[0] != "IRQ":
                raise RuntimeError(" ".join(answer))

    def read(self, addr, kind="l"):
        """A word of memory."""
        return self.qtest(f"read{kind} {addr:#x}")

    def write(self, addr, val, kind="l"):
        """Write a word of memory."""
        self.qtest(f"write{kind} {addr:#x} {val:#x}")

    def fill(self, addr, data):
        """Write bytes to memory."""
        self.qtest(f"write {addr:#x} {len(data)} 0x{data.hex()}")


    def rss(self):
        """Bytes of memory of its own that QEMU uses."""
        text = Path(f"/proc/{self.proc.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", text)[1]) << 10


class Config:
    """Configuration space of a function."""

    def __init__(self, machine, bus, devfn):
        self.machine = machine
        self.base = ECAM + (bus << 20) + (devfn << 12)

    def read(self, addr, kind="l"):
        """A register."""
        return self.machine.read(self.base + addr, kind)

    def write(self, addr, val, kind="l"):
        """Write a register."""
        self.machine.write(self.base + addr, val, kind)

    def cap(self, wanted):
        """The address of a capability."""
        at = self.read(CAP_POINTER, "b")
        while at and self.read(at, "b") != wanted:
            at = self.read(at + 1, "b")
        return at


class Nic:
    """A NIC behind the root port, its BARs set up."""

    def __init__(self, machine):
        self.machine = machine
        machine.qtest("outl 0xcf8 0x80000060")
        machine.qtest(f"outl 0xcfc {ECAM | 1:#x}")
        self.port = Config(machine, 0, 4 << 3)
        self.config = Config(machine, 1, 0)
        self.port.write(0x18, 0x00010100)
        # the window of the bridge
        self.port.write(0x20, (PF_REGS + 0xf00000) | PF_REGS >> 16)
        self.port.write(COMMAND, COMMAND_ON, "w")
        self.slot = self.port.cap(CAP_EXP) + SLOT_CTRL

    def start(self):
        """Set the addresses of the BARs and enable them."""
        assert self.config.read(0) == SVNIC
        for bar, at in ((0, PF_REGS), (2, PF_REGS + MSIX)):
            self.config.write(BAR0 + 4 * bar, at)
            self.config.write(BAR0 + 4 * bar + 4, 0)
        self.config.write(COMMAND, COMMAND_ON, "w")
        return self

    def enable(self):
        """The first steps of a driver, without features."""
        self.write(reg("REG_CTRL"), reg("CTRL_RESET"))
        self.write(reg("REG_CTRL"), reg("CTRL_ENABLE"))
        return self

    def vfs(self, count):
        """Create VFs; their register BARs are in a row."""
        for bar, at in ((0, VF_REGS), (2, VF_REGS + MSIX)):
            self.config.write(CAP_SRIOV + SRIOV_BAR0 + 4 * bar, at)
            self.config.write(CAP_SRIOV + SRIOV_BAR0 + 4 * bar + 4, 0)
        self.config.write(CAP_SRIOV + SRIOV_NUM, count, "w")
        self.config.write(CAP_SRIOV + SRIOV_CTRL, SRIOV_ON, "w")

    def power(self, on):
        """Switch the slot's power; off removes the NIC."""
        self.port.write(self.slot, SLOT_ON if on else SLOT_OFF, "w")

    def read(self, addr, kind="l"):
        """A register."""
        return self.machine.read(PF_REGS + addr, kind)

    def write(self, addr, val, kind="l"):
        """Write a register."""
        self.machine.write(PF_REGS + addr, val, kind)


def iommu_on(machine):
    """Switch on Intel's IOMMU; it maps each page of bus 1 to itself."""
    root, context, top, middle, low = range(0x100000, 0x105000, 0x1000)
    read_write = 3

    def table(at, entries):
        machine.fill(at, b"".join(entry.to_bytes(8, "little")
                                  for entry in entries))

    table(root + 16, [context | 1, 0])
    table(context, [top | 1, 1 << 8 | 1])   # domain 1, three levels
    table(top, [middle | read_write])
    pages = RAM >> 12
    table(middle, [low + (i << 12) | read_write for i in range(pages >> 9)])
    for i in range(0, pages, 512):
        table(low + i * 8, [(i + j) << 12 | read_write for j in range(512)])
    machine.write(IOMMU + 0x20, root, "q")
    for bit in (30, 31):                    # root table, translation
        machine.write(IOMMU + 0x18, 1 << bit)
        assert machine.read(IOMMU + 0x1c) & 1 << bit


class Sender:
    """A ring of the PF with descriptors of the same frame."""

    ENTRIES, FRAME = 4096, 1514

    def __init__(self, nic, pair, at, mac):
        """The ring and the rest are in memory at AT, up to 0x20000 bytes."""
        self.machine = nic.machine
        self.nic, self.pair, self.ring = nic, pair, at
        self.state, self.frame = at + 0x10000, at + 0x11000
        self.prod = 0
        self.machine.fill(self.frame, (b"\xff" * 6 + mac + b"\x88\xb5")
                          .ljust(self.FRAME, b"\0"))
        self.machine.fill(self.state, bytes(128))
        self.frames([self.frame] * self.ENTRIES)
        for name, val in (("VECTOR", 0xffff), ("TX_BASE_LO", at),
                          ("TX_SIZE", self.ENTRIES),
                          ("STATE_BASE_LO", self.state), ("CTRL", 1)):
            nic.write(qcfg(pair, name), val)
        assert nic.read(qcfg(pair, "STATUS")) == 1

    def frames(self, addrs):
        """Fill the ring with descriptors of frames at ADDRS."""
        self.machine.fill(self.ring, b"".join(
            struct.pack("<QHHHBB", addr, self.FRAME, 3, 0, 0, 0)
            for addr in addrs))

    def send(self):
        """Ring the doorbell for all of the ring."""
        self.prod += self.ENTRIES
        self.nic.write(reg("REF_DB_OFFSET") +
                       self.pair * reg("REF_DB_STRIDE"), self.prod)

    def sent(self):
        """Number of frames sent."""
        return self.machine.read(self.state + 64)


def wait_until(cond, what, seconds=60):
    """Wait until COND is true; returns its result."""
    end = time.monotonic() + seconds
    while True:
        result = cond()
        if result:
            return result
        assert time.monotonic() < end, f"no {what} within {seconds} s"
