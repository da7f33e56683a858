# SPDX-License-Identifier: GPL-2.0-only
"""Library of the SV-NIC tests; names follow the kernel's net/lib/py."""

from .ksft import (FULL, KsftFail, KsftSkip, defer, ksft_eq, ksft_expect_log,
                   ksft_figure, ksft_ge, ksft_gt, ksft_in, ksft_le, ksft_lt,
                   ksft_ne, ksft_not_in, ksft_pr, ksft_raises, ksft_run,
                   ksft_true)
from .utils import (CmdError, bkg, cmd, ethtool, ip, wait_until)
from .node import End, Guest, Netns, Node, boot_guests
from .nic import Nic
from .traffic import Ping, Stream, iperf, ping, reaches, transfer

__all__ = [
    "CmdError", "End", "FULL", "Guest", "KsftFail", "KsftSkip", "Netns", "Nic",
    "Node", "Ping", "Stream", "bkg", "boot_guests", "cmd", "defer", "ethtool",
    "ip", "iperf", "ksft_eq", "ksft_expect_log", "ksft_figure", "ksft_ge",
    "ksft_gt", "ksft_in", "ksft_le", "ksft_lt", "ksft_ne", "ksft_not_in",
    "ksft_pr", "ksft_raises", "ksft_run", "ksft_true", "ping", "reaches",
    "transfer", "wait_until",
]
