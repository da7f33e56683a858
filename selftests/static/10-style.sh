#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Style of the C files: checkpatch and kernel-doc of the newest kernel's source.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

kernel=$("$lab" source) || exit 1

style() {
	tool --bind "$kernel" perl "$kernel/scripts/checkpatch.pl" --strict \
		--root="$kernel" --no-summary --max-line-length=80 \
		--show-types --terse --file "$@"
}

# What is ignored: in the compatibility header its very purpose; in the drivers an
# array pointer among parameters, whose name checkpatch does not find; where
# there are no kernel headers, what C says itself.
checkpatch() {
	failed=0
	# shellcheck disable=SC2046 # no path has a space
	style --ignore FUNCTION_ARGUMENTS $(files '^(lib|pf|vf)/.*\.[ch]$' |
		grep -v '/lib/compat\.h$') || failed=1
	style --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON,MACRO_ARG_UNUSED \
		"$top/lib/compat.h" || failed=1
	# shellcheck disable=SC2046
	style --ignore CAMELCASE $(files '^uapi/.*\.h$') || failed=1
	c11=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,ARRAY_SIZE,CAMELCASE
	# shellcheck disable=SC2046
	style --ignore $c11 $(files '^device/core/.*\.[ch]$') || failed=1
	# shellcheck disable=SC2046
	style --ignore $c11,VOLATILE $(files '^Documentation/.*\.c$') ||
		failed=1
	return $failed
}

kernel_doc() {
	# shellcheck disable=SC2046
	tool --bind "$kernel" "$kernel/scripts/kernel-doc" -none -Werror \
		$(files '^(uapi|lib|pf|vf)/.*\.[ch]$')
}

plan 2
check "checkpatch --strict" checkpatch
check "kernel-doc" kernel_doc
