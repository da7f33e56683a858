#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [bench.py's OPTIONS]...
#
# Run the benchmark: boot the lab host with all the NICs that it compares, run
# bench.py there and, if no options are given, scale.py. OUT=DIR is the
# directory for bench.json and scale.json.
set -eu
here=$(dirname "$(readlink -f "$0")")

if [ -z "${SVNIC_BDF-}" ]; then
	# slots are hexadecimal; lib/paths.py and svnic/lib/nic.py use them
	slot=14
	room=64M
	port() {
		LAB_QEMU_ARGS="${LAB_QEMU_ARGS-} \
-device pcie-root-port,id=bench$slot,bus=pcie.0,addr=$slot.0,\
chassis=$((0x$slot)),slot=$((0x$slot)),pref64-reserve=$room \
-device $1,bus=bench$slot,mac=52:54:00:5e:01:$slot"
		slot=$(printf %x $((0x$slot + 1)))
	}
	# SV-NICs for a bridge and for macvtap
	for link in bridge macvtap; do
		LAB_QEMU_ARGS="${LAB_QEMU_ARGS-} -device svnic-cable,id=$link"
		for _ in 1 2; do
			port "svnic,cable=$link,sriov_max_vfs=0"
		done
	done
	# a link that 64 VFs can fill, for scale.py
	LAB_QEMU_ARGS="$LAB_QEMU_ARGS -device svnic-cable,id=slow"
	room=256M
	for vfs in 64 0; do
		port "svnic,cable=slow,speed=60,sriov_max_vfs=$vfs"
	done
	room=64M
	# two ports of igb
	for hub in 8 9; do
		for side in a b; do
			LAB_QEMU_ARGS="$LAB_QEMU_ARGS \
-netdev hubport,id=hub$hub$side,hubid=$hub"
			port "igb,netdev=hub$hub$side"
		done
	done
	# 32 guests, or 8
	mem=13G
	case " $* " in
	*" --quick "*) mem=6G ;;
	esac
	export LAB_QEMU_ARGS LAB_MEM="${LAB_MEM:-$mem}"
	export LAB_TIMEOUT="${LAB_TIMEOUT:-7200}"
	exec "$here/../lab/lab" run --kernel "${KERNEL:-newest}" \
		${OUT:+--out "$OUT"} "$here/run.sh" "$@"
fi
# the lab runs a copy of this script
[ -d "$here/lib" ] || here=/src/selftests/bench

export PYTHONDONTWRITEBYTECODE=1
status=0
"$here/bench.py" "$@" || status=$?
case " $* " in
*" --only "*) exit $status ;;
*" --quick "*) set -- --quick ;;
*) set -- ;;
esac
[ ! -e "$here/scale.py" ] || "$here/scale.py" "$@" || status=$?
exit $status
