"""OTB2015's oddities: frame ranges, two targets, four delimiters, names."""

from __future__ import annotations

import json

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score, score_otb
from siou_tracking.benchmarks.datasets.otb2015 import frame_ranges
from siou_tracking.errors import InputError
from tests.reference_data import reference_file


def track(frames: int) -> np.ndarray:
    """(frames, 4) boxes, each row different."""
    return np.column_stack((np.arange(1, frames + 1), np.full(frames, 7), np.full(frames, 20), np.full(frames, 30)))


def images(build, folder: str, numbers: range, pattern: str = "{:04d}.jpg") -> None:
    for number in numbers:
        build.write(f"{folder}/img/{pattern.format(number)}", "")


def test_the_official_frames_are_counted() -> None:
    ranges = frame_ranges()
    assert len(ranges) == 100 and sum(frames for _, frames in ranges.values()) == 59_035


@pytest.mark.parametrize(
    ("name", "first", "frames", "present"),
    [
        ("David", 300, 471, range(1, 771)),  # annotated from image 300 on
        ("Football1", 1, 74, range(1, 82)),  # seven images more than boxes
        ("BlurCar1", 247, 742, range(247, 989)),
        ("BlurCar3", 3, 357, range(3, 360)),
        ("BlurCar4", 18, 380, range(18, 398)),
        ("Freeman3", 1, 460, range(1, 473)),
        ("Freeman4", 1, 283, range(1, 298)),
        ("Diving", 1, 215, range(1, 232)),
    ],
)
def test_frames_are_the_official_images(name: str, first: int, frames: int, present: range, build) -> None:
    build.write(f"{name}/groundtruth_rect.txt", build.rows(track(frames)))
    images(build, name, present)
    (sequence,) = load_sequences("otb2015", build.root)
    assert len(sequence) == len(sequence.frames) == frames
    assert sequence.frames[0].name == f"{first:04d}.jpg"
    assert sequence.frames[-1].name == f"{first + frames - 1:04d}.jpg"


def test_board_has_five_digits(build) -> None:
    build.write("Board/groundtruth_rect.txt", build.rows(track(698)))
    images(build, "Board", range(1, 699), "{:05d}.jpg")
    assert load_sequences("otb2015", build.root)[0].frames[0].name == "00001.jpg"


def test_images_renumbered_from_one_are_taken_when_they_are_as_many(build) -> None:
    build.write("David/groundtruth_rect.txt", build.rows(track(471)))
    images(build, "David", range(1, 472))
    assert load_sequences("otb2015", build.root)[0].frames[0].name == "0001.jpg"


def test_a_missing_image_is_named(build) -> None:
    build.write("David/groundtruth_rect.txt", build.rows(track(471)))
    images(build, "David", range(1, 770))
    with pytest.raises(InputError, match="image 770 of David is missing"):
        _ = load_sequences("otb2015", build.root)[0].frames


def test_tiger1_begins_at_image_six_and_keeps_what_came_before(build) -> None:
    build.write("Tiger1/groundtruth_rect.txt", build.rows(track(354)))
    images(build, "Tiger1", range(1, 355))
    (sequence,) = load_sequences("otb2015", build.root)
    assert len(sequence) == 349 and sequence.ground_truth[0, 0] == 6 and sequence.frames[0].name == "0006.jpg"
    assert sequence.lead_in[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert score_otb(build.result("Tiger1", track(354)), build.root).metrics["precision"] == 1
    assert score_otb(build.result("Tiger1", track(354)[5:]), build.root).metrics["precision"] == 1
    assert score_otb(build.root / "tracker", build.root, "got10k").frames == 349
    build.result("Tiger1", track(354))
    assert score_otb(build.root / "tracker", build.root, "got10k").frames == 354


def test_two_targets_are_two_sequences_and_an_empty_file_is_none(build) -> None:
    for target in (1, 2):
        build.write(f"Jogging/groundtruth_rect.{target}.txt", build.rows(track(307)))
    build.write("Human4/groundtruth_rect.1.txt", "")
    build.write("Human4/groundtruth_rect.2.txt", build.rows(track(667)))
    assert [sequence.name for sequence in load_sequences("otb2015", build.root)] == [
        "Human4-2",
        "Jogging-1",
        "Jogging-2",
    ]


def test_an_empty_annotation_of_a_single_target_is_refused(build) -> None:
    build.write("Deer/groundtruth_rect.txt", build.rows(track(71)))
    build.write("Fish/groundtruth_rect.txt", "")
    with pytest.raises(InputError, match=r"Fish/groundtruth_rect\.txt: empty"):
        load_sequences("otb2015", build.root)


PYSOT_COPIES = {
    "with the original": ("Jogging", "Jogging-1", "Jogging-2"),
    "without it": ("Jogging-1", "Jogging-2"),
    "one of two": ("Jogging", "Jogging-2"),
    "other spellings": ("jogging", "jogging_1", "JOGGING.2"),
}


@pytest.mark.parametrize("folders", PYSOT_COPIES.values(), ids=PYSOT_COPIES)
def test_a_target_in_several_folders_of_pysot_s_layout_counts_once(folders: tuple[str, ...], build) -> None:
    for folder in folders:
        for target in (1, 2):
            build.write(f"data/{folder}/groundtruth_rect.{target}.txt", build.rows(track(307) + 100 * target))
    found = load_sequences("otb2015", build.root / "data")
    assert [(one.name, one.ground_truth[0, 0]) for one in found] == [("Jogging-1", 101), ("Jogging-2", 201)]
    for target in (1, 2):
        build.result(f"Jogging-{target}", track(307) + 100 * target)
    ours = score_otb(build.root / "tracker", build.root / "data")
    assert ours.coverage() == "ONLY 2 of 100 sequences" and ours.metrics["precision"] == 1 and ours.notes == []


def test_a_linked_folder_is_the_same_target(build) -> None:
    for target in (1, 2):
        build.write(f"data/Skating2/groundtruth_rect.{target}.txt", build.rows(track(473) + 100 * target))
        (build.root / f"data/Skating2-{target}").symlink_to("Skating2", target_is_directory=True)
    found = load_sequences("otb2015", build.root / "data")
    assert [(one.name, one.ground_truth[0, 0]) for one in found] == [("Skating2-1", 101), ("Skating2-2", 201)]


@pytest.mark.parametrize("folders", [("Human4", "Human4-1", "Human4-2"), ("Human4", "Human4-2"), ("Human4-2",)])
def test_human4_has_one_target_in_every_layout(folders: tuple[str, ...], build) -> None:
    for folder in folders:
        build.write(f"data/{folder}/groundtruth_rect.1.txt", "")
        build.write(f"data/{folder}/groundtruth_rect.2.txt", build.rows(track(667)))
    assert [one.name for one in load_sequences("otb2015", build.root / "data")] == ["Human4-2"]


def test_the_copy_with_images_is_the_one_to_run_on(build) -> None:
    for folder in ("Jogging", "Jogging-1"):
        build.write(f"{folder}/groundtruth_rect.1.txt", build.rows(track(307)))
    images(build, "Jogging-1", range(1, 308))
    (found,) = load_sequences("otb2015", build.root)
    assert len(found.frames) == 307


def test_two_annotations_of_one_target_that_differ_are_refused(build) -> None:
    build.write("Jogging/groundtruth_rect.1.txt", build.rows(track(307)))
    build.write("Jogging-1/groundtruth_rect.1.txt", build.rows(track(307) + 1))
    with pytest.raises(InputError, match=r"Jogging-1 is there twice with different boxes, in .*Jogging and in .*Jogg"):
        load_sequences("otb2015", build.root)
    twice = {"Deer": {"gt_rect": track(71).tolist()}, "deer": {"gt_rect": (track(71) + 1).tolist()}}
    with pytest.raises(InputError, match="Deer is there twice with different boxes"):
        load_sequences("otb2015", build.write("OTB100.json", json.dumps(twice)))


def test_own_data_in_pysot_s_layout_counts_once_and_two_videos_of_two_targets_are_four(build) -> None:
    for folder in ("Pair", "Pair-1", "Pair-2"):
        for target in (1, 2):
            build.write(f"copies/{folder}/groundtruth_rect.{target}.txt", build.rows(track(9) + 100 * target))
    assert [one.name for one in load_sequences("otb2015", build.root / "copies")] == ["Pair-1", "Pair-2"]
    for video in (1, 2):
        for target in (1, 2):
            build.write(f"videos/cam-{video}/groundtruth_rect.{target}.txt", build.rows(track(9) + 10 * video + target))
    found = [one.name for one in load_sequences("otb2015", build.root / "videos")]
    assert found == ["cam-1-1", "cam-1-2", "cam-2-1", "cam-2-2"]


def test_an_empty_file_of_an_official_target_is_refused(build) -> None:
    build.write("Jogging/groundtruth_rect.1.txt", "")
    build.write("Jogging/groundtruth_rect.2.txt", build.rows(track(307)))
    with pytest.raises(InputError, match=r"groundtruth_rect\.1\.txt: empty"):
        load_sequences("otb2015", build.root)


@pytest.mark.parametrize("folder", ["Jogging", "Jogging-1"])
def test_a_target_that_is_annotated_in_a_plain_file_too_counts_once(folder: str, build) -> None:
    for file in ("groundtruth_rect.txt", "groundtruth_rect.1.txt"):
        build.write(f"{folder}/{file}", build.rows(track(307)))
    assert [one.name for one in load_sequences("otb2015", build.root)] == ["Jogging-1"]


@pytest.mark.parametrize("separator", [",", "\t", " ", ", "])
def test_delimiters_differ_by_file(separator: str, build) -> None:
    build.write("Deer/groundtruth_rect.txt", build.rows(track(71), separator))
    assert np.array_equal(load_sequences("otb2015", build.root)[0].ground_truth, track(71))


@pytest.mark.parametrize("name", ["human4_2", "Human4.2", "Human4-2", "Human4"])
def test_every_toolkit_s_spelling_of_a_result_is_found(name: str, build) -> None:
    build.write("data/Human4/groundtruth_rect.2.txt", build.rows(track(667)))
    assert score_otb(build.result(name, track(667)), build.root / "data").metrics["precision"] == 1


def test_a_truncated_official_annotation_is_refused(build) -> None:
    build.write("Deer/groundtruth_rect.txt", build.rows(track(70)))
    images(build, "Deer", range(1, 72))
    with pytest.raises(InputError, match=r"Deer/groundtruth_rect\.txt: 70 boxes, 71 expected"):
        load_sequences("otb2015", build.root)


def test_a_shortened_copy_of_an_official_sequence_is_own_data(build) -> None:
    build.write("data/David/groundtruth_rect.txt", build.rows(track(30)))
    images(build, "data/David", range(1, 31))
    ours = score_otb(build.result("David", track(30)), build.root / "data")
    assert ours.metrics["precision"] == 1 and ours.coverage() == "own data, 1 sequence"
    assert ours.notes == ["named as OTB2015's, but of another length: David (30 frames, not 471)"]
    assert len(load_sequences("otb2015", build.root / "data")[0].frames) == 30


def test_own_sequences_in_the_same_layout_are_scored(build) -> None:
    build.write("data/MyCat/groundtruth_rect.txt", build.rows(track(4)))
    images(build, "data/MyCat", range(1, 5))
    ours = score_otb(build.result("MyCat", track(4)), build.root / "data")
    assert ours.metrics["success_auc"] == pytest.approx(20 / 21) and "own data" in ours.summary()
    assert len(load_sequences("otb2015", build.root / "data")[0].frames) == 4


def test_images_and_boxes_of_own_sequences_must_be_equally_many(build) -> None:
    build.write("MyCat/groundtruth_rect.txt", build.rows(track(4)))
    images(build, "MyCat", range(1, 6))
    with pytest.raises(InputError, match="5 images, 4 boxes of MyCat"):
        _ = load_sequences("otb2015", build.root)[0].frames


@pytest.mark.parametrize("field", ["gt_rect", "gt"])
def test_json_and_folder_give_one_score(field: str, build) -> None:
    build.write("data/Deer/groundtruth_rect.txt", build.rows(track(71)))
    file = build.write("OTB100.json", json.dumps({"Deer": {field: track(71).tolist(), "attr": ["Motion Blur"]}}))
    results = build.result("Deer", track(71) + 3)
    by_json, by_folder = score_otb(results, file), score_otb(results, build.root / "data")
    assert by_json.metrics == by_folder.metrics and by_json.per_attribute["Motion Blur"]["sequences"] == 1


def test_attributes_have_one_name_in_every_layout(build) -> None:
    build.write("Deer/groundtruth_rect.txt", build.rows(track(71)))
    build.write("Deer/attrs.txt", "MB, OPR,BC windy\n")
    (sequence,) = load_sequences("otb2015", build.root)
    assert sequence.attributes == ("Motion Blur", "Out-of-Plane Rotation", "Background Clutters", "windy")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n'a': 1}", r"x\.json:2: not JSON"),
        ("[]", "expected an object of sequences"),
        ("{}", "expected an object of sequences"),
        ('{"Deer": {"gt_rect": [[1, 2, 3]]}}', r"x\.json: Deer: gt_rect: expected a list of \[x, y, w, h\]"),
        ('{"Deer": {"gt_rect": "boxes"}}', "Deer: gt_rect"),
        ('{"Deer": {}}', "Deer: gt_rect"),
        ("\x00", "not JSON"),
    ],
)
def test_a_faulty_annotation_file_is_one_line(text: str, message: str, build) -> None:
    with pytest.raises(InputError, match=message):
        load_sequences("otb2015", build.write("x.json", text))


def test_a_full_annotation_of_tiger1_must_fit(build) -> None:
    build.write("OTB100.json", json.dumps({"Tiger1": {"gt_rect": track(354)[5:].tolist()}}))
    build.write("tiger1_full.json", json.dumps((track(354) + 1).tolist()))
    with pytest.raises(InputError, match="its last 349 boxes are not those of Tiger1"):
        load_sequences("otb2015", build.root / "OTB100.json")


def test_what_is_no_benchmark_is_refused(build) -> None:
    (build.root / "empty").mkdir()
    with pytest.raises(InputError, match="no <sequence>/groundtruth_rect"):
        load_sequences("otb2015", build.root / "empty")
    with pytest.raises(InputError, match=r"expected a data folder or a \.json"):
        load_sequences("otb2015", build.root / "nowhere")
    with pytest.raises(InputError, match="did you mean 'otb2015'"):
        score("otb", build.root, build.root)


def test_real_sequences_have_their_frames() -> None:
    sequences = {sequence.name: sequence for sequence in load_sequences("otb2015", reference_file("data/otb"))}
    assert {name: len(sequence.frames) for name, sequence in sequences.items()} == {
        "Couple": 140,
        "Crossing": 120,
        "Football1": 74,
    }
    stored = {
        sequence.name: sequence
        for sequence in load_sequences("otb2015", reference_file("data/otb2015/otb100_annotations.json"))
    }
    for name, sequence in sequences.items():
        assert np.array_equal(sequence.ground_truth, stored[name].ground_truth)
        assert sequence.attributes
