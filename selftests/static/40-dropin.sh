#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The drivers inside a kernel source, with both compilers, as modules and not.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

plan 3
# Debian's sparse does not know this keyword; the other one has the same effect
check "in-tree build with sparse, gcc, modules" "$lab" dropin gcc m -- C=2 \
	CF="-D__CHECK_ENDIAN__ -D__typeof_unqual__=__typeof__"
check "in-tree build, gcc, built in" "$lab" dropin gcc y
check "in-tree build, clang, modules" "$lab" dropin clang m
