#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The shortest test of the whole lab, for each NIC that it supports: create VFs,
# pass one to a guest, move traffic between the guest and the wire peer.
set -eu
fail() {
	echo "smoke: FAIL: $*"
	exit 1
}

lab-klog mark
ip link set "$SVNIC_PF" up
ip -n "$SVNIC_PEER_NS" link set "$SVNIC_PEER" up
ip -n "$SVNIC_PEER_NS" addr add 192.0.2.1/24 dev "$SVNIC_PEER"

echo 2 > "/sys/bus/pci/devices/$SVNIC_BDF/sriov_numvfs"
ip link set "$SVNIC_PF" vf 0 mac 02:00:00:00:00:10
ip link set "$SVNIC_PF" vf 1 mac 02:00:00:00:00:11
ip link show "$SVNIC_PF"

dev=$(lab-guest start g1 --vf 0)
echo "guest is up after $(cut -d ' ' -f 1 /proc/uptime) s, its netdev is $dev"
[ -n "$dev" ] || fail "no netdev in the guest"
lab-guest exec g1 ip addr add 192.0.2.2/24 dev "$dev"
lab-guest exec g1 ip link set "$dev" up
lab-guest exec g1 ping -c 5 -i 0.2 -w 20 192.0.2.1 || fail "ping"

ip netns exec "$SVNIC_PEER_NS" iperf3 -s -D
lab-guest exec g1 iperf3 -c 192.0.2.1 -t 3 || fail "iperf3, transmit"
lab-guest exec g1 iperf3 -c 192.0.2.1 -t 3 -R || fail "iperf3, receive"

status=0
lab-guest exec g1 sh -c 'exit 7' || status=$?
[ $status -eq 7 ] || fail "exit status through lab-guest exec: $status"
time=$(date +%s%N)
for _ in 1 2 3 4 5 6 7 8 9 10; do
	lab-guest exec g1 true
done
echo "one lab-guest exec takes $((($(date +%s%N) - time) / 10000000)) ms"

lab-guest stop g1
echo 0 > "/sys/bus/pci/devices/$SVNIC_BDF/sriov_numvfs"
lab-klog check || fail "kernel log"
echo "smoke: PASS"
