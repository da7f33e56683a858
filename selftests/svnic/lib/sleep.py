# SPDX-License-Identifier: GPL-2.0-only
"""Test of suspend by the kernel: drivers suspend, the machine does not."""

from pathlib import Path

from .ksft import KsftSkip
from .nic import write

POWER = Path("/sys/power")
TEST_DELAY = Path("/sys/module/suspend/parameters/pm_test_delay")


def need_sleep_test():
    """Skip if the kernel has no test of suspend."""
    if not (POWER / "pm_test").exists():
        raise KsftSkip("this kernel cannot try to sleep")


def sleep_devices(seconds):
    """All drivers suspend their devices, and resume them after this number of
    seconds. Raises the kernel's error as OSError."""
    delay = TEST_DELAY.read_text()
    try:
        write(TEST_DELAY, seconds)
        write(POWER / "pm_test", "devices")
        write(POWER / "state", "mem")
    finally:
        write(POWER / "pm_test", "none")
        write(TEST_DELAY, delay)
