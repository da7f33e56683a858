# SPDX-License-Identifier: GPL-2.0-only
"""Access to registers of a function, for tests that disturb a driver."""

import mmap
import os

from .ksft import KsftSkip
from .uapi import reg, statistics

# frames that the device has lost, whoever is to blame
LOST = ("rx_no_buffer", "rx_errors", "tx_errors", "tx_spoof_mac",
        "tx_spoof_vlan", "tx_link_down")


class Registers:
    """BAR 0 of a function, 32 bits at a time."""

    def __init__(self, fn):
        path = fn.path / "resource0"
        file = os.open(path, os.O_RDWR | os.O_SYNC)
        try:
            bar = mmap.mmap(file, os.stat(path).st_size)
        except OSError as err:
            raise KsftSkip("the kernel lets nobody write to BARs that drivers "
                           "have: iomem=relaxed") from err
        finally:
            os.close(file)
        self.words = memoryview(bar).cast("I")

    def doorbell(self, pair, half):
        """The address of the doorbell of HALF ("TX" or "RX") of a queue
        pair."""
        return self[reg("REG_DB_OFFSET")] + \
            pair * self[reg("REG_DB_STRIDE")] + reg(f"DB_{half}")

    def counters(self):
        """The device's counters of this function, without traffic."""
        first = reg("REG_STATS")
        return {name: self[first + 8 * num] | self[first + 8 * num + 4] << 32
                for num, name in enumerate(statistics())}

    def __getitem__(self, offset):
        return self.words[offset // 4]

    def __setitem__(self, offset, value):
        self.words[offset // 4] = value
