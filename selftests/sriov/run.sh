#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [NAME=VALUE]... [TEST[:CASE]]...
#
# Run all tests, or those named, on the NIC that SVNIC_PF and so on describe. On
# a machine without one boot the lab host and run them there (NIC=svnic or igb).
# FULL=1 selects the long versions; other variables are passed to the tests.
# Output is KTAP, a file's cases inside the file's result.
#
# In a kernel tree the tests are in tools/testing/selftests/drivers/net/hw. Here
# they are copied together with what they need, as "make install" would do:
#   tools/testing/selftests/net/lib/py             checks, commands, namespaces
#   tools/testing/selftests/drivers/net/lib/py     NETIF and the remote end
#   tools/testing/selftests/drivers/net/hw/lib/py  both of these
#   tools/net/ynl/pyynl                            which the first one imports
# The lab host sees the kernel's source by 9p, read-only.
set -eu
here=$(dirname "$(readlink -f "$0")")

if [ -z "${SVNIC_BDF-}" ]; then
	lab=$here/../lab/lab
	kernel=$("$lab" source)
	share="-virtfs local,path='$kernel',mount_tag=linux,readonly=on"
	share="$share,security_model=none,multidevs=remap"
	LAB_QEMU_ARGS="${LAB_QEMU_ARGS-} $share" exec "$lab" run \
		--kernel "${KERNEL:-newest}" --nic "${NIC:-svnic}" \
		${OUT:+--out "$OUT"} "$here/run.sh" \
		${FULL:+"FULL=$FULL"} "$@"
fi
# the lab runs a copy of this script
[ -f "$here/sriov_lib.py" ] || here=/src/selftests/sriov

while :; do
	case ${1-} in
	*=*) export "${1?}" ;;
	*) break ;;
	esac
	shift
done
# limit for a test that hangs, not for a slow one
LIMIT=${KSFT_TIMEOUT:-1200}
root=$(mktemp -d)
mkdir "$root/linux"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro linux "$root/linux"

# take FROM TO: a directory of the kernel's source
take() {
	mkdir -p "$root/ksft/$2"
	cp -r "$root/linux/tools/$1/." "$root/ksft/$2"
}

take testing/selftests/net/lib/py net/lib/py
take testing/selftests/drivers/net/lib/py drivers/net/lib/py
take testing/selftests/drivers/net/hw/lib/py drivers/net/hw/lib/py
take net/ynl/pyynl net/lib/ynl/pyynl
# this tells the library that it is installed
touch "$root/ksft/kselftest-list.txt"
umount "$root/linux"
tests=$root/ksft/drivers/net/hw
cp "$here"/*.py "$tests"

peer() {
	ip netns exec "$SVNIC_PEER_NS" "$@"
}

# shellcheck disable=SC2153 # the lab sets it
export NETIF="$SVNIC_PF" LOCAL_V4=192.0.2.1 LOCAL_V6=2001:db8::1
export REMOTE_V4=192.0.2.2 REMOTE_V6=2001:db8::2
export REMOTE_TYPE=netns REMOTE_ARGS="$SVNIC_PEER_NS" KSFT_MACHINE_SLOW=yes
# done by udev elsewhere
modprobe "$SVNIC_VF_DRIVER"
# an interface keeps its addresses when it is set down
for where in env peer; do
	$where sysctl -q -w net.ipv6.conf.all.keep_addr_on_down=1
done
ip addr add $LOCAL_V4/24 dev "$NETIF"
ip addr add $LOCAL_V6/64 dev "$NETIF" nodad
peer ip addr add $REMOTE_V4/24 dev "$SVNIC_PEER"
peer ip addr add $REMOTE_V6/64 dev "$SVNIC_PEER" nodad
ip link set dev "$NETIF" up
peer ip link set dev "$SVNIC_PEER" up
ping -q -c 1 -w 60 $REMOTE_V4 > /dev/null || echo "# no answer from the peer"

if [ $# -eq 0 ]; then
	for test in "$tests"/sriov_*.py; do
		case $test in
		*/sriov_lib.py | */sriov_frames.py) ;;
		*) set -- "$@" "$(basename "$test")" ;;
		esac
	done
fi
status=$root/status
echo "KTAP version 1"
echo "1..$#"
number=0 failed=0
for name; do
	number=$((number + 1))
	case $name in
	*:*) only="-t ${name#*:}" ;;
	*) only= ;;
	esac
	name=${name%%:*} name=${name%.py}
	lab-klog mark
	start=$(cut -d . -f 1 /proc/uptime)
	{
		ret=0
		# shellcheck disable=SC2086
		timeout -k 20 "$LIMIT" "$tests/$name.py" $only 2>&1 \
			< /dev/null || ret=$?
		echo $ret > "$status"
	} | sed -u 's/^/    /'
	ret=$(cat "$status")
	result="ok" why=
	case $ret in
	0) ;;
	4) why=" # SKIP" ;;
	124 | 137) result="not ok" why=" # TIMEOUT $LIMIT seconds" ;;
	*) result="not ok" why=" # exit=$ret" ;;
	esac
	for what in check leaks locks; do
		lab-klog $what > "$root/klog" && continue
		sed 's/^/# /' "$root/klog"
		result="not ok" why=" # lab-klog $what"
	done
	took=$(($(cut -d . -f 1 /proc/uptime) - start))
	[ "$result" = ok ] || failed=$((failed + 1))
	echo "$result $number $name.py$why"
	echo "# $name.py took $took s"
done
[ $failed -eq 0 ]
