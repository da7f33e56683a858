#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The drivers out of tree, for both kernels: no warnings of W=1 and sparse. For
# the newest kernel 40-dropin.sh runs sparse: Debian's headers of it lack the
# script by which make finds a checker.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

tree=$("$lab" rootfs) || exit 1

build() {
	release=$(cat "$tree/etc/svnic/kernel-$1")
	# from scratch: warnings appear only when a file is compiled
	src=$room/$1
	mkdir "$src"
	for part in Makefile Kconfig uapi lib pf vf; do
		cp -r "$top/$part" "$src"
	done
	shift
	tool --cwd "$src" nice make -j"$(nproc)" modules \
		KDIR="/lib/modules/$release/build" "$@" > "$src/log" 2>&1 ||
		{ cat "$src/log"; return 1; }
	! grep -iE '\<(warning|error):|C=[0-9] specified, but' "$src/log" |
		sed "s,$src/,,g" | sort -u | grep .
}

plan 2
check "W=1 build, newest kernel" build newest W=1
check "W=1 and sparse build, stable kernel" \
	build stable W=1 C=2 CF=-D__CHECK_ENDIAN__
