#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fill the lab's root file system. Runs inside it (as a chroot) with the file
# of package names as its only argument.
#
# Two kernels go in: "newest", the one of the release's backports, and "stable",
# the release's own. Both have a meta package called linux-image-amd64, of which
# one can be installed: stable's is resolved to the package that it stands for.
set -eu
list=$1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

get() {
	apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 \
		-o Dpkg::Options::=--force-confold install "$@"
}

# The kernel package that the meta package META of SUITE stands for.
resolve() {
	meta=$1 suite=$2
	version=$(apt-cache madison "$meta" |
		awk -v s=" $suite/" 'index($0, s) { print $3; exit }')
	[ -n "$version" ] || { echo "no $meta in $suite" >&2; exit 1; }
	apt-cache show "$meta=$version" | tr -s ', ' '\n' |
		grep -m 1 "^${meta%-amd64}-[0-9]"
}

# Unpack a kernel, for QEMU to start it through its PVH entry: an emulated CPU
# needs seconds to do that at each boot.
unpack() {
	at=$(grep -abo -m 1 -P '\x28\xb5\x2f\xfd' "/boot/vmlinuz-$1" |
		head -n 1 | cut -d : -f 1)
	# what follows the compressed image is no zstd: that error is expected
	tail -c +$((at + 1)) "/boot/vmlinuz-$1" |
		zstd -q -dc > "/boot/vmlinux-$1" 2> /dev/null || :
	readelf -h "/boot/vmlinux-$1" > /dev/null
}

# Nobody boots this tree through a boot loader: no initramfs of Debian's.
mkdir -p /etc/initramfs-tools
echo 'update_initramfs=no' > /etc/initramfs-tools/update-initramfs.conf
export INITRD=No

# shellcheck source=/dev/null
. /etc/os-release
suite=$VERSION_CODENAME
backports=$suite-backports

apt-get -q update
plain='' newer=''
while read -r name _; do
	case $name in
	''|'#'*) ;;
	*/backports) newer="$newer ${name%/*}" ;;
	*) plain="$plain $name" ;;
	esac
done < "$list"

stable=$(resolve linux-image-amd64 "$suite")
newest=$(resolve linux-image-amd64 "$backports")
stable_h=$(resolve linux-headers-amd64 "$suite")

# shellcheck disable=SC2086 # the lists are meant to be split
get $plain "$stable" "$stable_h"
# shellcheck disable=SC2086
get -t "$backports" $newer linux-image-amd64 linux-headers-amd64

mkdir -p /etc/svnic
echo "${newest#linux-image-}" > /etc/svnic/kernel-newest
echo "${stable#linux-image-}" > /etc/svnic/kernel-stable
unpack "${newest#linux-image-}"
unpack "${stable#linux-image-}"
# the lists of packages do not stay in the tree, this answer does
apt-cache madison qemu |
	awk -v s=" $suite/" '/Sources$/ && index($0, s) { print $3; exit }' \
	> /etc/svnic/qemu-source
dpkg-query -W > /etc/svnic/packages

rm -f /boot/initrd.img-*
apt-get -q clean
