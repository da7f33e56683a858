# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Sourced by the static checks. Results in TAP; checkers come from the lab's
# tree of tools, never from the machine.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
lab=$top/selftests/lab/lab
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
count=0

plan() {
	printf 'TAP version 13\n1..%d\n' "$1"
}

# check NAME COMMAND...: passes when COMMAND does; its output explains a failure
check() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" > "$room/output" 2>&1; then
		echo "ok $count - $name"
	else
		sed 's/^/# /' "$room/output"
		echo "not ok $count - $name"
	fi
}

# COMMAND in the tree of tools, away from the checkout
tool() {
	"$lab" chroot --tools --cwd /tmp --bind "$room" "$@"
}

# Files of the checkout whose path matches the extended regular expression, one
# per line: those that git knows or would add; all of them if there is no git.
files() {
	if git -C "$top" rev-parse --git-dir > /dev/null 2>&1; then
		git -C "$top" ls-files -co --exclude-standard
	else
		(cd "$top" && find . -type f ! -path './.git/*' | cut -c 3-)
	fi | sort | grep -E "$1" | while read -r file; do
		[ ! -f "$top/$file" ] || echo "$top/$file"
	done
}
