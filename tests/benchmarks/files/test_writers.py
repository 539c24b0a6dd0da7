"""What is written can be read back, in the form each benchmark asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks.files.writers import result_path, write_result
from siou_tracking.benchmarks.one_pass.results import open_results
from siou_tracking.errors import InputError
from tests.benchmarks.dialects import DIALECTS

BOXES = np.array([[1, 2, 3, 4], [10.125, -20.5, 30.75, 40.99]])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_results_are_found_and_read_back(dialect: str, tmp_path: Path) -> None:
    write_result(tmp_path / "t", "Car-1", BOXES, DIALECTS[dialect], times=np.array([0.5, 0.25]))
    read = open_results(tmp_path / "t", ["Car-1"])["t"].boxes("Car-1")
    assert np.array_equal(read[0], BOXES[0])
    assert np.abs(read - BOXES).max() <= {"%d": 1, "%.2f": 0.0051, "%.3f": 0.00051}[DIALECTS[dialect].box]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("pytracking", "1\t2\t3\t4\n10\t-20\t30\t40\n"),  # truncated toward zero
        ("trackingnet", "1.00,2.00,3.00,4.00\n10.12,-20.50,30.75,40.99\n"),
        ("got10k", "1.000,2.000,3.000,4.000\n10.125,-20.500,30.750,40.990\n"),
    ],
)
def test_the_bytes_are_those_of_the_benchmark(dialect: str, text: str, tmp_path: Path) -> None:
    assert write_result(tmp_path, "a", BOXES, DIALECTS[dialect]).read_bytes() == text.encode()


def test_got10k_keeps_one_column_of_times_a_repetition(tmp_path: Path) -> None:
    for repetition in (1, 2, 3, 2):
        write_result(tmp_path, "a", BOXES, DIALECTS["got10k"], times=np.full(2, repetition / 8), repetition=repetition)
    times = result_path(tmp_path, "a", DIALECTS["got10k"], kind="time").read_text().splitlines()
    assert times[0] == "0.12500000,0.25000000"  # the second run was repeated, so the third is to come again
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == [
        "a_001.txt",
        "a_002.txt",
        "a_003.txt",
        "a_time.txt",
    ]


def test_what_is_no_result_is_refused_and_leaves_the_old_one(tmp_path: Path) -> None:
    path = write_result(tmp_path, "a", BOXES, DIALECTS["lasot"])
    before = path.read_bytes()
    for boxes in (np.full((2, 4), np.nan), BOXES[:, :3], BOXES[0]):
        with pytest.raises(InputError, match=r"a: result boxes: .*finite \(n, 4\) expected"):
            write_result(tmp_path, "a", boxes, DIALECTS["lasot"])
    with pytest.raises(InputError, match="3 times, 2 boxes"):
        write_result(tmp_path, "a", BOXES, DIALECTS["lasot"], times=np.zeros(3))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
