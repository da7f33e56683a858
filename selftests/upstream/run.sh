#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh NIC=NAME FILE[:CASE][@NIC]...
#
# Run upstream's test files in the lab host ("lab upstream" boots it). The suites
# come by 9P; the tests get a copy, because they write beside themselves.
set -eu
here=/src/selftests/upstream
nic=${1#NIC=}
shift
root=$(mktemp -d)
mkdir "$root/9p" "$root/bin"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro ksft "$root/9p"
cp -r "$root/9p" "$root/ksft"
umount "$root/9p"
chmod +x "$root"/ksft/drivers/net/*.py "$root"/ksft/drivers/net/hw/*.py
cp "$here/ethtool" "$root/bin"
chmod +x "$root/bin/ethtool"
export PATH="$root/bin:$PATH" PYTHONDONTWRITEBYTECODE=1

# done by udev, systemd or an administrator elsewhere
mount -t configfs configfs /sys/kernel/config 2> /dev/null || :
modprobe pppoe || echo "# no pppoe"
for where in env "ip netns exec $SVNIC_PEER_NS"; do
	# an interface keeps its addresses when it is set down
	for conf in all default; do
		$where sysctl -q -w net.ipv6.conf.$conf.keep_addr_on_down=1
	done
done
exec "$here/runner.py" "$root/ksft" "$nic" "$@"
