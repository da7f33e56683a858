# SPDX-License-Identifier: GPL-2.0-or-later
"""The cache of things that take minutes to make, keyed by what they are made
of.

An entry is made under a temporary name and renamed when it is complete, so that
an incomplete entry is never visible. A lock prevents making the same one twice.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time

from .util import CACHE, say


def key(*parts):
    """A short name for content: the hash of strings, bytes and files."""
    h = hashlib.sha256()
    for part in parts:
        if hasattr(part, "read_bytes"):
            part = part.read_bytes()
        elif isinstance(part, str):
            part = part.encode()
        h.update(len(part).to_bytes(8, "little") + part)
    return h.hexdigest()[:12]


def _try_lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def lock(name, places=1):
    """Hold the lock NAME against other processes of this user.

    At most PLACES processes may hold it.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(open(
            CACHE / f"{name}{f'-{place}' if place else ''}.lock", "w"))
            for place in range(places)]
        told = False
        while not any(_try_lock(f) for f in files):
            if not told:
                say(f"waiting for another run that holds {files[0].name}")
            told = True
            time.sleep(0.2)
        yield


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make(kind, name, build):
    """The path of entry NAME of KIND; build(path) makes it if it is missing.

    build() gets a path that does not exist yet and creates a file or a
    directory there.
    """
    entry = CACHE / kind / name
    if entry.exists():
        return entry.resolve()
    with lock(kind):
        if entry.exists():
            return entry.resolve()
        entry.parent.mkdir(parents=True, exist_ok=True)
        for stale in entry.parent.glob(f".{name}.*"):
            _remove(stale)
        room = tempfile.mkdtemp(prefix=f".{name}.", dir=entry.parent)
        half = type(entry)(room) / "x"
        try:
            build(half)
            os.rename(half, entry)
        finally:
            shutil.rmtree(room, ignore_errors=True)
    return entry
