# SPDX-License-Identifier: GPL-2.0-only
"""Access to registers of a function, for tests that disturb a driver."""

import mmap
import os
import re
from pathlib import Path

from .ksft import KsftSkip

HEADER = Path(__file__).resolve().parents[3] / "uapi/svnic/svnic_regs.h"


class Registers:
    """BAR 0 of a function, 32 bits at a time."""

    def __init__(self, fn):
        path = fn.path / "resource0"
        self.names = dict(re.findall(r"^#define\s+(SVNIC_\w+)\s+(0x\w+)",
                                     HEADER.read_text(), re.M))
        file = os.open(path, os.O_RDWR | os.O_SYNC)
        try:
            bar = mmap.mmap(file, os.stat(path).st_size)
        except OSError as err:
            raise KsftSkip("the kernel lets nobody write to BARs that drivers "
                           "have: iomem=relaxed") from err
        finally:
            os.close(file)
        self.words = memoryview(bar).cast("I")

    def value(self, name):
        """The value of a name of the uapi header."""
        return int(self.names[name], 16)

    def queue(self, pair, name):
        """The address of register NAME of a queue pair."""
        return self.value("SVNIC_REG_QCFG") + \
            pair * self.value("SVNIC_QCFG_STRIDE") + \
            self.value(f"SVNIC_QCFG_{name}")

    def doorbell(self, pair, half):
        """The address of the doorbell of HALF ("TX" or "RX") of a queue
        pair."""
        return self[self.value("SVNIC_REG_DB_OFFSET")] + \
            pair * self[self.value("SVNIC_REG_DB_STRIDE")] + \
            self.value(f"SVNIC_DB_{half}")

    def __getitem__(self, offset):
        return self.words[offset // 4]

    def __setitem__(self, offset, value):
        self.words[offset // 4] = value
