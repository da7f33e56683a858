# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab host: one boot of Linux on a machine with the emulated NIC."""

import os
import shlex
import shutil
import socket
import subprocess
import time
from pathlib import Path

from . import (cache, image, initramfs, kernel as kernels, modules, packages,
               qemu, rootfs)
from .util import CACHE, LAB, REPO, LabError, say, tail

RUNS_KEPT = 10
SVNIC_MAX_VFS = 248
# name of NIC -> PF driver, VF driver
DRIVERS = {"svnic": ("svnic", "svnicvf"), "igb": ("igb", "igbvf"),
           "virtio-net": ("virtio_net", "virtio_net")}
VIRTIO_QUEUES = 4
WIRE = str(LAB / "qemu/wire")


def _nic_args(nic):
    """Two ports, each behind a root port, connected to each other."""
    args = []
    # Space for the BARs of all VFs, since the kernel does not enlarge it later.
    # With a faster link the kernel would wait after a reset until the link is
    # trained.
    for port in range(2):
        args += ["-device", f"pcie-root-port,id=rp{port},bus=pcie.0,"
                 f"addr={16 + port:#x}.0,chassis={port + 1},slot={port + 1},"
                 "pref64-reserve=512M,x-speed=5"]
    mac = "52:54:00:5e:00:0"
    if nic == "igb":
        for port in range(2):
            args += ["-netdev", f"hubport,id=net{port},hubid=0",
                     "-device", f"igb,id=nic{port},bus=rp{port},"
                     f"netdev=net{port},mac={mac}{port}"]
        return args
    if nic == "virtio-net":
        for port in range(2):
            args += ["-netdev", f"tap,id=net{port},ifname=tap{port},"
                     f"queues={VIRTIO_QUEUES},script={WIRE},downscript=no",
                     "-device", f"virtio-net-pci,id=nic{port},bus=rp{port},"
                     f"netdev=net{port},mac={mac}{port},romfile=,mq=on,"
                     f"rss=on,vectors={2 * VIRTIO_QUEUES + 2}"]
        return args
    args += ["-device", "svnic-cable,id=wire"]
    for port, vfs in enumerate((SVNIC_MAX_VFS, 0)):
        args += ["-device", f"svnic,id=nic{port},bus=rp{port},cable=wire,"
                 f"mac={mac}{port},sriov_max_vfs={vfs}"]
    return args


def _wired(argv, nic):
    """The command ARGV, with a bridge for virtio's taps. A hub of QEMU has one
    queue and no offloads."""
    if nic != "virtio-net":
        return argv
    return ["unshare", "--net", "--", "env",
            f"LAB_BUSYBOX={rootfs.tree() / 'usr/bin/busybox'}", WIRE, *argv]


def _lasting_args(out):
    """/out, /src and the serial ports, as devices that keep their state while
    the machine sleeps. Linux cannot set up a 9P device again, and serial ports
    do not notice that this side is still there."""
    args = ["-device", "pcie-root-port,id=lasting,bus=pcie.0,chassis=3,slot=3,"
            "hotplug=off"]
    devices = ["virtio-serial-pci"]
    for tag, path, more in ("out", out, ""), ("src", REPO, ",readonly=on"):
        args += ["-fsdev", f"local,id={tag},path={path},security_model=none,"
                 f"multidevs=remap{more}"]
        devices.append(f"virtio-9p-pci,fsdev={tag},mount_tag={tag}")
    for func, device in enumerate(devices):
        args += ["-device", f"{device},bus=lasting,addr=0.{func},"
                 "multifunction=on,x-pcie-pm-no-soft-reset=on"]
    return args


def _accel():
    """KVM if it can nest, else emulation (which nests AMD's SVM)."""
    forced = os.environ.get("LAB_ACCEL") == "tcg"
    if not forced and os.access("/dev/kvm", os.R_OK | os.W_OK):
        for vendor in ("intel", "amd"):
            nested = Path(f"/sys/module/kvm_{vendor}/parameters/nested")
            if nested.exists() and nested.read_text().strip() in ("Y", "1"):
                return ["-accel", "kvm", "-cpu", "host"]
        say("KVM here does not nest: emulating")
    # TCG emulates "fast" string moves byte by byte, so hide them from kernels.
    # A fifth level of page tables makes each miss of the TLB slower.
    return ["-accel", "tcg,thread=multi", "-cpu", "max,-erms,-fsrm,-la57"]


def _command(run, disk, lab, kernel, nic, out, shell):
    chosen = kernels.get(kernel)
    cmdline = ["console=ttyS0", "loglevel=5", "panic=-1", "intel_iommu=on",
               "iommu=pt", "mitigations=off", "no_timer_check", "tsc=reliable",
               "lab.role=host", chosen.args,
               os.environ.get("LAB_KERNEL_ARGS", "")]
    accel = _accel()
    # An unpacked kernel is a ROM for QEMU, written again when the machine wakes
    # up.
    image = chosen.packed if os.environ.get("LAB_PACKED") else chosen.image
    argv = [*qemu.command(run / "qemu"),
            "-name", "lab-host", "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot",
            "-machine", "q35,kernel-irqchip=split" if "kvm" in accel
            else "q35", *accel,
            "-smp", os.environ.get("LAB_CPUS", "2"),
            "-m", os.environ.get("LAB_MEM", chosen.memory),
            "-device", "intel-iommu,intremap=on,caching-mode=on",
            "-kernel", image,
            "-initrd", initramfs.path(kernel), "-append", " ".join(cmdline),
            "-drive", f"file={disk},format=raw,if=none,id=vda,readonly=on",
            "-device", "virtio-blk-pci,drive=vda",
            "-drive", f"file={lab},format=raw,if=none,id=vdb,readonly=on",
            "-device", "virtio-blk-pci,drive=vdb",
            "-device", "virtio-rng-pci",
            *_lasting_args(out),
            "-serial", f"file:{run}/kernel.log",
            "-monitor", f"unix:{run}/monitor,server=on,wait=off",
            "-chardev", "stdio,id=out,signal=off",
            "-device", "virtconsole,chardev=out" if shell else
            "virtserialport,chardev=out,name=svnic.out",
            "-chardev", f"file,id=status,path={run}/status",
            "-device", "virtserialport,chardev=status,name=svnic.status",
            # a connection from the lab host to its own QEMU (lab-qmp)
            "-chardev", f"socket,id=qmp,path={run}/qmp,server=on,wait=off",
            "-mon", "chardev=qmp,mode=control",
            "-chardev", f"socket,id=toqmp,path={run}/qmp",
            "-device", "virtserialport,chardev=toqmp,name=svnic.qmp",
            *_nic_args(nic)]
    return [str(a) for a in argv] + \
        shlex.split(os.environ.get("LAB_QEMU_ARGS", ""))


def _alive(run):
    try:
        os.kill(int(run.name.rsplit("-", 1)[1]), 0)
    except (OSError, ValueError):
        return False
    return True


def run_dir():
    """A directory for this run; directories of old runs are removed."""
    base = CACHE / "run"
    base.mkdir(parents=True, exist_ok=True)
    old = sorted(r for r in base.iterdir() if not _alive(r))
    for run in old[:-RUNS_KEPT]:
        shutil.rmtree(run, ignore_errors=True)
    run = base / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    run.mkdir()
    return run


def turn():
    """A lock to hold while a machine is emulated.

    There is one at a time, or two if there is memory for them (check.py). More
    of them on the same cores are so slow that their kernels complain of stalls.
    """
    return cache.lock("host", int(os.environ.get("LAB_JOBS") or 1))


def _env(kernel, guest_kernel, nic, shell, args):
    pf, vf = DRIVERS[nic]
    guest = kernels.get(guest_kernel)
    env = {**guest.env, **kernels.get(kernel).env,
           "LAB_GUEST_ARGS": guest.args, "LAB_GUEST_RELEASE": guest.release,
           "LAB_PF_DRIVER": pf, "LAB_VF_DRIVER": vf, "LAB_NIC": nic,
           "LAB_SHELL": "1" if shell else "", "LAB_ARGS": shlex.join(args)}
    if shell:
        size = shutil.get_terminal_size()
        env["LAB_TERM"] = os.environ.get("TERM", "vt100")
        env["LAB_STTY"] = f"rows {size.lines} cols {size.columns}"
    return env


def _registers(run):
    """Write what the CPUs do, of a kernel that may hang, into a file."""
    with socket.socket(socket.AF_UNIX) as monitor, \
            open(run / "registers", "wb") as out:
        monitor.settimeout(5)
        try:
            monitor.connect(str(run / "monitor"))
            for what in "registers -a", "lapic 0", "lapic 1", "pic":
                monitor.sendall(f"info {what}\n".encode())
            while data := monitor.recv(65536):
                out.write(data)
        except OSError:
            pass    # nothing more is said


def _wait(proc, run, seconds):
    try:
        proc.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        _registers(run)
        raise LabError(f"the lab host did not finish within {seconds} s "
                       f"(LAB_TIMEOUT); its CPUs: {run}/registers; the end of "
                       f"its kernel log ({run}/kernel.log):\n" +
                       tail(run / "kernel.log")) from None
    finally:
        if proc.poll() is None:
            proc.kill()
            proc.wait()


def run(script=None, kernel="newest", out=None, nic="svnic", args=(),
        disk=None, drivers=True):
    """Boot the lab host and run SCRIPT, or a shell; returns its exit status.

    DISK is the image of another system to boot; DRIVERS is false if that has
    drivers of its own.
    """
    shell = script is None
    if not shell and not Path(script).is_file():
        raise LabError(f"no such script: {script}")
    packages.ensure()
    lab_disk = rootfs.image()
    room = run_dir()
    out = Path(out).resolve() if out else room / "out"
    out.mkdir(parents=True, exist_ok=True)
    image.firmware(qemu.build(), room / "qemu")
    (room / "disk").mkdir()
    guest_kernel = os.environ.get("LAB_GUEST_KERNEL") or kernel
    # another NIC's test must run even if our drivers do not compile
    built = {which: modules.build(which)
             if nic == "svnic" and drivers else None
             for which in (kernel, guest_kernel)}
    image.make(room / "lab.img", room / "disk", built, guest_kernel,
               room / "qemu", script,
               _env(kernel, guest_kernel, nic, shell, args))
    shutil.rmtree(room / "disk")

    argv = _wired(_command(room, disk or lab_disk, room / "lab.img", kernel, nic,
                           out, shell), nic)
    (room / "command").write_text(shlex.join(argv) + "\n")
    say(f"booting the lab host, kernel {kernels.get(kernel).release}, NIC {nic}, "
        f"{'KVM' if 'kvm' in argv else 'emulated'} "
        f"(kernel log: {room}/kernel.log, /out: {out})")
    # At the end of its standard input QEMU drops output, so it gets an idle
    # pipe
    with turn():
        proc = subprocess.Popen(argv, stdin=None if shell else subprocess.PIPE,
                                start_new_session=not shell)
        try:
            _wait(proc, room, None if shell else
                  int(os.environ.get("LAB_TIMEOUT", "1800")))
        finally:
            (room / "lab.img").unlink()
            shutil.rmtree(room / "qemu")
    status = (room / "status").read_text().strip() \
        if (room / "status").exists() else ""
    if not status.isdigit():
        log = room / "kernel.log"
        if not log.exists() or not log.stat().st_size:
            raise LabError(f"QEMU did not start (exit status {proc.returncode},"
                           f" command: {room}/command)")
        raise LabError("the lab host ended without a status (QEMU's exit "
                       f"status {proc.returncode}): did it panic? The end of "
                       f"its kernel log ({log}):\n" + tail(log))
    return int(status)
