"""GOT-10k validation scores against the definition, and against the toolkit itself."""

from __future__ import annotations

import contextlib
import io
import re

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score, score_got10k
from siou_tracking.benchmarks.files.writers import write_result
from siou_tracking.errors import InputError
from tests.benchmarks.dialects import DIALECTS
from tests.reference_data import reference_file

BOX = [10, 10, 40, 40]
NAME = "GOT-10k_Val_000001"


def boxes(frames: int = 5) -> np.ndarray:
    return np.tile(np.array(BOX, float), (frames, 1))


def test_the_first_and_invisible_frames_do_not_count(build) -> None:
    root = build.got10k(NAME, boxes(), [8, 8, 0, 3, 8])
    result = boxes()
    result[0] = result[2] = [90, 90, 5, 5]  # wrong where it does not count
    assert score_got10k(build.result(NAME, result), root).metrics == {"ao": 1, "sr50": 1, "sr75": 1}


def test_average_overlap_and_success_rates_by_hand(build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    result = boxes()
    result[1] = [10, 10, 40, 20]  # half: not above 0.5
    result[2] = [10, 10, 40, 30]  # three quarters: above 0.5, not above 0.75
    result[3] = [90, 90, 5, 5]
    ours = score_got10k(build.result(NAME, result), root)
    assert ours.metrics == {"ao": pytest.approx((0.5 + 0.75 + 0 + 1) / 4), "sr50": 0.5, "sr75": 0.25}
    assert ours.curves["success"].values[50] == 0.5 and ours.curves["success"].values[75] == 0.25
    assert ours.frames == 4 and "own data, 1 sequence" in ours.summary()


def test_frames_are_pooled_so_a_long_sequence_weighs_more(build) -> None:
    build.got10k(NAME, boxes(3), [8] * 3)
    root = build.got10k("GOT-10k_Val_000002", boxes(9), [8] * 9)
    build.result(NAME, boxes(3))
    results = build.result("GOT-10k_Val_000002", np.tile([90.0, 90, 5, 5], (9, 1)))
    assert score_got10k(results, root).metrics["ao"] == pytest.approx(2 / 10)


def test_boxes_are_cut_to_the_image(build) -> None:
    truth = np.tile([80.0, 80, 40, 40], (2, 1))
    root = build.got10k(NAME, truth, [8, 8])
    assert score_got10k(build.result(NAME, np.tile([80.0, 80, 20, 20], (2, 1))), root).metrics["ao"] == 1


def test_repetitions_are_scored_together(build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    write_result(build.root / "t", NAME, boxes(), DIALECTS["got10k"], repetition=1)
    write_result(build.root / "t", NAME, np.tile([90.0, 90, 5, 5], (5, 1)), DIALECTS["got10k"], repetition=2)
    ours = score_got10k(build.root / "t", root)
    assert ours.metrics["ao"] == pytest.approx(0.5) and ours.frames == 8


def test_flat_tabbed_results_of_pytracking_score_as_stats_type(build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    result = boxes() + np.array([2, 0, 0, 0])
    write_result(build.root / "nested", NAME, result, DIALECTS["got10k"])
    assert score_got10k(build.result(NAME, result, separator="\t"), root).metrics == (
        score_got10k(build.root / "nested", root).metrics
    )


def test_the_split_folder_or_the_root_may_be_given(build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    for source, split in ((root, None), (root, "val"), (root / "val", None), (root / "val", "val")):
        assert [sequence.name for sequence in load_sequences("got10k", source, split=split)] == [NAME]
    with pytest.raises(InputError, match=r"no <sequence>/groundtruth\.txt"):
        load_sequences("got10k", root, split="test")
    with pytest.raises(InputError, match="split 'valid': allowed are train, val, test"):
        load_sequences("got10k", root, split="valid")


def test_the_image_size_is_read_from_an_image_where_no_file_says_it(build) -> None:
    import cv2

    root = build.got10k(NAME, np.tile([80.0, 80, 40, 40], (2, 1)), [8, 8])
    (root / "val" / NAME / "meta_info.ini").unlink()
    for number in (1, 2):
        cv2.imwrite(str(root / "val" / NAME / f"{number:08d}.jpg"), np.zeros((100, 100, 3), np.uint8))
    assert score_got10k(build.result(NAME, np.tile([80.0, 80, 20, 20], (2, 1))), root).metrics["ao"] == 1


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (boxes(4), r"GOT-10k_Val_000001\.txt: 4 boxes, 5 frames expected"),
        (boxes(6), "6 boxes, 5 frames expected"),
        (np.full((5, 4), np.nan), r"GOT-10k_Val_000001\.txt:1: NaN"),
    ],
)
def test_a_result_that_cannot_be_scored_is_refused(result: np.ndarray, message: str, build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    with pytest.raises(InputError, match=message):
        score_got10k(build.result(NAME, result), root)


def test_a_missing_result_is_named(build) -> None:
    build.got10k(NAME, boxes(), [8] * 5)
    root = build.got10k("GOT-10k_Val_000002", boxes(), [8] * 5)
    with pytest.raises(InputError, match="no result for 1 of 2 sequences: GOT-10k_Val_000002"):
        score_got10k(build.result(NAME, boxes()), root)


def test_without_cover_labels_or_truth_there_is_no_score(build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    build.write(f"data/val/{NAME}/cover.label", "8\n8\n")
    with pytest.raises(InputError, match="2 labels, 5 expected"):
        load_sequences("got10k", root)
    (root / "val" / NAME / "cover.label").unlink()
    with pytest.raises(InputError, match=r"no cover\.label"):
        score_got10k(build.result(NAME, boxes()), root)
    build.write("data/test/GOT-10k_Test_000001/groundtruth.txt", build.rows(boxes(1)))
    build.result("GOT-10k_Test_000001", boxes())
    with pytest.raises(InputError, match="server"):
        score("got10k", build.root / "tracker", load_sequences("got10k", root, split="test"))


def test_scores_equal_those_of_the_got10k_toolkit(build, monkeypatch: pytest.MonkeyPatch) -> None:
    experiments = pytest.importorskip("got10k.experiments", reason="the toolkit needs shapely and PIL")
    generator = np.random.default_rng(3)
    names = [f"GOT-10k_Val_{number:06d}" for number in range(1, 6)]
    for number, name in enumerate(names):
        frames = 20 + 30 * number
        truth = np.hstack((generator.uniform(-20, 180, (frames, 2)), generator.uniform(5, 90, (frames, 2)))).round(4)
        root = build.got10k(name, truth, generator.integers(0, 9, frames).tolist(), (200, 150))
        for frame in range(frames):
            build.write(f"data/val/{name}/{frame + 1:08d}.jpg", "")
        build.write(f"data/val/{name}/absence.label", "0\n" * frames)
        build.write(f"data/val/{name}/cut_by_image.label", "0\n" * frames)
        for repetition in (1, 2):
            noise = generator.normal(0, 9, (frames, 4))
            run = np.maximum(truth + noise, [-300, -300, 1, 1])
            write_result(
                build.root / "GOT-10k" / "ours", name, run, DIALECTS["got10k"], np.full(frames, 0.01), repetition
            )
    build.write("data/val/list.txt", "\n".join(names))
    experiment = experiments.ExperimentGOT10k(str(root), "val", str(build.root), str(build.root / "reports"))
    monkeypatch.setattr(experiment, "plot_curves", lambda *arguments: None)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = experiment.report(["ours"])["ours"]
    ours = score_got10k(build.root / "GOT-10k" / "ours", root)
    assert ours.metrics["ao"] == pytest.approx(theirs["overall"]["ao"], abs=1e-12)
    assert ours.metrics["sr50"] == pytest.approx(theirs["overall"]["sr"], abs=1e-15)
    assert np.allclose(ours.curves["success"].values, theirs["overall"]["succ_curve"], atol=1e-15, rtol=0)
    for name in names:
        assert ours.per_sequence[name]["ao"] == pytest.approx(theirs["seq_wise"][name]["ao"], abs=1e-12)


@pytest.mark.parametrize("stated", ["1280x720", "(0, 0)", "(1280)", "", "(1280, -720)"])
def test_a_resolution_that_cannot_be_read_is_named(stated: str, build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    build.write(f"data/val/{NAME}/meta_info.ini", f"[METAINFO]\nresolution: {stated}\nurl: -\n")
    with pytest.raises(InputError, match=rf"meta_info\.ini: resolution: got '{re.escape(stated)}', expected"):
        load_sequences("got10k", root)


@pytest.mark.parametrize("line", ["resolution: (1280.0, 720.0)\r", "resolution = ( 1280 ,720 )"])
def test_the_spellings_of_a_resolution(line: str, build) -> None:
    root = build.got10k(NAME, boxes(), [8] * 5)
    build.write(f"data/val/{NAME}/meta_info.ini", f"[METAINFO]\n{line}\nurl: -\n")
    assert load_sequences("got10k", root)[0].resolution == (1280, 720)


def test_a_file_without_its_first_frame_is_named(build) -> None:
    truth = np.array([[10.0 + 9 * at, 10, 20, 20] for at in range(5)])
    root = build.got10k(NAME, truth, [8] * 5)
    with pytest.raises(InputError, match=r"4 boxes, 5 frames expected, but row 1 fits frame 2: it lacks the first"):
        score("got10k", build.result(NAME, truth[1:]), root)


def test_the_real_layout_of_meta_information_gives_the_resolution(build) -> None:
    import json

    stored = json.loads(reference_file("data/got10k/got10k_val_meta_info.json").read_text())[NAME]
    root = build.got10k(NAME, boxes(), [8] * 5)
    build.write(f"data/val/{NAME}/meta_info.ini", "[METAINFO]\n" + "".join(f"{k}: {v}\n" for k, v in stored.items()))
    assert load_sequences("got10k", root)[0].resolution == (1280, 720)
