"""Boxes of reset-based results in another form than x, y, w, h are told, and explain misses."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.benchmarks.one_pass.doubts.readings import FORMS
from siou_tracking.benchmarks.vot2018.forms import find_other_form
from siou_tracking.benchmarks.vot2018.polygons import Regions, box_corners, overlaps
from siou_tracking.benchmarks.vot2018.results import parse_run
from siou_tracking.benchmarks.vot2018.score import load_results, load_sequences, score
from siou_tracking.errors import InputError
from tests.benchmarks.vot2018.test_score import sequence
from tests.reference_data import reference_file

BOXES = np.array([[40.0, 20, 30, 12]] * 3)
WRITTEN = {
    "x1,y1,x2,y2": [40, 20, 70, 32],
    "cx,cy,w,h": [55, 26, 30, 12],
    "y,x,h,w": [20, 40, 12, 30],
    "y1,x1,y2,x2": [20, 40, 32, 70],
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_named_with_both_mean_overlaps(form: str) -> None:
    truth = Regions(box_corners(BOXES), np.zeros(3, bool))
    found = Regions.from_rows([WRITTEN[form]] * 3)
    values = overlaps(found, truth)
    words = f"the boxes may be {form}: mean overlap {values[0]:.2f} as they stand, 1.00 so read"
    assert find_other_form(found, truth, values) == words
    assert find_other_form(truth, truth, np.zeros(3)) is None  # corners are no boxes
    right = Regions.from_rows(BOXES)
    assert find_other_form(right, truth, overlaps(right, truth)) is None


def test_a_score_has_it_as_a_doubt_and_misses_are_explained_by_it() -> None:
    one = sequence("one", 20)  # a box of 10 x 10 at 20, 20
    corners = {"one": [parse_run(("1\n" + "20,20,30,30\n" * 19).encode(), "hand")]}
    found = score(corners, [one])
    assert found.doubts == found.notes[:1] and found.doubts[0].startswith(
        "the boxes may be x1,y1,x2,y2: mean overlap 0.1"
    )
    centers = {"one": [parse_run(("1\n" + "60,60,10,10\n" * 19).encode(), "hand")]}
    with pytest.raises(InputError, match="one-pass"):
        score(centers, [one])
    far = sequence("far", 20)
    far.regions.corners[:] = box_corners(np.array([[20.0, 60, 10, 10]]))
    turned = {"far": [parse_run(("1\n" + "60,20,10,10\n" * 19).encode(), "hand")]}
    with pytest.raises(InputError, match=r"19 frames miss the target .* the boxes may be y,x,h,w: mean overlap 0.00"):
        score(turned, [far])


@pytest.mark.parametrize("tracker", ["LightTrack", "NanoTrackV3", "SiamCAR_honglin"])
def test_real_results_are_in_no_doubt(tracker: str) -> None:
    sequences = load_sequences(reference_file("data/vot2018/vot2018_annotations.json"))
    (results,) = load_results(reference_file(f"data/vot2018/results/{tracker}.tar.xz")).values()
    assert score(results, sequences).doubts == []
