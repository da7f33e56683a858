#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# loaded.sh VERSION
#
# Runs in a system where DKMS has installed the drivers, booted with one of its
# kernels: they are loaded, they work, and they can be removed.
set -eu
version=$1
release=$(uname -r)

fail() {
	echo "# $release: $*"
	exit 1
}

for module in libsvnic svnic svnicvf; do
	case $(modinfo -n "$module") in
	"/lib/modules/$release/updates/dkms/$module.ko"*) ;;
	*) fail "$module is $(modinfo -n "$module")" ;;
	esac
done
dkms status "svnic/$version" -k "$release" | grep -q installed ||
	fail "DKMS does not know it: $(dkms status)"

# the lab has loaded svnic; by the PCI ids udev, if there is one, loads svnicvf
modprobe svnicvf
[ -n "$SVNIC_PF" ] || fail "no netdev"
ip addr add 192.0.2.1/24 dev "$SVNIC_PF"
ip link set "$SVNIC_PF" up
device=/sys/class/net/$SVNIC_PF/device
echo 2 > "$device/sriov_numvfs"
for vf in 0 1; do
	[ -d "$device/virtfn$vf/net" ] || fail "VF $vf has no netdev"
done
echo 0 > "$device/sriov_numvfs"

modprobe -r svnicvf svnic || fail "the modules cannot be removed"
dkms remove "svnic/$version" -k "$release" > /dev/null ||
	fail "DKMS cannot remove it"
! modinfo -n svnic 2> /dev/null || fail "modules are left behind"
! modprobe svnic 2> /dev/null || fail "svnic can still be loaded"
[ ! -e "/lib/modules/$release/updates/dkms/svnic.ko.xz" ]
! dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace' || fail "trouble in the log"
echo "# $release: loaded, two VFs, removed"
