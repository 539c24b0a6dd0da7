"""Ground truth that no benchmark has is refused where it is read, so that no score is made of it."""

from __future__ import annotations

import json

import pytest

from siou_tracking.benchmarks import load_sequences
from siou_tracking.errors import InputError

TRUTH = {
    "otb2015": ["MyCat/groundtruth_rect.txt"],
    "lasot": ["cat/cat-1/groundtruth.txt", "cat/cat-1/full_occlusion.txt", "cat/cat-1/out_of_view.txt"],
    "got10k": ["val/GOT-10k_Val_000001/groundtruth.txt"],
    "trackingnet": ["TRAIN_0/anno/v_0.txt"],
    "vot2018": ["ants1/groundtruth.txt"],
}


@pytest.mark.parametrize("benchmark", TRUTH)
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,1,9,9\nnan,nan,nan,nan\n1,1,9,9\n", r"(box|row) 2: got \[nan, nan, nan, nan\]"),
        ("", "empty"),
    ],
    ids=["nan", "empty"],
)
def test_a_ground_truth_without_numbers_is_named(benchmark: str, rows: str, message: str, build) -> None:
    truth, *labels = TRUTH[benchmark]
    build.write(truth, rows)
    for label in labels:
        build.write(label, "0,0,0\n")
    build.write("ants1/sequence", "width=64\nheight=48\n")
    with pytest.raises(InputError, match=message) as caught:
        load_sequences(benchmark, build.root)
    assert truth in str(caught.value)


def test_json_and_archives_are_held_to_the_same(build) -> None:
    entry = {"gt_rect": [[1, 1, 9, 9], [1, 1, None, 9]], "absent": [1, 1]}
    file = build.write("truth.json", json.dumps({"cat-1": entry}))
    for benchmark in ("otb2015", "lasot"):
        with pytest.raises(InputError, match=r"cat-1: gt_rect: box 2: got \[1\.0, 1\.0, nan, 9\.0\]"):
            load_sequences(benchmark, file)
    build.write("toolkit/cat-1.txt", "1,1,9,9\n1,nan,9,9\n")
    build.write("toolkit/absent/cat-1.txt", "0\n0\n")
    build.write("videos/cat-1.txt", "1,1,9,9\n1,nan,9,9\n")
    for benchmark, folder in (("lasot", "toolkit"), ("trackingnet", "videos")):
        with pytest.raises(InputError, match=r"cat-1\.txt: box 2: got"):
            load_sequences(benchmark, build.root / folder)
