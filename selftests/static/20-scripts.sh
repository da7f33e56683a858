#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Scripts and texts: shellcheck, Python, reStructuredText, licence tags.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# Files whose first line has an interpreter of this name, and those named so.
scripts() {
	files "\\.$2\$"
	files . | while read -r file; do
		case $file in
		*.$2) ;;
		*) head -c 80 "$file" | head -n 1 | tr -d '\0' |
			grep -qE "^#!.*\\b$1" && echo "$file" ;;
		esac
	done
}

shell() {
	# shellcheck disable=SC2046 # no path has a space
	tool shellcheck -x $(scripts '(ba|da)?sh\b' sh)
}

python() {
	# shellcheck disable=SC2046
	tool python3 -W error -c 'import sys
for name in sys.argv[1:]:
    with open(name, "rb") as f:
        compile(f.read(), name, "exec")' $(scripts python3 py) &&
	tool pyflakes3 $(scripts python3 py)
}

# Directives of kernel-doc and Sphinx are not checked.
rst() {
	failed=0
	for file in $(files '\.rst$'); do
		tool rst2pseudoxml --strict --quiet "$file" /dev/null || failed=1
	done
	return $failed
}

# Some tag in the first lines. A patch has the licence of what it changes; inputs
# of fuzzers have no room for one, nor have some files of a Debian package.
licence() {
	files . | grep -vE '\.gitignore$|\.patch$|/fuzz/corpus/' |
	grep -vE '/(debian|qemu)/(changelog|copyright|source/format|[^/]*\.doc-base)$' |
	while read -r file; do
		head -n 5 "$file" | tr -d '\0' |
			grep -q 'SPDX-License-Identifier: ' ||
			echo "$file: no SPDX tag"
	done > "$room/untagged"
	cat "$room/untagged"
	[ ! -s "$room/untagged" ]
}

plan 4
check "shellcheck" shell
check "python" python
check "reStructuredText" rst
check "SPDX tags" licence
