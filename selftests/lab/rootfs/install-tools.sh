#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Add packages (a file with their names is the only argument) to a copy of the
# lab's root file system. Runs inside it.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
apt-get -q update
# shellcheck disable=SC2046 # names are meant to be split
apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install \
	$(grep -v '^#' "$1")
apt-get -q clean
rm -rf /var/lib/apt/lists/*
