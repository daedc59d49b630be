"""Tests of bench/compare that need neither Keras nor a clock: python3 bench/test_compare.py"""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zlib

sys.dont_write_bytecode = True
PATH = str(pathlib.Path(__file__).resolve().parent / "compare")
LOADER = importlib.machinery.SourceFileLoader("compare", PATH)
compare = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", LOADER))
sys.modules["compare"] = compare
LOADER.exec_module(compare)


class Tables(unittest.TestCase):
    def test_the_ratio_is_that_of_the_medians(self):
        row = compare.Row("mnist-cnn", "step", "s", ours=[0.010, 0.008, 0.100], keras=[0.02, 0.04])
        self.assertAlmostEqual(row.ratio(), 0.010 / 0.03)
        self.assertEqual(
            row.cells(),
            ["mnist-cnn", "step", "10.0 ms (8.00 to 100)", "30.0 ms (20.0 to 40.0)", "0.33", "3"],
        )

    def test_a_side_that_was_not_measured_has_no_ratio(self):
        row = compare.Row("mnist-mlp", "epoch", "s", ours=[1.5])
        self.assertIsNone(row.ratio())
        self.assertEqual(row.cells()[2:], ["1.50 s", "-", "-", "1"])

    def test_units_are_those_that_a_person_reads(self):
        self.assertEqual(compare.spread([2e-5], "s"), "20.0 µs")
        self.assertEqual(compare.spread([0.25], "s"), "250 ms")
        self.assertEqual(compare.spread([61.0], "s"), "61.0 s")
        self.assertEqual(compare.spread([3 * 2**29], "B"), "1,536 MiB")
        self.assertEqual(compare.significant(0.00123), "0.0012")

    def test_markdown_and_csv_have_a_line_for_each_row(self):
        rows = [compare.Row("mnist-mlp", "read", "s", [0.5], [0.25])]
        table = compare.markdown(compare.HEADER, [row.cells() for row in rows])
        self.assertEqual(
            table,
            "| network | what | Hebb | Keras | ratio | rounds |\n| --- | --- | --- | --- | --- | --- |\n"
            "| mnist-mlp | read | 500 ms | 250 ms | 2.00 | 1 |\n",
        )
        self.assertEqual(
            compare.comma_separated(rows),
            "network,what,unit,hebb,keras,ratio,rounds\nmnist-mlp,read,s,0.5,0.25,2.0,1\n",
        )

    def test_the_first_epoch_warms_up_unless_it_is_alone(self):
        self.assertEqual(compare.counted([3.0, 1.0, 2.0]), [1.0, 2.0])
        self.assertEqual(compare.counted([3.0]), [3.0])

    def test_a_turn_has_at_least_three_steps(self):
        self.assertEqual(compare.steps_of_a_turn(5.0, 2.0), 3)
        self.assertEqual(compare.steps_of_a_turn(0.01, 2.0), 200)


class Choice(unittest.TestCase):
    def names(self, *given):
        with tempfile.TemporaryDirectory() as data:
            os.mkdir(os.path.join(data, "mnist"))
            found, left_out = compare.chosen(compare.arguments(["--data", data, *given]))
        return [f"{network.name} {kind}" for network, kind in found], left_out

    def test_rows_without_their_data_are_left_out_with_the_reason(self):
        names, left_out = self.names()
        self.assertIn("mnist-cnn epoch", names)
        self.assertNotIn("brain-tumor-cnn epoch", names)
        self.assertEqual(len(left_out), 1)
        self.assertIn("HEBB_DATA", left_out[0])

    def test_rows_can_be_chosen_and_left_out(self):
        names, _ = self.names("--only", "mnist", "--skip", "epoch", "--skip", "cnn answer")
        self.assertEqual(names, ["mnist-mlp step", "mnist-cnn step", "mnist-lstm step", "mnist-mlp answer"])

    def test_of_recurrent_networks_the_step_is_measured(self):
        names, _ = self.names("--only", "lstm", "--only", "gru")
        self.assertEqual(names, ["mnist-lstm step", "eeg-gru step"])


class Processes(unittest.TestCase):
    def test_the_peak_memory_is_the_process_s_own(self):
        ballast = bytearray(64 << 20)  # this process is large, what it starts is not
        finished = compare.run(["sh", "-c", "echo 50 %"], dict(os.environ))
        self.assertEqual(finished.output, "50 %\n")
        self.assertLess(finished.peak, len(ballast) / 2)
        self.assertGreater(finished.seconds, 0)

    def test_a_failure_is_told_in_one_line(self):
        with self.assertRaises(compare.Failed) as caught:
            compare.run(["sh", "-c", "echo first >&2; echo 'no such file' >&2; exit 4"], dict(os.environ))
        self.assertEqual(str(caught.exception), "sh -c failed (exit code 4): no such file")

    def test_a_worker_answers_turn_by_turn(self):
        script = 'while read -r line; do echo noise; echo "{\\"steps\\": $line}"; done'
        with compare.Worker(["sh", "-c", script], dict(os.environ)) as worker:
            self.assertEqual(worker.turn(2), {"steps": 2})
            self.assertEqual(worker.turn(5), {"steps": 5})
            self.assertGreater(worker.finish(), 0)

    def test_without_keras_the_exit_code_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            venv = os.path.join(folder, "file")
            pathlib.Path(venv).write_text("in the way")
            result = subprocess.run(
                [sys.executable, PATH, "--only", "mnist-mlp step", "--venv", os.path.join(venv, "venv")],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("Keras cannot be installed", result.stderr.splitlines()[-1])

    def test_the_digit_is_a_picture(self):
        png = compare.digit()
        pixels = zlib.decompress(png[png.index(b"IDAT") + 4 : png.index(b"IEND") - 8])
        self.assertEqual(len(pixels), 28 * 29)


class Results(unittest.TestCase):
    def test_every_round_is_kept(self):
        row = compare.Row("mnist-mlp", "step", "s", [0.1, 0.2], [0.4])
        described = {"cpu": "c", "cores": 2, "threads": 2, "hebb": "h", "profile": "dev", "burn": "b", "device": "flex"}
        described["date"] = "2026-01-02T03:04:05"
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "results"
            compare.write(out, "compare", described, compare.HEADER, [row.cells()], [row], "mnist-mlp")
            document = json.loads((out / "compare.json").read_text())
            self.assertEqual(document["rows"][0]["ours"], [0.1, 0.2])
            self.assertAlmostEqual(document["rows"][0]["ratio"], 0.375)
            self.assertIn("| mnist-mlp | step |", (out / "compare.md").read_text())
            self.assertTrue((out / "compare.csv").exists())


if __name__ == "__main__":
    unittest.main()
