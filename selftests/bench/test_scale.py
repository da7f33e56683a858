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
    def samples(made):
        """Two rounds, of which the second took longer."""
        return [{"vfs": n, "bound": bound, "round": late,
                 "create_s": made(n) + late, "destroy_s": n / 100}
                for n in (1, 62, 248) for bound in (False, True)
                for late in (0, 2)]

    def test_line(self):
        """A line is one."""
        for fit in scale_vfs.fit(self.samples(lambda n: n / 10)):
            self.assertAlmostEqual(fit["r2"], 1)
            if fit["what"] == "destroy_s":
                self.assertAlmostEqual(fit["s_per_vf"], 0.01)
                self.assertAlmostEqual(fit["per_vf_248_to_62"], 1)
            else:
                self.assertAlmostEqual(fit["s_per_vf"], 0.1)
                self.assertAlmostEqual(fit["s_first"], 1)

    def test_square(self):
        """What grows with the square is not."""
        fits = scale_vfs.fit(self.samples(lambda n: n * n / 1000 - 1))
        made = [fit for fit in fits if fit["what"] == "create_s"]
        self.assertEqual([fit["bound"] for fit in made], [False, True])
        for fit in made:
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
