#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a machine of svnic-vm: VFs are given to pods and returned, by the netlink
# library of the plugins, and are moved between drivers by common tools.
set -eu

fail() {
	echo "# $*"
	exit 1
}

driver() {
	basename "$(readlink "$card/virtfn$1/driver")"
}

vfs=4
turns=24
if grep -q svnic-test=full /proc/cmdline; then
	turns=100
fi
card=$(find /sys/bus/pci/drivers/svnic -name '*:*' | sort | head -n 1)
pf=$(ls "$card/net")
ip link set "$pf" up
other=$(find /sys/bus/pci/drivers/svnic -name '*:*' | sort | tail -n 1)
ip link set "$(ls "$other/net")" up
echo $vfs > "$card/sriov_numvfs"
udevadm settle
svnic-pods "$pf" $turns

vf=$(basename "$(readlink "$card/virtfn0")")
modprobe vfio-pci
driverctl --nosave set-override "$vf" vfio-pci
[ "$(driver 0)" = vfio-pci ] || fail "driverctl: VF 0 has $(driver 0)"
driverctl --nosave unset-override "$vf"
[ "$(driver 0)" = svnicvf ] || fail "driverctl: VF 0 has $(driver 0)"
for wanted in vfio-pci svnicvf; do
	dpdk-devbind.py -b "$wanted" "$vf"
	[ "$(driver 0)" = "$wanted" ] || fail "dpdk-devbind: $(driver 0)"
	dpdk-devbind.py --status-dev net | grep "$vf.*drv=$wanted" > /dev/null ||
		fail "$(dpdk-devbind.py --status-dev net)"
done

here=pci/$(basename "$card")
devlink dev eswitch show "$here" | grep "mode legacy" > /dev/null ||
	fail "$(devlink dev eswitch show "$here" 2>&1)"
if said=$(devlink dev eswitch set "$here" mode switchdev 2>&1); then
	fail "switchdev is accepted"
fi
case $said in
*"legacy mode only"*) ;;
*) fail "switchdev: $said" ;;
esac

echo 0 > "$card/sriov_numvfs"
# shellcheck disable=SC2251 # errors must not be there
! dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace' || fail "trouble in the log"
echo "svnic-test: pass"
