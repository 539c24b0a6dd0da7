"""TrackingNet's layout and the areas of its devkit."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score_trackingnet
from siou_tracking.benchmarks.official_names import official_names
from siou_tracking.errors import InputError

BOXES = np.tile([10.0, 10, 40, 40], (12, 1))


def data(build, split: str = "TRAIN_0", boxes: np.ndarray = BOXES):
    build.write(f"data/{split}/anno/v_0.txt", build.rows(boxes))
    for number in range(12):
        build.write(f"data/{split}/frames/v_0/{number}.jpg", "")
    return build.root / "data"


def test_frames_are_sorted_by_number(build) -> None:
    (sequence,) = load_sequences("trackingnet", data(build))
    assert [frame.stem for frame in sequence.frames] == [str(number) for number in range(12)]


def test_the_test_split_comes_first_and_has_as_many_frames_as_images(build) -> None:
    data(build)
    (sequence,) = load_sequences("trackingnet", data(build, "TEST", BOXES[:1]))
    assert len(sequence.ground_truth) == 1 and len(sequence) == 12
    with pytest.raises(InputError, match="truth is withheld"):
        score_trackingnet(build.result("v_0", BOXES), [sequence])
    assert len(load_sequences("trackingnet", build.root / "data", split="TRAIN_0")[0].ground_truth) == 12


@pytest.mark.parametrize("number", [0, 5])
def test_a_missing_image_of_the_test_split_is_named(number: int, build) -> None:
    (sequence,) = load_sequences("trackingnet", data(build, "TEST", BOXES[:1]))
    (sequence.folder / f"{number}.jpg").unlink()
    with pytest.raises(InputError, match=rf"11 images of v_0, numbered {int(number == 0)} to 11: expected 0 to 10"):
        len(sequence)


def test_areas_by_hand(build) -> None:
    result = BOXES.copy()
    result[6:, 0] += 10  # overlap 30/50 = 0.6, error 10 px = a quarter of the width
    ours = score_trackingnet(build.result("v_0", result), data(build)).metrics
    # overlap 0.6 reaches the thresholds 0 .. 0.55; 12 * 0.05 is a hair above 0.6, so the curve falls there
    assert ours["success_auc"] == pytest.approx((1 + (0.55 + 0.025)) / 2)
    # error 10 reaches the thresholds 10, 12.5 .. 50 of 0 .. 50: the area right of 8.75 px
    assert ours["precision"] == pytest.approx((1 + (50 - 8.75) / 50) / 2)
    assert ours["norm_precision"] == pytest.approx((1 + (0.5 - 0.2375) / 0.5) / 2)


def test_a_zip_of_results_may_have_a_folder_and_a_mac_s_extras(build) -> None:
    with zipfile.ZipFile(build.root / "sub.zip", "w") as archive:
        archive.writestr("sub/v_0.txt", build.rows(BOXES).replace("\n", "\r\n"))
        archive.writestr("__MACOSX/sub/._v_0.txt", "junk")
    assert score_trackingnet(build.root / "sub.zip", data(build)).metrics["success_auc"] == 1


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_ground_truth_alone_is_enough(form: str, build) -> None:
    truth = build.write("truth/v_0.txt", build.rows(BOXES)).parent
    if form == "zip":
        with zipfile.ZipFile(build.root / "truth.zip", "w") as archive:
            archive.write(truth / "v_0.txt", "v_0.txt")
        truth = build.root / "truth.zip"
    assert score_trackingnet(build.result("v_0", BOXES), truth).metrics["coverage"] == 1


def test_what_is_no_benchmark_is_refused(build) -> None:
    (build.root / "empty").mkdir()
    with pytest.raises(InputError, match=r"no <video>\.txt"):
        load_sequences("trackingnet", build.root / "empty")
    with pytest.raises(InputError, match="allowed are TEST, TRAIN_0 to TRAIN_11"):
        load_sequences("trackingnet", build.root, split="TRAIN_12")
    with pytest.raises(InputError, match="no TEST/anno"):
        load_sequences("trackingnet", data(build), split="TEST")


def test_the_official_list_has_511_videos() -> None:
    assert len(set(official_names("trackingnet"))) == 511
