# SPDX-License-Identifier: GPL-2.0-only
"""Library of the benchmarks in the lab host; the tests' library is
svnic.lib."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
