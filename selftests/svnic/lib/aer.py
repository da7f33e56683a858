# SPDX-License-Identifier: GPL-2.0-only
"""Injection of errors of PCI Express functions (AER), and their recovery."""

import re
import struct
from pathlib import Path

from .drivers import said
from .ksft import KsftSkip, ksft_in
from .utils import cmd, wait_until

AER_INJECT = Path("/dev/aer_inject")
# a fatal error, a non-fatal one, and one that the link corrected
DATA_LINK_ERROR = 1 << 4
COMPLETER_ABORT = 1 << 15
BAD_TLP = 1 << 6


def inject(fn, uncorrectable=0, correctable=0):
    """Inject an error, with bits as in the AER capability of FN."""
    cmd("modprobe aer_inject")
    if not AER_INJECT.exists():
        raise KsftSkip("no AER injection here")
    domain, bus, dev, func = (int(n, 16) for n in re.split("[:.]", fn.bdf))
    with open(AER_INJECT, "wb", buffering=0) as device:
        device.write(struct.pack("=3BxIIIIIII", bus, dev, func, uncorrectable,
                                 correctable, 0, 0, 0, 0, domain))


def recovery(outcome, count=1):
    """Check that recovery number COUNT of the case has ended with OUTCOME."""
    wait_until(lambda: len(said("device recovery")) == count, "recovery")
    ksft_in(outcome, said("device recovery")[-1])
