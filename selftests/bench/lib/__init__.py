# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmarks in the lab host share; the tests' library does the rest,
as svnic.lib."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
