#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The drivers inside a kernel source, with both compilers, as modules and not.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

plan 3
check "in-tree build, gcc, modules" "$lab" dropin gcc m
check "in-tree build, gcc, built in" "$lab" dropin gcc y
check "in-tree build, clang, modules" "$lab" dropin clang m
