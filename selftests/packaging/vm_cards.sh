#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a machine of svnic-vm --numa: both cards work with the drivers of the
# package, at the second NUMA node; VFs are created, and reach the other card.
set -eu

fail() {
	echo "# $*"
	exit 1
}

[ "$(modinfo -F filename svnic | cut -d / -f 5,6)" = updates/dkms ] ||
	fail "svnic is $(modinfo -F filename svnic)"
cards=$(ls -d /sys/bus/pci/drivers/svnic/*:*)
# shellcheck disable=SC2086 # a word for each
set -- $cards
[ $# = 2 ] || fail "cards: $cards"
for card; do
	[ "$(cat "$card/numa_node")" = 1 ] ||
		fail "$card is at node $(cat "$card/numa_node")"
	[ -e "$card/iommu_group" ] || fail "$card is in no IOMMU group"
done
pf=$(ls "$1/net")
echo "# $(uname -r): $pf and $(ls "$2/net"), $(lspci | grep -c Ethernet) NICs"

ip netns add wire
ip link set "$(ls "$2/net")" netns wire name wire
ip -n wire addr add 192.0.2.1/24 dev wire
ip -n wire link set wire up
ip link set "$pf" up
[ "$(cat "$1/sriov_totalvfs")" = 248 ] || fail "not 248 VFs"
echo 4 > "$1/sriov_numvfs"
udevadm settle
for vf in 0 1 2 3; do
	path=$1/virtfn$vf
	[ "$(basename "$(readlink "$path/driver")")" = svnicvf ] ||
		fail "VF $vf has another driver"
	ip netns add "vf$vf"
	ip link set "$(ls "$path/net")" netns "vf$vf" name eth0
	ip -n "vf$vf" addr add "192.0.2.1$vf/24" dev eth0
	ip -n "vf$vf" link set eth0 up
	ip netns exec "vf$vf" ping -q -c 3 -i 0.2 -w 60 192.0.2.1 > /dev/null ||
		fail "VF $vf does not reach the wire"
done
echo 0 > "$1/sriov_numvfs"
# shellcheck disable=SC2251 # errors must not be there
! dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace' || fail "trouble in the log"
echo "svnic-test: pass"
