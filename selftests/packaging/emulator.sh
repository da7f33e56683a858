#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# emulator.sh DIR
#
# The life of the packages of QEMU and svnic-vm in DIR: installed, used, removed.
# Runs as root in a Debian that has all that they need.
set -eu
dir=$1
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

list() {
	find / -xdev \( -path "$room" -o -path /tmp -o -path /var/cache -o \
		-path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg \) \
		-prune -o -print | sort
}

set -x
list > "$room/before"
apt-get -q -y install "$dir"/qemu-system-svnic_*.deb "$dir"/svnic-vm_*.deb
qemu-system-x86_64-svnic --version | grep -qF '(SV-NIC)'
qemu-system-x86_64-svnic -device svnic,help | grep -q sriov_max_vfs
# a guest of libvirt uses some of these
for device in ahci ich9-intel-hda nvme pcie-pci-bridge pvpanic qemu-xhci \
	usb-tablet virtio-balloon-pci virtio-scsi-pci virtio-vga vfio-pci; do
	qemu-system-x86_64-svnic -device $device,help > /dev/null
done
truncate -s 1M "$room/disk"
svnic-vm --print "$room/disk" | grep -q 'svnic-cable.*svnic,.*svnic,'
# its firmware is found, and the cards work with it
echo quit | timeout 300 qemu-system-x86_64-svnic -machine q35 -accel tcg \
	-display none -monitor stdio -device svnic-cable,id=wire \
	-device pcie-root-port,id=rp0,chassis=1 \
	-device pcie-root-port,id=rp1,chassis=2 \
	-device svnic,bus=rp0,cable=wire -device svnic,bus=rp1,cable=wire \
	> /dev/null
apt-get -q -y purge qemu-system-svnic svnic-vm
list > "$room/after"
[ -s "$room/after" ]
[ -z "$(comm -3 "$room/before" "$room/after")" ]
