#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""svnic_vm.py IMAGES ROOM [CASE...]

Tests what svnic-vm refuses, and what it boots. The directory IMAGES has a disk,
whose system runs the script on the disk for guests, and its kernel and
initramfs. Needs a network name space of its own, and the package of QEMU with
SV-NIC. Prints KTAP; logs of consoles are in ROOM.
"""

import io
import os
import re
import select
import shlex
import socket
import subprocess
import sys
import time
import traceback
import xml.etree.ElementTree as ET
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOL = "svnic-vm"
EMULATOR = "/usr/bin/qemu-system-x86_64-svnic"
FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
# FULL=1 selects the long versions
FULL = bool(os.environ.get("FULL"))
BOOT_LIMIT = 7200 if FULL else 3600
DISK = 1 << 20
# module that Python scripts share, and that starts them
SHARED = "vm_machine"
HEAD = b"#!/usr/bin/python3\n"
CALL = "import {0}, {1}\n{0}.main({1})\n"
PASS = "svnic-test: pass"
# a multicast wire, and a port that leads to a machine
GROUP, PORT, SSH = "230.0.0.1", 5000, 2222


def program(names):
    """The scripts NAMES as one executable file. It is long enough for programs
    that look for a partition table."""
    paths = [HERE / name for name in names]
    if paths[0].suffix == ".sh":
        data, = (path.read_bytes() for path in paths)
        return data + b"\n" * (DISK - len(data))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (HERE / f"{SHARED}.py", *paths):
            archive.write(path, path.name)
        archive.writestr("__main__.py", CALL.format(
            SHARED, ", ".join(path.stem for path in paths)))
    data = packed.getvalue()
    # Python finds an archive from its end
    return HEAD + b"\n" * (DISK - len(HEAD) - len(data)) + data


class Bench:
    """Data and methods for the cases."""

    def __init__(self, images, room):
        self.images, self.room = Path(images), Path(room)
        self.disk = str(self.images / "disk.raw")

    def empty(self, name):
        """A file of zeroes with the size of a small disk."""
        path = self.room / name
        path.write_bytes(bytes(DISK))
        return path

    def tool(self, *args):
        """Run svnic-vm to its end."""
        return subprocess.run(
            [TOOL, *args], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False)

    def refuses(self, text, *args):
        """Check that it prints TEXT in one line, and starts nothing."""
        done = self.tool(*args)
        assert done.returncode > 0, args
        lines = [line for line in done.stderr.splitlines()
                 if not line.startswith("usage:")]
        assert len(lines) == 1 and text in lines[0], (args, done.stderr)
        assert not done.stdout, done.stdout

    def runs(self, *names, to=None):
        """Options with which the disk runs the scripts NAMES, one after
        another, and is not written. They are packed into the file TO."""
        script = self.room / (to or names[0])
        script.write_bytes(program(names))
        return "--snapshot", "--guest-image", script

    def kernel(self):
        """Options for a kernel that is not on the disk."""
        return ("--kernel", self.images / "vmlinuz",
                "--initrd", self.images / "initrd",
                "--append", (self.images / "cmdline").read_text() +
                " svnic-test=full" * FULL)

    def boot(self, names, *args, name=None):
        """Boot the disk and run the scripts NAMES there, until it powers off.
        NAME is for machines with the same scripts."""
        names = names.split()
        name = name or names[0]
        console = self.room / f"{name}.console"
        argv = [TOOL, *self.runs(*names, to=name), *args, self.disk]
        start = time.monotonic()
        with open(console, "wb") as out:
            proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=subprocess.STDOUT)
            try:
                proc.wait(BOOT_LIMIT)
            except subprocess.TimeoutExpired:
                proc.kill()
                proc.wait()
        text = console.read_text(errors="replace")
        assert proc.returncode == 0, text[-4000:]
        passed(text, start)


def passed(text, start):
    """Check the console output of a script; it booted at START."""
    # remove escape sequences of firmware and systemd
    text = re.sub("\x1b(\\[[^a-zA-Z]*[a-zA-Z]|][^\a\x1b]*(\a|\x1b))|\r", "",
                  text)
    for line in text.splitlines():
        if line.startswith("# "):
            print(line)
    print(f"# booted, run and off in {time.monotonic() - start:.0f} s",
          flush=True)
    assert PASS in text, text[-4000:]


def refusals(bench):
    """Invalid options are reported in one clear line."""
    disk = bench.disk
    for text, *args in (
            ("none: no such file or directory", "none"),
            ("that is no disk image", "/dev/null"),
            ("is a directory", "/"),
            ("different things", str(bench.empty("disk.qcow2"))),
            ("2 ports need 2 wires", "--wire", "user", disk),
            ("a cable joins", "--ports", "1", "--wire", "cable", disk),
            ("a cable joins", "--wire", "cable", "--wire", "user", disk),
            ("no such wire", "--ports", "1", "--wire", "string", disk),
            ("no such interface", "--ports", "1", "--wire", "tap:tap9", disk),
            ("no tap", "--ports", "1", "--wire", "tap:lo", disk),
            ("no bridge", "--ports", "1", "--wire", "bridge:lo", disk),
            ("a group of IPv4", "--ports", "1", "--wire", "mcast:192.0.2.1:5",
             disk),
            ("a group of IPv4", "--ports", "1", "--wire", "mcast:230.0.0.1",
             disk),
            ("cannot share 3 CPUs", "--numa", "--cpus", "3", disk),
            ("from 1 to 248", "--vfs", "249", disk),
            ("invalid number", "--vfs", "many", disk),
            ("six bytes", "--mac", "1:2", disk),
            ("six bytes", "--mac", "52:zz:00:00:00:00", disk),
            ("of one station", "--mac", "03:00:00:00:00:00", disk),
            ("letters", "--name", "a,b", disk),
            ("go with --kernel", "--append", "quiet", disk),
            ("none: that is no file", "--kernel", "none", disk),
            ("none: no such file", "--guest-image", "none", disk),
            ("libvirt", "--xml", "--ssh", "2222", disk),
            ("--no-lan", "--no-lan", "--ssh", "2222", disk),
            ("package qemu-system-svnic", "--emulator", "/none", disk),
            ("no QEMU with SV-NIC", "--emulator", "true", disk)):
        bench.refuses(text, *args)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        bench.refuses(f"port {port}: address already in use", "--ssh", port,
                      disk)


def same_in_xml(bench):
    """The domain of libvirt is the machine of the command line."""
    args = ("--numa", "--memory", "2048", "--cpus", "6", "--guest-image",
            bench.empty("guest.raw"), bench.disk)
    argv = shlex.split(bench.tool("--print", *args).stdout)
    domain = ET.fromstring(bench.tool("--xml", *args).stdout)
    more = [arg.get("value") for arg in domain.iter() if
            arg.tag.endswith("}arg")]
    assert sum(arg.startswith("svnic,") for arg in more) == 2, more
    assert argv[-len(more):] == more, (argv, more)
    assert domain.findtext("devices/emulator") == argv[0] == EMULATOR
    disks = [source.get("file") for source in
             domain.findall("devices/disk/source")]
    assert len(disks) == 2
    for disk in disks:
        assert any(f"file={disk}," in arg for arg in argv), disk
    assert domain.findtext("memory") + "M" == argv[argv.index("-m") + 1]
    assert domain.findtext("vcpu") + ",sockets=2" == \
        argv[argv.index("-smp") + 1] == "6,sockets=2"
    assert domain.find("cpu/topology").get("cores") == "3"
    for cell in domain.findall("cpu/numa/cell"):
        assert f"cpus={cell.get('cpus')}" in " ".join(argv), cell.get("cpus")
    assert domain.get("type") == ("kvm" if "kvm" in argv else "qemu")
    # the size of a new one of 10 GiB
    disk = bench.room / "new.qcow2"
    disk.write_bytes(b"QFI\xfb" + bytes(196764))
    assert f"file={disk},format=qcow2" in bench.tool("--print", disk).stdout


def cards(bench):
    """Two cards with a cable, at the second NUMA node; VFs, traffic. The image
    boots by UEFI."""
    bench.boot("vm_cards.sh", "--numa", "--firmware", FIRMWARE)


def heard(port):
    """True if somebody greets at PORT of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
            if sock.recv(64) != b"svnic":
                return False
            sock.sendall(b"heard")
            return True
    except OSError:
        return False


def wires(bench):
    """Three machines at a time: on a tap interface, on a bridge, on QEMU's user
    network. The first two are also on one multicast wire. A kernel is given."""
    for args in ("tuntap add wire0 mode tap", "addr add 192.0.2.2/24 dev wire0",
                 "link set wire0 up", "link add bridge0 type bridge",
                 "addr add 203.0.113.2/24 dev bridge0", "link set bridge0 up"):
        subprocess.run(["ip", *args.split()], check=True)
    Path("/etc/qemu/bridge.conf").write_text("allow bridge0\n")
    mcast = "--wire", f"mcast:{GROUP}:{PORT}"
    mac = "52:54:00:5e:00:"
    with ThreadPoolExecutor() as pool:
        machines = [pool.submit(bench.boot, "vm_wires.py", "--memory", "1024",
                                *args, *bench.kernel(), name=name)
                    for name, *args in (
            ("tap", "--no-lan", "--wire", "tap:wire0", *mcast),
            ("bridge", "--mac", mac + "10", "--ssh", str(SSH),
             "--wire", "bridge:bridge0", *mcast),
            ("user", "--mac", mac + "20", "--no-lan", "--ports", "1"))]
        wait_until(lambda: heard(SSH) or
                   any(machine.done() and machine.exception()
                       for machine in machines), "--ssh", BOOT_LIMIT)
        for machine in machines:
            machine.result()


def virsh(*args):
    """virsh of the system's libvirt; returns its output."""
    done = subprocess.run(["virsh", "-q", "-c", "qemu:///system", *args],
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    assert not done.returncode, (args, done.stdout)
    return done.stdout.strip()


def answers():
    """True if libvirtd answers."""
    try:
        return virsh("uri")
    except AssertionError:
        return None


def wait_until(cond, what, seconds=60):
    """Wait for COND."""
    end = time.monotonic() + seconds
    while not cond():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def console_of(domain):
    """Everything on the console of DOMAIN until it is off."""
    text = b""
    end = time.monotonic() + BOOT_LIMIT
    console = os.open(virsh("ttyconsole", domain), os.O_RDWR | os.O_NOCTTY)
    try:
        while virsh("domstate", domain) == "running":
            assert time.monotonic() < end, text[-4000:]
            if select.select([console], [], [], 1)[0]:
                text += os.read(console, 65536)
    except OSError:
        # QEMU has ended
        pass
    finally:
        os.close(console)
    return text.decode(errors="replace")


def libvirt(bench):
    """The machine as a domain of libvirt: defined, started, off; started again
    and destroyed."""
    name = "sriov"
    xml = bench.room / "domain.xml"
    done = bench.tool("--xml", "--name", name, "--numa",
                      *bench.runs("vm_cards.sh"), *bench.kernel(), bench.disk)
    xml.write_text(done.stdout)
    daemon = subprocess.Popen(["libvirtd"], stderr=subprocess.DEVNULL)
    try:
        wait_until(answers, "libvirtd")
        virsh("define", xml)
        start = time.monotonic()
        virsh("start", name)
        passed(console_of(name), start)
        wait_until(lambda: virsh("domstate", name) == "shut off", "its end")
        virsh("start", name)
        virsh("destroy", name)
        virsh("undefine", name)
        assert not virsh("list", "--all", "--name")
    finally:
        subprocess.run(["virsh", "-q", "destroy", name], check=False,
                       stderr=subprocess.DEVNULL)
        daemon.terminate()
        daemon.wait(60)


def guests(bench):
    """libvirt in the machine gives VFs to guests."""
    bench.boot("vm_libvirt.py", "--no-lan", *bench.kernel())


def systemd(bench):
    """systemd and NetworkManager in the machine make VFs."""
    bench.boot("vm_systemd.py", "--no-lan", *bench.kernel())


def pods(bench):
    """Pods in the machine take VFs and give them back."""
    bench.boot("vm_pods.sh", "--no-lan", *bench.kernel())


def openstack(bench):
    """pyroute2, Neutron's agent and DPDK in the machine use VFs."""
    bench.boot("vm_pyroute2.py vm_neutron.py vm_testpmd.py", "--no-lan",
               *bench.kernel())


CASES = [refusals, same_in_xml, cards, wires, libvirt, guests, systemd, pods,
         openstack]


def main():
    """Run the cases named, or all."""
    bench, names = Bench(*sys.argv[1:3]), sys.argv[3:]
    chosen = [case for case in CASES if not names or case.__name__ in names]
    if len(chosen) < len(names):
        sys.exit("cases are " + ", ".join(case.__name__ for case in CASES))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # mount for this name space, without files of others
    for what, where in ("sysfs", "/sys"), ("tmpfs", "/run"), \
            ("tmpfs", "/etc/qemu"), ("tmpfs", "/etc/libvirt/qemu"), \
            ("tmpfs", "/var/lib/libvirt/qemu"):
        # not every Debian has these directories
        os.makedirs(where, exist_ok=True)
        subprocess.run(["mount", "-t", what, what, where], check=True)
    print(f"KTAP version 1\n1..{len(chosen)}", flush=True)
    failed = 0
    for number, case in enumerate(chosen, 1):
        result = "ok"
        try:
            case(bench)
        except (AssertionError, OSError, subprocess.SubprocessError):
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            result = "not ok"
            failed += 1
        print(f"{result} {number} {case.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
