"""LaSOT's three forms of annotation, and its absent flags in both senses."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score_lasot
from siou_tracking.benchmarks.official_names import official_names
from siou_tracking.errors import InputError
from tests.reference_data import reference_file

BOXES = np.column_stack((np.arange(10, 16), np.full(6, 20), np.full(6, 40), np.full(6, 40)))
ABSENT = [0, 0, 1, 1, 0, 1]


def data(build, name: str = "cat-1", boxes: np.ndarray = BOXES) -> Path:
    """The data set's own layout: absent is full occlusion or out of view."""
    folder = f"data/{name.split('-')[0]}/{name}"
    build.write(f"{folder}/groundtruth.txt", build.rows(boxes))
    build.write(f"{folder}/full_occlusion.txt", "0,0,1,1,0,0")
    build.write(f"{folder}/out_of_view.txt", "0,0,0,1,0,1")
    for number in range(1, 7):
        build.write(f"{folder}/img/{number:08d}.jpg", "")
    return build.root / "data"


def annotations(build, name: str = "cat-1") -> Path:
    """The evaluation toolkit's."""
    build.write(f"annos/groundtruth/{name}.txt", build.rows(BOXES))
    build.write(f"annos/absent/{name}.txt", "".join(f"{flag}\n" for flag in ABSENT))
    build.write(f"annos/att/{name}.txt", "1,0,0,0,0,0,0,0,0,0,0,1,0,0")
    build.write(f"annos/nlp/{name}.txt", "a cat")
    build.write("annos/testing_set.txt", name)
    return build.root / "annos"


def archive(build) -> Path:
    with tarfile.open(build.root / "annos.tar.xz", "w:xz") as handle:
        handle.add(annotations(build), ".")
    return build.root / "annos.tar.xz"


def pysot(build) -> Path:
    visible = [1 - flag for flag in ABSENT]  # the opposite sense
    return build.write("LaSOT.json", json.dumps({"cat-1": {"gt_rect": BOXES.tolist(), "absent": visible, "attr": []}}))


@pytest.mark.parametrize("form", [data, annotations, archive, pysot])
def test_every_form_of_annotation_gives_one_score(form: object, build) -> None:
    (sequence,) = load_sequences("lasot", form(build))
    assert sequence.name == "cat-1" and sequence.absent.astype(int).tolist() == ABSENT
    assert np.array_equal(sequence.ground_truth, BOXES)
    ours = score_lasot(build.result("cat-1", BOXES), [sequence])
    assert ours.metrics["precision"] == 0.5 and ours.frames == 6
    assert ours.metrics["success_auc"] == pytest.approx(0.5 * 20 / 21)


def test_attributes_come_from_the_toolkits_flags(build) -> None:
    assert load_sequences("lasot", annotations(build))[0].attributes == ("Illumination Variation", "Out-of-View")


def test_frames_are_listed_in_order(build) -> None:
    (sequence,) = load_sequences("lasot", data(build))
    assert [frame.name for frame in sequence.frames][::5] == ["00000001.jpg", "00000006.jpg"]


def test_training_sequences_are_left_out_when_official_test_sequences_are_there(build) -> None:
    for name in ("airplane-2", "airplane-1", "zebra-10"):
        root = data(build, name)
    assert [sequence.name for sequence in load_sequences("lasot", root)] == ["airplane-1", "zebra-10"]


def test_class_folders_may_be_missing(build) -> None:
    folder = data(build) / "cat"
    assert [sequence.name for sequence in load_sequences("lasot", folder)] == ["cat-1"]


def test_a_degenerate_visible_box_is_a_miss_and_a_hit(build) -> None:
    truth = load_sequences("lasot", data(build))
    truth[0].ground_truth[1] = [5, 5, 10, -11]  # as in tiger-6, frame 118
    ours = score_lasot(build.result("cat-1", BOXES), truth).metrics
    assert ours["success_auc"] == pytest.approx(2 / 6 * 20 / 21) and ours["precision"] == 0.5


def test_a_long_result_is_cut_as_monkey_17_needs(build) -> None:
    ours = score_lasot(build.result("cat-1", np.vstack((BOXES, BOXES))), data(build))
    assert ours.metrics["precision"] == 0.5 and ours.notes


def test_labels_must_be_as_many_as_boxes(build) -> None:
    root = data(build)
    build.write("data/cat/cat-1/out_of_view.txt", "0,0")
    with pytest.raises(InputError, match=r"out_of_view\.txt: 2 labels, 6 expected"):
        load_sequences("lasot", root)


def test_missing_labels_are_an_error_and_not_visible_frames(build) -> None:
    root = data(build)
    (root / "cat/cat-1/full_occlusion.txt").unlink()
    with pytest.raises(InputError, match=r"full_occlusion\.txt: cannot be read"):
        load_sequences("lasot", root)
    content = {"cat-1": {"gt_rect": BOXES.tolist()}}
    with pytest.raises(InputError, match="cat-1: no field absent"):
        load_sequences("lasot", build.write("LaSOT.json", json.dumps(content)))


def test_what_is_no_benchmark_is_refused(build) -> None:
    (build.root / "empty").mkdir()
    with pytest.raises(InputError, match=r"expected <class>/<sequence>/groundtruth\.txt"):
        load_sequences("lasot", build.root / "empty")


def test_the_official_list_has_280_sequences() -> None:
    assert len(set(official_names("lasot"))) == 280


def test_a_shortened_official_sequence_is_said(build) -> None:
    ours = score_lasot(build.result("cat-1", BOXES), data(build))
    assert ours.notes == ["named as LaSOT's, but of another length: cat-1 (6 frames, not 2051)"]


def test_the_real_annotations_are_whole() -> None:
    sequences = load_sequences("lasot", reference_file("data/lasot/lasot280_annotations.tar.xz"))
    assert [sequence.name for sequence in sequences] == list(official_names("lasot"))
    assert sum(map(len, sequences)) == 685_360
    assert sum(int(sequence.absent.sum()) for sequence in sequences) == 18_346
