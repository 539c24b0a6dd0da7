"""Results and annotations of every benchmark, whatever is in them, are read or refused in one line."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.datasets.nfs import vatic_boxes
from siou_tracking.benchmarks.files.numbers import parse_flags, parse_table
from siou_tracking.benchmarks.files.otb_toolkit import parse_toolkit_result
from siou_tracking.benchmarks.registry import available_benchmarks
from siou_tracking.benchmarks.vot2018.results import read_run
from siou_tracking.ltr.dataset.annotation_files import read_boxes, read_flags
from tests.untrusted.fuzzing import CONTENT, JSON, change, fuzz, fuzz_each, refuses

GOOD = {
    "a": {"gt_rect": [[1, 1, 9, 9], [1, 1, 9, 9]], "width": 64, "height": 48, "attr": ["OCC"], "occlusion": [0, 1]},
    "ants1": {"gt": [[1, 1, 9, 1, 9, 9, 1, 9]], "width": 64, "height": 48, "tags": {"occlusion": "1"}},
}
RUN = [{"res": [[1, 1, 9, 9], [1, 1, 9, 9]], "type": "rect", "len": 2, "seqName": "a", "startFrame": 1, "endFrame": 2}]
FOLDERS = {
    "otb2015": ("a/groundtruth_rect.txt", "a/attrs.txt"),
    "lasot": ("car/car-1/groundtruth.txt", "car/car-1/full_occlusion.txt"),
    "got10k": ("val/a/groundtruth.txt", "val/a/meta_info.ini", "val/a/cover.label"),
    "trackingnet": ("TEST/anno/a.txt",),
    "uav123": ("anno/UAV123/bike1.txt",),
    "nfs": ("nfs/a/30/a.txt",),
    "tnl2k": ("a/groundtruth.txt",),
    "vot2018": ("a/groundtruth.txt", "a/sequence", "a/occlusion.tag", "list.txt"),
    "custom": ("a/groundtruth.txt", "a/absence.label"),
}


@given(CONTENT, st.sampled_from([0, 1, 4, 8, 10]))
@fuzz
def test_fuzz_tables(data: bytes, columns: int) -> None:
    def read() -> None:
        table = parse_table(data, columns, "a")
        assert table.ndim == 2
        assert not columns or table.shape[1] == columns
        assert not np.isinf(table).any()

    refuses(read)
    refuses(lambda: parse_flags(data, "a"))


@given(CONTENT)
@fuzz
def test_fuzz_training_annotations(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.txt"
        file.write_bytes(data)
        refuses(lambda: read_boxes(file))
        refuses(lambda: read_flags(file, 2))
        refuses(lambda: vatic_boxes(file))


@given(CONTENT | st.binary(max_size=60).map(lambda rest: b"\1\0\2\0\0\0" + rest), st.sampled_from([".txt", ".bin"]))
@fuzz
def test_fuzz_vot_results(data: bytes, suffix: str) -> None:
    refuses(lambda: read_run(data, f"a{suffix}"))


@given(change(RUN).map(lambda value: json.dumps(value).encode()) | CONTENT)
@fuzz
def test_fuzz_toolkit_results(data: bytes) -> None:
    refuses(lambda: parse_toolkit_result(data, "a.json", "a"))


@given(st.binary(max_size=200).map(lambda rest: b"MATLAB 5.0".ljust(124) + b"\0\1IM" + rest))
@fuzz
def test_fuzz_matlab_results(data: bytes) -> None:
    pytest.importorskip("scipy")
    refuses(lambda: parse_toolkit_result(data, "a.mat", "a"))


@pytest.mark.parametrize("benchmark", available_benchmarks())
@given(change(GOOD) | JSON)
@fuzz_each(len(available_benchmarks()))
def test_fuzz_annotations_in_json(benchmark: str, content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{benchmark}.json"
        file.write_text(json.dumps(content))
        refuses(lambda: load_sequences(benchmark, file))


@pytest.mark.parametrize("benchmark", FOLDERS)
@given(st.lists(CONTENT, min_size=4, max_size=4))
@fuzz_each(len(FOLDERS))
def test_fuzz_folders_of_annotations(benchmark: str, contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in zip(FOLDERS[benchmark], contents, strict=False):
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data if len(data) % 3 else b"1,1,9,9\n1,1,9,9\n")
        refuses(lambda: load_sequences(benchmark, folder))
