# SPDX-License-Identifier: GPL-2.0-or-later
"""svnic-vm with a disk image like those of users: Debian, systemd, UEFI.

QEMU and the drivers come from the packages. The image has nothing of the lab: a
script is passed in as the disk for guests, and prints its result on the
console.
"""

import os
import shutil
import subprocess

from . import cache, debian, emulator, host, rootfs
from .util import REPO, LabError, output, say, step

RUNNER = REPO / "selftests/packaging/svnic_vm.py"
# a program with the netlink library that CNI plugins use, in Go
PODS = REPO / "selftests/packaging/vm_pods.go"
GO = ("golang-github-vishvananda-netlink-dev", "golang-go")
GO_ENV = ("CGO_ENABLED=0", "GO111MODULE=off", "GOCACHE=/tmp/go",
          "GOPATH=/usr/share/gocode")
PACKAGES = ("busybox-static", "cpio", "dkms", "dosfstools", "dpdk",
            "driverctl", "ethtool", "fdisk", "iproute2", "iputils-ping",
            "kmod", "libvirt-clients", "libvirt-daemon-driver-interface",
            "libvirt-daemon-system", "linux-headers-amd64",
            "linux-image-amd64", "linux-libc-dev", "mtools",
            "network-manager", "neutron-sriov-agent", "pciutils", "python3",
            "python3-pyroute2", "qemu-system-x86", "systemd-boot-efi",
            "systemd-sysv", "systemd-ukify", "udev", "xz-utils")
# The libraries of testpmd, and its driver. The package that contains testpmd
# depends on build tools, in total 250 packages.
DPDK = tuple(f"librte-{name}25" for name in (
    "bitratestats", "bpf", "cmdline", "crypto-scheduler", "gro", "gso",
    "latencystats", "mempool-ring", "net-af-packet", "net-bnxt", "net-bond",
    "net-dpaa", "net-i40e", "net-iavf", "net-ice", "net-ixgbe", "net-mlx5-",
    "pdump"))
TESTPMD = """chroot "$1" sh -ec 'cd /tmp; apt-get -q download dpdk-dev
dpkg-deb --fsys-tarfile dpdk-dev_*.deb | tar -x -C / ./usr/bin/dpdk-testpmd
rm dpdk-dev_*.deb; ! ldd /usr/bin/dpdk-testpmd | grep "not found"'"""
# packages of the system in which that machine is booted
HOST = ("iproute2", "libvirt-clients", "libvirt-daemon",
        "libvirt-daemon-driver-qemu", "ovmf", "python3",
        # its helper for bridges
        "qemu-system-common")
# all cases are run in NEWEST; with FULL=1 some are also run in an older Debian
NEWEST, OLD, OLD_CASES = "13", "12", ["libvirt"]
# That system has no security module, no control groups and no daemon for logs.
LIBVIRT = """
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
"""
# Debian 12 needs this user, which a package of services creates.
USER = "id libvirt-qemu || useradd --system --user-group libvirt-qemu"
CMDLINE = "root=LABEL=svnic-root rw console=ttyS0 intel_iommu=on quiet " \
          "systemd.show_status=0"
# The script writes to THEN what systemctl does after it.
THEN = "/run/svnic-then"
UNIT = f"""[Unit]
After=systemd-udev-settle.service
Wants=systemd-udev-settle.service
[Service]
Type=oneshot
StandardOutput=file:/dev/ttyS0
StandardError=inherit
TimeoutStartSec=infinity
ExecStart=-/bin/sh -c 'install /dev/disk/by-id/virtio-guest /root/svnic-test; \\
        exec /root/svnic-test'
ExecStart=/bin/sh -c \\
        'exec systemctl --no-block $$(cat {THEN} 2>/dev/null || echo poweroff)'
[Install]
WantedBy=multi-user.target
"""
ESP_MIB = 128
# MAKE CMDLINE ROOM, in a tree with a kernel: makes ROOM/esp, an EFI system
# partition with these as an EFI program, and kernel and initramfs beside it.
MAKE = f"""set -e
release=$(cd /lib/modules && ls | sort -V | tail -n 1)
cp "/boot/vmlinuz-$release" "$2/vmlinuz"
mkinitramfs -o "$2/initrd" "$release"
ukify build --linux="$2/vmlinuz" --initrd="$2/initrd" --cmdline="$1" \
        --output="$2/bootx64.efi"
truncate -s {ESP_MIB}M "$2/esp"
mkfs.vfat "$2/esp"
mmd -i "$2/esp" ::/EFI ::/EFI/BOOT
mcopy -i "$2/esp" "$2/bootx64.efi" ::/EFI/BOOT/BOOTX64.EFI
"""
ROOT_MIB = 1 + ESP_MIB
TABLE = f"""label: gpt
start=1MiB, size={ESP_MIB}MiB, type=uefi
start={ROOT_MIB}MiB, type=linux
"""


# A name space for tap and multicast; processes that libvirt starts end with the
# rest. A shell reaps orphans, since libvirt waits for that.
ALONE = ("unshare", "--net", "--pid", "--fork", "--kill-child",
         "sh", "-c", '"$@"; exit $?', "sh")


def _clean():
    """A Debian with systemd, the stable kernel and DKMS, and the packages to
    give VFs to guests and pods."""
    return debian.clean("vm", rootfs.SUITE, PACKAGES + DPDK, TESTPMD,
                        hint=": a Debian with systemd and DKMS, 3-5 minutes")


def _partition(root, disk, room):
    """Make DISK from the partition table, room/esp and the tree ROOT."""
    rootfs.make_image(root, room / "root")
    mib = output(["du", "-m", "--apparent-size", room / "root"]).split()[0]
    step("vm disk", ["truncate", "-s", f"{ROOT_MIB + int(mib) + 1}M", disk])
    (room / "table").write_text(TABLE)
    step("vm table", rootfs.chroot(
        ["sh", "-c", 'sfdisk -q "$1" < table', "sh", disk], root=root,
        binds=[room], cwd=room))
    for part, seek in (("esp", 1), ("root", ROOT_MIB)):
        step(f"vm {part}", ["dd", f"if={room / part}", f"of={disk}", "bs=1M",
                            f"seek={seek}", "conv=notrunc,sparse"])


def _pods():
    """The program svnic-pods."""
    tree = debian.clean("golang", rootfs.SUITE, GO,
                        hint=": a Debian with Go, about a minute")

    def build(path):
        step("vm pods", rootfs.chroot(
            ["env", *GO_ENV, "sh", "-ec",
             'test -z "$(gofmt -d "$1" | tee /dev/stderr)"; go vet "$1"; '
             'go build -o "$2" "$1"', "sh", PODS, path], root=tree,
            binds=[PODS.parent, path.parent]), hint=": 20-60 seconds")

    return cache.make("pods", cache.key(tree.name, PODS, *GO_ENV), build)


def _disk(package):
    """A directory with the disk of that system with PACKAGE, which contains the
    drivers, with its kernel, initramfs and their command line."""
    tree, pods = _clean(), _pods()

    def build(room):
        room.mkdir()
        root = room.parent / "root"
        step("vm copy", ["cp", "-a", "--reflink=auto", tree, root])
        step("vm install", rootfs.chroot(
            ["nice", "apt-get", "-q", "-y", "install", package], root=root,
            binds=[package.parent]), hint=": DKMS builds, 30-60 seconds")
        shutil.copy(pods, root / "usr/local/bin/svnic-pods")
        unit = root / "etc/systemd/system/svnic-test.service"
        unit.write_text(UNIT)
        step("vm unit", rootfs.chroot(
            ["sh", "-c", "systemctl enable svnic-test && "
             # a case starts these, and the other cases run without them
             "systemctl mask serial-getty@ttyS0 NetworkManager "
             "neutron-sriov-agent"], root=root))
        step("vm boot", rootfs.chroot(
            ["nice", "sh", "-c", MAKE, "sh", CMDLINE, room], root=root,
            binds=[room]), hint=": an initramfs, 30-60 seconds")
        _partition(root, room / "disk.raw", room)
        shutil.rmtree(root)
        (room / "cmdline").write_text(CMDLINE)
        for name in ("bootx64.efi", "esp", "root", "table"):
            (room / name).unlink()

    return cache.make("vm-disk", cache.key(
        tree.name, pods.name, package, UNIT, MAKE, TABLE, CMDLINE), build)


def _machine(number, made):
    """A Debian with the packages MADE, QEMU's and svnic-vm, installed."""
    room = made / f"debian-{number}"
    package, = room.glob("qemu-system-svnic_*.deb")
    tool, = room.glob("svnic-vm_*.deb")
    tree = emulator.host(number, package, *HOST)

    def build(path):
        step("vm host copy", ["cp", "-a", "--reflink=auto", tree, path])
        step("vm host install", rootfs.chroot(
            ["apt-get", "-q", "-y", "install", package, tool], root=path,
            binds=[package.parent]))
        step("vm host user", rootfs.chroot(["sh", "-c", USER], root=path))
        with open(path / "etc/libvirt/qemu.conf", "a") as file:
            file.write(LIBVIRT)

    return cache.make("vm-host", cache.key(
        tree.name, package, tool, USER, LIBVIRT), build)


def _hosts(cases):
    """Number of a Debian -> cases of CASES that are run in it."""
    found = {}
    for case in cases:
        number, _, name = case.rpartition(":")
        if number and number not in debian.SUITES:
            raise LabError(f"no such Debian: {number}")
        found.setdefault(number or NEWEST, []).append(name)
    if not cases:
        found[NEWEST] = []
        if os.environ.get("FULL"):
            found[OLD] = OLD_CASES
    return found


def _run(number, made, cases):
    """Run CASES in that Debian; returns its KTAP, one level deeper."""
    try:
        drivers, = made.glob("debian-13/svnic-dkms_*.deb")
        disk, root = _disk(drivers), _machine(number, made)
    except LabError as err:
        print("# " + str(err).replace("\n", "\n# "))
        return 1
    room = host.run_dir()
    with host.turn():
        say(f"svnic-vm: consoles are in {room}")
        with subprocess.Popen([*ALONE, *rootfs.chroot(
                ["env", f"FULL={os.environ.get('FULL', '')}", RUNNER, disk,
                 room, *cases], root=root, binds=[RUNNER.parent, disk, room])],
                text=True, errors="replace", stdout=subprocess.PIPE) as proc:
            try:
                for line in proc.stdout:
                    print("    " + line, end="", flush=True)
                return proc.wait()
            except BaseException:
                proc.kill()
                raise


def run(cases):
    """Boot it in all tested ways; prints KTAP. A case may be prefixed with the
    number of the Debian in which it is run: 12:libvirt."""
    hosts = _hosts(cases)
    print("KTAP version 1", flush=True)
    try:
        made = emulator.whole()
    except LabError as err:
        print("1..1\n# " + str(err).replace("\n", "\n# "))
        print("not ok 1 packages")
        return 1
    print(f"1..{len(hosts)}", flush=True)
    failed = False
    for count, (number, names) in enumerate(hosts.items(), 1):
        status = _run(number, made, names)
        failed = failed or status
        print(f"{'not ' * bool(status)}ok {count} Debian {number}", flush=True)
    return 1 if failed else 0
