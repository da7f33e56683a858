#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rules of this tree that common checkers do not have.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# none PATHS REGEX [GREP-OPTION]: no such file has a line that matches
none() {
	paths=$1
	shift
	# shellcheck disable=SC2046 # no path has a space
	! grep -nE "$@" $(files "$paths") /dev/null
}

versions() {
	none '^(lib|pf|vf)/.*\.[ch]$' 'LINUX_VERSION_CODE|KERNEL_VERSION\(' |
		grep -v '/lib/compat\.h:' > "$room/found"
	cat "$room/found"
	[ ! -s "$room/found" ]
}

# The format line of debian/copyright looks like such a host.
registries() {
	none . '\<[a-z]+\.(debian|ubuntu|pypi|npmjs|golang)\.(org|com)\>|\<crates\.io\>' |
		grep -v '/debian/copyright:1:Format: ' > "$room/found"
	cat "$room/found"
	[ ! -s "$room/found" ]
}

# Files of more than one concern are split. The specification is one document; a
# patch has the size of what it changes, inputs of fuzzers are no text.
lengths() {
	files . | grep -vE '/Documentation/svnic-spec\.rst$|\.patch$|/fuzz/corpus/' |
	while read -r file; do
		lines=$(wc -l < "$file")
		[ "$lines" -le 700 ] || echo "$file: $lines lines, not 700"
	done > "$room/found"
	cat "$room/found"
	[ ! -s "$room/found" ]
}

# Headers of uapi/ compile in a user-space program: each alone, in C and C++.
headers() {
	failed=0
	for file in $(files '^uapi/.*\.h$'); do
		echo "#include <${file#"$top"/uapi/}>" > "$room/one.c"
		cp "$room/one.c" "$room/one.cc"
		tool gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
			-I "$top/uapi" "$room/one.c" || failed=1
		tool clang++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only \
			-I "$top/uapi" "$room/one.cc" || failed=1
	done
	return $failed
}

# The examples for drivers of others, with both compilers.
examples() {
	failed=0
	for file in $(files '^Documentation/examples/.*\.c$'); do
		for cc in gcc clang; do
			tool $cc -O2 -Wall -Wextra -Werror -I "$top/uapi" \
				-c -o "$room/example.o" "$file" || failed=1
		done
	done
	return $failed
}

# Which file of device/core calls which, see svnic_core_priv.h.
core_calls() {
	# shellcheck disable=SC2046 # no path has a space
	tool python3 -B "$top/selftests/static/core_calls.py" "$room" \
		$(files '^device/core/.*\.c$')
}

# Unit tests of the benchmark; the tools draw its charts.
bench() {
	failed=0
	for file in $(files '^selftests/bench/test_.*\.py$'); do
		tool python3 -B "$file" || failed=1
	done
	return $failed
}

plan 12
check "kernel versions only in lib/compat.h" versions
check "no inline in .c" none '^(lib|pf|vf)/.*\.c$' '\<inline\>'
check "no module parameters" none '^(lib|pf|vf)/.*\.c$' '\<module_param'
check "no host of a package registry" registries
check "no file of more than 700 lines" lengths
check "uapi/ compiles alone, as C and C++" headers
check "examples compile, with gcc and clang" examples
check "specification and uapi/ agree" \
	python3 "$top/selftests/static/spec_uapi.py"
check "files of device/core call only those below" core_calls
check "reader of TAP" python3 "$top/selftests/lab/tests/test_tap.py"
check "reader of upstream's tests" \
	python3 -B "$top/selftests/upstream/test_results.py"
check "what the benchmark computes" bench
