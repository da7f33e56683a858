#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [NAME=VALUE]... [TEST[:CASE]]...
#
# Run all tests, or those named, on the NIC that SVNIC_PF and so on describe. On
# a machine without one boot the lab host and run them there. Output is KTAP, a
# file's cases inside the file's result. FULL=1 selects the long versions; other
# variables are passed to the tests.
set -eu
here=$(dirname "$(readlink -f "$0")")

if [ -z "${SVNIC_BDF-}" ]; then
	# slots are hexadecimal; badhw.py uses them
	slot=14
	for fault in bad-version small-bar no-msix gone; do
		[ "${NIC:-svnic}" = svnic ] || break
		LAB_QEMU_ARGS="${LAB_QEMU_ARGS-} \
-device pcie-root-port,id=$fault,bus=pcie.0,addr=$slot.0,chassis=$slot,slot=$slot \
-device svnic,bus=$fault,sriov_max_vfs=0,queues=1,x-$fault=on"
		slot=$((slot + 1))
	done
	# and faults can be injected in each of them
	[ "${NIC:-svnic}" != svnic ] ||
		LAB_QEMU_ARGS="$LAB_QEMU_ARGS -global svnic.x-faults=on"
	# two more NICs with a link that eight VFs can fill; lib/nic.py uses
	# their slots
	if [ "${NIC:-svnic}" = svnic ]; then
		LAB_QEMU_ARGS="$LAB_QEMU_ARGS -device svnic-cable,id=slow"
		for vfs in 8 0; do
			LAB_QEMU_ARGS="$LAB_QEMU_ARGS \
-device pcie-root-port,id=slow$vfs,bus=pcie.0,addr=$slot.0,chassis=$slot,\
slot=$slot,pref64-reserve=64M \
-device svnic,bus=slow$vfs,cable=slow,speed=120,sriov_max_vfs=$vfs"
			slot=$((slot + 1))
		done
	fi
	# a slot with native hot plug of PCI Express; otherwise ACPI's is used
	[ -n "${ACPI_SLOTS-}" ] || LAB_QEMU_ARGS="${LAB_QEMU_ARGS-} \
-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
	# recovery.py writes to registers of functions that are bound to drivers
	LAB_KERNEL_ARGS="${LAB_KERNEL_ARGS-} iomem=relaxed"
	# power.py suspends the machine
	export LAB_PACKED=1
	# all tests together take longer than other scripts may
	export LAB_KERNEL_ARGS LAB_QEMU_ARGS LAB_TIMEOUT="${LAB_TIMEOUT:-10800}"
	exec "$here/../lab/lab" run --kernel "${KERNEL:-newest}" \
		--nic "${NIC:-svnic}" ${OUT:+--out "$OUT"} \
		"$here/run.sh" ${FULL:+"FULL=$FULL"} "$@"
fi
# the lab runs a copy of this script
[ -d "$here/lib" ] || here=/src/selftests/svnic

status=$(mktemp)
export PYTHONDONTWRITEBYTECODE=1

# a file that failed must not affect the next one
clean_up() {
	command -v lab-guest > /dev/null || return 0
	for guest in $(lab-guest list); do
		lab-guest kill "$guest"
	done
	numvfs=/sys/bus/pci/devices/$SVNIC_BDF/sriov_numvfs
	[ ! -e "$numvfs" ] || [ "$(cat "$numvfs")" = 0 ] || echo 0 > "$numvfs"
}

# what the kernel says after the file: leaks, or locks (lab-klog)
kernel_says() {
	command -v lab-klog > /dev/null || return 0
	lab-klog "$1" > "$status" && return
	sed 's/^/# /' "$status"
	return 1
}

while :; do
	case ${1-} in
	*=*) export "${1?}" ;;
	*) break ;;
	esac
	shift
done
# limit for a test that hangs, not for a slow one
LIMIT=${KSFT_TIMEOUT:-3600}
[ -z "${FULL-}" ] || LIMIT=$((LIMIT * 6))
if [ $# -eq 0 ]; then
	for test in "$here"/*.py; do
		set -- "$@" "$(basename "$test")"
	done
fi
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
	start=$(cut -d . -f 1 /proc/uptime)
	{
		ret=0
		# shellcheck disable=SC2086
		timeout -k 20 "$LIMIT" "$here/$name.py" $only 2>&1 \
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
	clean_up || result="not ok" why=" # no clean state after it"
	for what in leaks locks; do
		kernel_says $what || result="not ok" why=" # lab-klog $what"
	done
	took=$(($(cut -d . -f 1 /proc/uptime) - start))
	[ "$result" = ok ] || failed=$((failed + 1))
	echo "$result $number $name.py$why"
	echo "# $name.py took $took s"
done
rm -f "$status"
[ $failed -eq 0 ]
