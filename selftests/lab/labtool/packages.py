# SPDX-License-Identifier: GPL-2.0-or-later
"""Requirements of the lab on its machine, and the Debian mirror."""

import os
import shutil
import subprocess

from .util import LabError, output, say, step

# command -> Debian package
NEEDED = {
    "mmdebstrap": "mmdebstrap",
    "mkfs.ext4": "e2fsprogs",
    "unshare": "util-linux",
}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def _missing():
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    lost = {cmd: pkg for cmd, pkg in NEEDED.items()
            if not shutil.which(cmd, path=path)}
    if not os.path.exists(KEYRING):
        lost[KEYRING] = "debian-archive-keyring"
    return lost


def ensure():
    """Check that the lab's commands exist, or stop before anything is
    changed."""
    lost = _missing()
    if not lost:
        return
    if not shutil.which("apt-get"):
        raise LabError("missing on this machine: " + ", ".join(lost) +
                       ": install them (Debian has them in: " +
                       " ".join(sorted(set(lost.values()))) + ")")
    wanted = sorted(set(lost.values()))
    say("installing missing packages with apt-get: " + " ".join(wanted))
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    step("apt-get update", ["apt-get", "-q", "update"], env=env)
    step("apt-get install", ["apt-get", "-q", "-y", "--no-install-recommends",
                             "install", *wanted], env=env)
    if _missing():
        raise LabError("still missing: " + ", ".join(_missing()))


def mirror():
    """The Debian mirror of this machine, from its own apt configuration.

    LAB_MIRROR overrides it. None on a machine without one (not Debian): then
    mmdebstrap uses its own default.
    """
    if os.environ.get("LAB_MIRROR"):
        return os.environ["LAB_MIRROR"]
    fields = "$(ORIGIN) $(LABEL) $(REPO_URI)"
    try:
        lines = output(["apt-get", "indextargets", "--format", fields,
                        "Created-By: Packages"]).splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
    for line in lines:
        origin, label, uri = line.split(" ", 2)
        if origin == label == "Debian":
            return uri
    return None
