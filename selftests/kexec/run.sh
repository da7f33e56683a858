#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Three kernels of the lab host, one after the other: the second is started by
# kexec when the first has shut down, the third when the second has panicked.
# The NIC must work with each, in whatever state the one before has left it.
# Each kernel runs this script; files in /out show which one it is.
set -eu
here=$(dirname "$(readlink -f "$0")")

if [ -z "${SVNIC_BDF-}" ]; then
	export LAB_KERNEL_ARGS="${LAB_KERNEL_ARGS-} crashkernel=768M"
	# three boots take a minute or two; a kernel that hangs at its start
	# must not take what is left of the time for all tests
	export LAB_TIMEOUT=900
	exec "$here/../lab/lab" run --kernel "${KERNEL:-newest}" \
		${OUT:+--out "$OUT"} "$here/run.sh"
fi
# the lab runs a copy of this script
[ -e "$here/drives.py" ] || here=/src/selftests/kexec
export PYTHONDONTWRITEBYTECODE=1

kernels=/out/kernels
uname -r >> $kernels
number=$(wc -l < $kernels)
case $number in
1)
	name=first next=run
	printf 'KTAP version 1\n1..3\n'
	;;
2) name=after_shutdown next=crash ;;
3) name=after_panic next= ;;
esac
status=$(mktemp)
{
	ret=0
	# including the kernel's messages at boot
	{ lab-klog check && timeout 600 "$here/drives.py"; } 2>&1 || ret=$?
	echo $ret > "$status"
} | sed -u 's/^/    /'
if [ "$(cat "$status")" != 0 ]; then
	echo "not ok $number $name"
	exit 1
fi
echo "ok $number $name"
[ -n "$next" ] || exit 0
"$here/drives.py" --leave "$next" || :
echo "# no kernel after $name"
exit 1
