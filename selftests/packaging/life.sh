#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# life.sh DIR
#
# Tests the Debian packages in DIR, from the upgrade of an older version to the
# purge. Runs as root in a Debian with dkms and headers of kernels; headers in
# /srv/headers, if any, are installed later, for a kernel that has drivers.
set -u
dir=$1
new=$(dpkg-deb -f "$dir"/svnic-dkms_*.deb Version)
version=${new%%-*}
old=0.9
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
count=0
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

fail() {
	echo "$*"
	return 1
}

# check NAME COMMAND...: passes when COMMAND does; its output explains a failure
check() {
	name=$1
	shift
	count=$((count + 1))
	start=$(date +%s)
	if "$@" > "$room/output" 2>&1; then
		echo "ok $count - $name # $(($(date +%s) - start)) s"
	else
		sed 's/^/# /' "$room/output"
		echo "not ok $count - $name"
	fi
}

# There are no lists of packages, so apt can install only what is here.
apt() {
	apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}

kernels() {
	(cd /lib/modules && ls -d ./*/build) | cut -d / -f 2
}

fitting() {
	kernels | grep -E '^(6\.(1[2-9]|[2-9][0-9])|7)\.'
}

# Makes an older package from the newest one; its modules are empty, so that
# they are built quickly.
older() {
	dpkg-deb -R "$dir"/svnic-dkms_*.deb "$room/old" || return
	src=$room/old/usr/src/svnic-$old
	mv "$room/old/usr/src/svnic-$version" "$src"
	rm "$room/old/DEBIAN/md5sums"
	sed -i "s/^Version: .*/Version: $old-1/" "$room/old/DEBIAN/control"
	sed -i "s/VERSION=\"*$version\"*/VERSION=\"$old\"/" "$src/dkms.conf" \
		"$room/old/DEBIAN/postinst" "$room/old/DEBIAN/prerm"
	(cd "$src" && rm -r lib pf vf)
	for module in lib/libsvnic pf/svnic vf/svnicvf; do
		mkdir "$src/${module%/*}"
		echo "obj-m := ${module#*/}.o" > "$src/${module%/*}/Makefile"
		printf '#include <linux/module.h>\n%s\n%s\n' \
			'MODULE_LICENSE("GPL");' 'MODULE_DESCRIPTION("old");' \
			> "$src/$module.c"
	done
	dpkg-deb -b "$room/old" "$room/svnic-dkms_${old}-1_all.deb"
	rm -r "$room/old"
}

# All files, except those that are always written and those of other packages.
list() {
	find / -xdev \( -path "$room" -o -path /srv -o -path /tmp -o \
		-path /var/cache -o -path /var/log -o -path /var/lib/apt -o \
		-path /var/lib/dpkg -o -path '/var/lib/dkms/mok.*' -o \
		-path '/usr/lib/modules/*/modules.*' \) -prune -o -print | sort
}

# The modules of VERSION are installed for KERNEL, and of no other version.
built() {
	ko=$(modinfo -k "$2" -n svnicvf) || return
	case $ko in
	"/lib/modules/$2/updates/dkms/svnicvf.ko"*) ;;
	*) fail "modinfo finds $ko"; return ;;
	esac
	modinfo -F vermagic "$ko" | grep -qF "$2 " || return
	case $1 in
	"$old") modinfo -F description "$ko" | grep -qxF old ;;
	*) modinfo -F depends "$ko" | grep -qF libsvnic ;;
	esac || return
	dkms status -k "$2" > "$room/status"
	cat "$room/status"
	[ "$(grep -c '^svnic/' "$room/status")" -eq 1 ] &&
		grep -q "^svnic/$1,.*: installed" "$room/status"
}

no_modules() {
	! find /lib/modules/ -name '*svnic*' | grep .
}

# For a kernel that is too old, the installation prints one line.
too_old() {
	cat "$room/installed"
	for kernel in $(kernels); do
		wanted=1
		! fitting | grep -qxF "$kernel" || wanted=0
		[ "$(grep -c "^svnic-dkms: no drivers for kernel $kernel:" \
			"$room/installed")" -eq $wanted ] || return
	done
}

install_old() {
	apt install "$room/svnic-dkms_${old}-1_all.deb" > "$room/installed" 2>&1
	status=$?
	cat "$room/installed"
	[ $status -eq 0 ] && whole svnic-dkms &&
		for kernel in $(fitting); do
			built "$old" "$kernel" || return
		done
}

whole() {
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package")" = \
			installed ] || return
	done
	[ -z "$(dpkg --audit)" ]
}

headers_come() {
	apt install /srv/headers/*.deb &&
	kernel=$(fitting | head -n 1) && [ -n "$kernel" ] &&
	built "$old" "$kernel" || return
	# the other packages that they brought must stay
	list | grep -vE '^/(usr/src|usr/share/.*|var/lib/dkms)/svnic|/updates(/|$)' \
		> "$room/before"
}

# The newest kernel has drivers at once, others maybe after they are booted.
upgrade() {
	apt install "$dir"/svnic-d*.deb && whole svnic-dkms svnic-dev || return
	newest=$(fitting | sort -V | tail -n 1)
	built "$version" "$newest" || return
	for kernel in $(fitting | grep -vxF "$newest"); do
		! modinfo -k "$kernel" -n svnic || built "$version" "$kernel" ||
			return
	done
	[ ! -e "/usr/src/svnic-$old" ] || fail "the old source is still there"
	! dkms status | grep "^svnic/$old"
}

interface() {
	for header in /usr/include/svnic/*.h; do
		echo "#include <svnic/${header##*/}>"
	done > "$room/one.c"
	# the headers' package has installed it, under its long name
	$(find /usr/bin -name 'gcc-[0-9]*' | tail -n 1) -std=c11 -Wall -Wextra \
		-Wpedantic -Werror -fsyntax-only "$room/one.c" &&
	dpkg -L svnic-dev | grep -q 'svnic-spec.html$'
}

removed() {
	apt remove svnic-dkms svnic-dev && no_modules &&
	! dkms status | grep svnic && [ ! -e "/usr/src/svnic-$version" ]
}

purged() {
	dpkg --purge svnic-dkms svnic-dev || return
	for package in svnic-dkms svnic-dev; do
		! dpkg -s $package 2> /dev/null || return
	done
	list > "$room/after"
	[ -s "$room/after" ] &&
		! comm -13 "$room/before" "$room/after" | grep .
}

if [ -d /srv/headers ]; then
	echo 1..8
else
	echo 1..7
fi
check "an older package" older
list > "$room/before"
check "install it" install_old
check "a kernel that is too old is told in one line" too_old
[ ! -d /srv/headers ] || check "headers of a newer kernel come" headers_come
check "upgrade" upgrade
check "svnic-dev is enough for a program" interface
check "remove" removed
check "purge, nothing is left" purged
