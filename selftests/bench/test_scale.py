#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What scale.py makes of its samples."""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "svnic"), str(HERE / "lib")]

import scale_active
import scale_vfs


class Fit(unittest.TestCase):
    """Time by number of VFs."""

    @staticmethod
    def fit(made):
        """Of three rounds, one of which took longer."""
        return scale_vfs.fit("create", "create_s",
                             [{"vfs": n, "round": num, "create_s": made(n) + 9
                               * (num == 1)} for n in (1, 62, 248)
                              for num in range(3)])

    def test_line(self):
        """A line is one."""
        fit = self.fit(lambda n: n / 10 + 1)
        self.assertAlmostEqual(fit["r2"], 1)
        self.assertAlmostEqual(fit["s_per_vf"], 0.1)
        self.assertAlmostEqual(fit["s_first"], 1)
        self.assertAlmostEqual(self.fit(lambda n: n)["per_vf_248_to_62"], 1)

    def test_square(self):
        """What grows with the square is not."""
        fit = self.fit(lambda n: n * n)
        self.assertLess(fit["r2"], 0.97)
        self.assertAlmostEqual(fit["per_vf_248_to_62"], 4)


class Jain(unittest.TestCase):
    """Shares of VFs."""

    def test_index(self):
        """1 for equals, 1 / n if one has all."""
        equal = scale_active.sample(3, [2.5] * 64)
        self.assertEqual(equal["vfs"], 64)
        self.assertEqual(equal["mbps"], 160)
        self.assertAlmostEqual(equal["jain"], 1)
        self.assertAlmostEqual(scale_active.sample(0, [7, 0, 0, 0])["jain"],
                               0.25)


if __name__ == "__main__":
    unittest.main()
