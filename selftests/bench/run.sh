#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [bench.py's OPTIONS]...
#
# Run the benchmark: boot the lab host with all the NICs that it compares, and run
# bench.py there. OUT=DIR is where bench.json comes to.
set -eu
here=$(dirname "$(readlink -f "$0")")

if [ -z "${SVNIC_BDF-}" ]; then
	# slots are hexadecimal; lib/paths.py knows them
	slot=14
	port() {
		LAB_QEMU_ARGS="${LAB_QEMU_ARGS-} \
-device pcie-root-port,id=bench$slot,bus=pcie.0,addr=$slot.0,\
chassis=$((0x$slot)),slot=$((0x$slot)),pref64-reserve=64M \
-device $1,bus=bench$slot,mac=52:54:00:5e:01:$slot"
		slot=$(printf %x $((0x$slot + 1)))
	}
	# SV-NICs for a bridge and for macvtap, then two ports of igb
	for link in bridge macvtap; do
		LAB_QEMU_ARGS="${LAB_QEMU_ARGS-} -device svnic-cable,id=$link"
		for _ in 1 2; do
			port "svnic,cable=$link,sriov_max_vfs=0"
		done
	done
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
exec "$here/bench.py" "$@"
