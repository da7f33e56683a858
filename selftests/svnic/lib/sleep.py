# SPDX-License-Identifier: GPL-2.0-only
"""Sleep as the kernel tries it: drivers take part, the machine does not."""

from pathlib import Path

from .ksft import KsftSkip
from .nic import write

POWER = Path("/sys/power")
TEST_DELAY = Path("/sys/module/suspend/parameters/pm_test_delay")


def need_sleep_test():
    """Skip where the kernel cannot try to sleep."""
    if not (POWER / "pm_test").exists():
        raise KsftSkip("this kernel cannot try to sleep")


def sleep_devices(seconds):
    """All drivers put their devices to sleep, and wake them up after so many
    seconds. OSError is the kernel's own."""
    delay = TEST_DELAY.read_text()
    try:
        write(TEST_DELAY, seconds)
        write(POWER / "pm_test", "devices")
        write(POWER / "state", "mem")
    finally:
        write(POWER / "pm_test", "none")
        write(TEST_DELAY, delay)
