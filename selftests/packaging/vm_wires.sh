#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a machine of svnic-vm whose first card is connected to a tap interface of
# the host, with 192.0.2.2, and the second to a multicast wire, where a station
# answers ARP requests for 198.51.100.2.
set -eu

fail() {
	echo "# $*"
	exit 1
}

# shellcheck disable=SC2046 # a word for each
set -- $(ls -d /sys/bus/pci/drivers/svnic/*:*)
[ $# = 2 ] || fail "cards: $*"
tap=$(ls "$1/net")
mcast=$(ls "$2/net")
ip addr add 192.0.2.1/24 dev "$tap"
ip addr add 198.51.100.1/24 dev "$mcast"
ip link set "$tap" up
ip link set "$mcast" up
ping -q -c 3 -i 0.2 -w 60 192.0.2.2 > /dev/null || fail "the tap is not reached"
# no station answers ping there
tries=60
until ip neigh show to 198.51.100.2 dev "$mcast" | grep -q 02:00:5e:10:00:02; do
	[ $tries -gt 0 ] || fail "the wire of multicast is not reached"
	tries=$((tries - 1))
	ping -q -c 1 -W 1 198.51.100.2 > /dev/null || true
done
# shellcheck disable=SC2251 # errors must not be there
! dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace' || fail "trouble in the log"
echo "svnic-test: pass"
