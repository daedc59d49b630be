"""Tests of bench/compare-neurons that need neither Brian2 nor a clock: python3 bench/test_compare_neurons.py"""

import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
PATH = str(pathlib.Path(__file__).resolve().parent / "compare-neurons")
LOADER = importlib.machinery.SourceFileLoader("compare_neurons", PATH)
compare_neurons = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare_neurons", LOADER))
LOADER.exec_module(compare_neurons)


class Rows(unittest.TestCase):
    def test_the_ratio_is_that_of_the_medians(self):
        row = compare_neurons.Row(10_000, 2)
        row.ours, row.theirs = [90.0, 100.0, 200.0], [10.0, 30.0]
        self.assertEqual(row.ratio(), 5.0)
        self.assertEqual(
            row.cells(),
            [
                "10,000",
                "2",
                "100 million/s (90.0 to 200)",
                "20.0 million/s (10.0 to 30.0)",
                "5.00",
                "3",
            ],
        )

    def test_a_side_that_was_not_measured_has_no_ratio(self):
        row = compare_neurons.Row(1, 1)
        row.ours = [15.0]
        self.assertEqual(row.cells(), ["1", "1", "15.0 million/s", "-", "-", "1"])


class Sides(unittest.TestCase):
    ours = {"neuron_steps": 2000, "spikes": 2, "voltage": -70.0}

    def test_sides_that_do_the_same_agree(self):
        compare_neurons.agree(1, [self.ours, self.ours | {"voltage": -70.0000001}])

    def test_sides_that_differ_are_not_compared(self):
        for change in ({"spikes": 3}, {"neuron_steps": 2001}, {"voltage": -69.0}):
            with self.assertRaises(compare_neurons.compare.Failed):
                compare_neurons.agree(1, [self.ours, self.ours | change])


if __name__ == "__main__":
    unittest.main()
