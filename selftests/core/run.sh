#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the unit tests of device/core in BUILD_DIR, with the address and
# undefined behaviour sanitizers, and runs them; TAP on stdout.
#
# run.sh BUILD_DIR [NAME...]
set -eu

build=${1:?BUILD_DIR}
shift
here=$(dirname "$0")
mkdir -p "$build"
build=$(cd "$build" && pwd)
make -s -C "$here" BUILD="$build" all >&2
exec "$build/core_test" "$@"
