"""The OTB toolkits' own files give the boxes that their text would, and what has no known boxes is refused by name."""

from __future__ import annotations

import builtins
import io
import json
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from siou_tracking.benchmarks.files.otb_toolkit import parse_toolkit_result
from siou_tracking.benchmarks.one_pass.results import open_results
from siou_tracking.errors import InputError

BOXES = [[10, 20, 30, 40], [11, 21, 30, 40], [12, 22, 30, 41]]
RUN = {"type": "rect", "res": np.array(BOXES, np.uint8), "fps": 2.5, "len": 3, "annoBegin": 1, "startFrame": 1}
JSON_RUN = {
    "tracker": "KCF",
    "seqName": "Couple",
    "startFrame": 1,
    "endFrame": 3,
    "evalType": "OPE",
    "fps": 2.5,
    "shiftType": None,
    "resType": "rect",
    "tmplsize": None,
    "res": BOXES,
}


def mat(results: Any, name: str = "results") -> bytes:
    handle = io.BytesIO()
    savemat(handle, {name: results})
    return handle.getvalue()


def cell(*runs: dict[str, Any]) -> np.ndarray:
    """A MATLAB cell array."""
    array = np.empty((1, len(runs)), object)
    array[0, :] = runs
    return array


@pytest.mark.parametrize("results", [cell(RUN), RUN], ids=["a cell of one run", "the run itself"])
def test_a_mat_file_is_its_boxes(results: Any) -> None:
    boxes = parse_toolkit_result(mat(results), "Couple_KCF.mat", "Couple")
    assert boxes.dtype == np.float64 and boxes.tolist() == BOXES


@pytest.mark.parametrize("runs", [[JSON_RUN], JSON_RUN], ids=["a list of one run", "the run itself"])
def test_a_json_file_is_its_boxes(runs: Any) -> None:
    assert parse_toolkit_result(json.dumps(runs).encode(), "Couple.json", "Couple").tolist() == BOXES


def test_four_columns_without_a_type_are_boxes() -> None:
    assert parse_toolkit_result(mat({"res": RUN["res"]}), "Couple_KCF.mat", "Couple").tolist() == BOXES


def test_a_row_without_a_box_stays_nan_as_in_a_text_file() -> None:
    run = {**JSON_RUN, "res": [BOXES[0], [float("nan")] * 4, BOXES[2]]}
    assert np.isnan(parse_toolkit_result(json.dumps([run]).encode(), "Couple.json", "Couple")[1]).all()


def test_an_affine_map_of_the_template_is_its_box() -> None:
    # A 32 x 16 template, scaled by 2 and 3 and moved to (100, 50): x is 100 - 32 to 100 + 32, y is 50 - 24 to 50 + 24.
    # Then the same with a center of 100.5: both ends are rounded down.
    run = {**RUN, "type": "ivtAff", "tmplsize": [32.0, 16.0], "len": 2}
    run["res"] = np.array([[100, 50, 2, 0, 0, 3], [100.5, 50, 2, 0, 0, 3]], np.float64)
    assert parse_toolkit_result(mat(cell(run)), "x.mat", "x").tolist() == [[68, 26, 64, 48], [68, 26, 64, 48]]


def test_an_affine_map_turns_the_corners_that_the_toolkit_turns() -> None:
    a, b, size = 0.9, 0.2, (40.0, 20.0)
    run = {**RUN, "type": "ivtAff", "tmplsize": size, "len": 1, "res": np.array([[60.0, 70.0, a, -b, b, a]])}
    corners = [np.array([60, 70]) + s * np.array([a * 20 - b * 10, b * 20 + a * 10]) for s in (-1, 1)]
    low, high = np.floor(corners[0]), np.floor(corners[1])
    assert parse_toolkit_result(mat(cell(run)), "x.mat", "x").tolist() == [[*low, *(high - low)]]


def test_the_late_start_of_the_toolkits_own_list_is_read_and_others_are_not() -> None:
    late = {**RUN, "startFrame": 6}
    assert len(parse_toolkit_result(mat(cell(late)), "Tiger1_KCF.mat", "Tiger1")) == 3
    with pytest.raises(InputError, match="starts at frame 6, the annotation at 1"):
        parse_toolkit_result(mat(cell(late)), "Couple_KCF.mat", "Couple")
    david = {**RUN, "startFrame": 300, "annoBegin": 300}
    assert len(parse_toolkit_result(mat(cell(david)), "David_KCF.mat", "David")) == 3


REFUSED_MAT = [
    (mat(cell(RUN, RUN)), "2 runs in it, as of TRE or SRE"),
    (mat(cell({**RUN, "type": "L1Aff", "res": np.ones((3, 6))})), "type 'L1Aff': its boxes differ"),
    (mat(cell({**RUN, "type": "4corner", "res": np.ones((6, 4))})), "type '4corner': its boxes differ"),
    (mat(cell({**RUN, "type": "polygon"})), "unknown type 'polygon', allowed are rect and ivtAff"),
    (mat(cell({**RUN, "len": 4})), "3 rows, 4 frames expected"),
    (mat(cell({**RUN, "res": np.ones((3, 5))})), r"got shape \(3, 5\), a row of 4 numbers"),
    (mat(cell({**RUN, "res": np.full((3, 4), np.inf)})), "row 1 holds an infinite number"),
    (mat(cell({**RUN, "res": np.ones((3, 4)) * 1j})), "a row of 4 numbers"),
    (mat(cell({**RUN, "type": "ivtAff", "res": np.ones((3, 6))})), "tmplsize: width and height"),
    (mat(cell({**RUN, "type": "ivtAff", "tmplsize": [9, 9], "res": np.zeros((3, 6))})), "row 1: its ivtAff is no box"),
    (mat(RUN["res"], "positions"), "got positions, the variable 'results'"),
    (mat(RUN["res"]), "no run with fields"),
    (b"", "not a readable .mat"),
    (mat(cell(RUN))[:200], "not a readable .mat"),
    (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF", "a MATLAB 7.3 file; save it with -v7"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED_MAT, ids=[row[1][:25] for row in REFUSED_MAT])
def test_a_mat_file_that_is_not_one_run_of_boxes_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        parse_toolkit_result(data, "r/Couple_KCF.mat", "Couple")
    assert str(error.value).startswith("r/Couple_KCF.mat: ") and "\n" not in str(error.value)


REFUSED_JSON = [
    ("[]", "no run with fields"),
    ("[[1, 2, 3, 4]]", "no run with fields"),
    ("{", "not JSON"),
    ([{**JSON_RUN, "evalType": "TRE"}], "evalType TRE"),
    ([{**JSON_RUN, "evalType": "SRE", "shiftType": "left"}], "shiftType left"),
    ([{**JSON_RUN, "seqName": "Dog"}], "seqName 'Dog', the file's name says Couple"),
    ([{**JSON_RUN, "endFrame": 4}], "3 rows, 4 frames expected"),
    ([{**JSON_RUN, "res": [[1, 2, 3, None]] * 3}], "a row of 4 numbers"),
    ([{**JSON_RUN, "res": [["1", "2", "3", "4"]] * 3}], "a row of 4 numbers"),
    ([{**JSON_RUN, "res": [[1, 2, 3, 4], [1, 2, 3]]}], "a row of 4 numbers"),
    ([{**JSON_RUN, "res": []}], "a row of 4 numbers"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED_JSON, ids=[row[1][:25] for row in REFUSED_JSON])
def test_a_json_file_that_is_not_one_run_of_boxes_is_refused(content: object, message: str) -> None:
    data = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(InputError, match=message):
        parse_toolkit_result(data.encode(), "Couple.json", "Couple")


def test_without_scipy_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_scipy(name: str, *rest: Any, **options: Any) -> Any:
        if name.startswith("scipy"):
            raise ImportError("No module named 'scipy'")
        return original(name, *rest, **options)

    data = mat(cell(RUN))
    monkeypatch.setattr(builtins, "__import__", without_scipy)
    with pytest.raises(InputError, match=r"needs scipy .*: pip install scipy"):
        parse_toolkit_result(data, "Couple_KCF.mat", "Couple")


@pytest.mark.parametrize(
    ("files", "trackers"),
    [
        (["Couple_KCF.mat", "Human4_2_KCF.mat", "couple_C-COT_v2.mat"], {"KCF": 2, "C-COT_v2": 1}),  # one folder of all
        (["C-COT/OPE/Couple_C-COT.mat", "C-COT/OPE/Human4_2_C-COT.mat"], {"C-COT": 2}),
        (["OPE/KCF/Couple.json", "OPE/KCF/Human4-2.json", "OPE/KCF/scores_tb100/ALL.json"], {"OPE/KCF": 2}),
    ],
)
def test_trackers_are_told_by_folder_or_by_what_follows_the_sequence(files: list[str], trackers: dict, build) -> None:
    for file in files:
        path = build.write(f"r/{file}", "")
        run = {**JSON_RUN, "seqName": "Couple" if "ouple" in file else "Human4-2"}
        path.write_bytes(mat(cell(RUN)) if file.endswith(".mat") else json.dumps([run]).encode())
    found = open_results(build.root / "r", ["Couple", "Human4-2"], benchmark="otb2015")
    assert {name: sum(s in one for s in ("Couple", "Human4-2")) for name, one in found.items()} == trackers
    first = next(iter(found.values()))
    assert first.boxes("Couple").tolist() == BOXES
