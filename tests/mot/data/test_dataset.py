"""Frames of MOTChallenge sequences as samples, against the files read by hand."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data import LTRLoader
from siou_tracking.mot.data.dataset import MOTFrames, collate_frames
from siou_tracking.mot.data.processing import Augmentation, MOTProcessing
from tests.mot.painted_split import FRAMES, write_split

FIT = MOTProcessing(96, 64)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return write_split(tmp_path_factory.mktemp("painted"), sequences=2, persons=3)


def test_learned_boxes_are_those_that_count_from_zero_based_pixels(split):
    frames = MOTFrames(split, FIT)
    assert frames.frames == 2 * FRAMES == len(frames)
    for number in range(frames.frames):
        name, frame = f"PAINT-{number // FRAMES + 1:02d}", number % FRAMES + 1
        rows = np.loadtxt(split / name / "gt" / "gt.txt", delimiter=",")
        people = rows[(rows[:, 0] == frame) & (rows[:, 7] == 1)]  # the other is a distractor
        boxes, identities = frames.annotation(number)
        expected = np.column_stack([people[:, 2:4] - 1, people[:, 2:4] - 1 + people[:, 4:6]])
        np.testing.assert_array_equal(boxes, expected)
        np.testing.assert_array_equal(identities >= 0, people[:, 6] == 1)
        assert str(frames.image_path(number)).endswith(f"{name}/img1/{frame:06d}.png")


def test_identities_are_numbered_over_all_sequences_without_gaps(split):
    frames = MOTFrames(split, FIT)
    assert frames.identities == 6
    assert frames.annotation(0)[1].tolist() == [0, 1, 2, -1]
    assert frames.annotation(FRAMES)[1].tolist() == [3, 4, 5, -1]


def test_rivals_are_the_identities_of_the_same_sequence(split):
    frames = MOTFrames(split, FIT)
    for index in range(len(frames)):
        sample = frames[index]
        first, end = sample["rivals"].tolist()
        assert (first, end) == ((0, 3) if frames._frame_of(index) < FRAMES else (3, 6))
        assert all(first <= identity < end for identity in sample["identities"].tolist())


def test_mot17_s_copies_of_a_video_are_used_once_unless_named(tmp_path):
    root = write_split(tmp_path, sequences=2, persons=2)
    for folder, name in (("PAINT-01", "MOT17-02-DPM"), ("PAINT-02", "MOT17-04-SDP")):
        (root / folder).rename(root / name)
    shutil.copytree(root / "MOT17-02-DPM", root / "MOT17-02-SDP")
    assert [sequence.name for sequence in MOTFrames(root, FIT).sequences] == ["MOT17-02-DPM", "MOT17-04-SDP"]
    assert MOTFrames(root, FIT).identities == 4
    named = MOTFrames(root, FIT, sequences=["MOT17-02-SDP", "MOT17-02-DPM"])
    assert len(named.sequences) == 2


def test_an_image_of_another_size_than_its_boxes_are_meant_for_is_refused(tmp_path):
    import cv2

    frames = MOTFrames(write_split(tmp_path, sequences=1), FIT)
    cv2.imwrite(str(frames.image_path(2)), np.zeros((32, 48, 3), np.uint8))
    with pytest.raises(InputError, match=r"000003\.png: got 48x32 pixels, allowed are 96x64, as seqinfo\.ini says"):
        [frames[index] for index in range(len(frames))]


def test_more_identities_than_the_classifier_has_are_refused(split):
    with pytest.raises(InputError, match="got 6 identities, allowed are the 5"):
        MOTFrames(split, FIT, identities=5)
    assert MOTFrames(split, FIT, identities=7).identities == 6


def test_boxes_that_can_hardly_be_seen_can_be_left_out(tmp_path):
    root = write_split(tmp_path, sequences=1, persons=2)
    path = root / "PAINT-01" / "gt" / "gt.txt"
    lines = [
        line[:-2] + "0.05\n" if line.split(",")[1] == "12" else line
        for line in path.read_text().splitlines(keepends=True)
    ]
    path.write_text("".join(lines))
    assert MOTFrames(root, FIT).identities == 2
    assert MOTFrames(root, FIT, smallest_visibility=0.1).identities == 1


def test_people_who_do_not_count_or_can_hardly_be_seen_are_ignored_and_things_are_background(tmp_path):
    root = write_split(tmp_path, sequences=1, persons=1)
    sample = MOTFrames(root, FIT)[0]
    assert sample["boxes"].shape == (1, 4)
    assert sample["ignored"].tolist() == [[4, 4, 14, 24]]  # identity 90; 91 is a distractor
    path = root / "PAINT-01" / "gt" / "gt.txt"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if ",11," not in line))
    with pytest.raises(InputError, match="no box to learn"):
        MOTFrames(root, FIT)


def test_a_split_without_anything_to_learn_is_refused(tmp_path):
    root = write_split(tmp_path, sequences=1, persons=0)
    with pytest.raises(InputError, match="no box to learn in PAINT-01"):
        MOTFrames(root, FIT)


def test_an_epoch_shows_every_frame_once_before_any_twice(split):
    frames = MOTFrames(split, FIT, samples_per_epoch=30)
    frames.set_epoch(4)
    order = [frames._frame_of(index) for index in range(30)]
    assert sorted(order[:12]) == sorted(order[12:24]) == list(range(12))
    assert order[:12] != list(range(12))


def epoch_of(split, seed: int, epoch: int, workers: int) -> list[torch.Tensor]:
    frames = MOTFrames(split, MOTProcessing(96, 64, Augmentation()), samples_per_epoch=8)
    frames.seed = seed
    loader = LTRLoader("train", frames, batch_size=4, num_workers=workers, collate_fn=collate_frames)
    loader.set_epoch(epoch)
    return [batch[name] for batch in loader for name in ("train_images", "boxes", "ignored", "identities")]


def test_samples_depend_on_seed_and_epoch_and_not_on_the_workers(split):
    here = epoch_of(split, 7, 2, workers=0)
    assert all(map(torch.equal, here, epoch_of(split, 7, 2, workers=2)))
    assert not torch.equal(here[0], epoch_of(split, 7, 3, workers=0)[0])
    assert not torch.equal(here[0], epoch_of(split, 8, 2, workers=0)[0])


def test_frames_without_boxes_are_padding_in_a_batch(tmp_path):
    root = write_split(tmp_path, sequences=1, persons=2)
    path = root / "PAINT-01" / "gt" / "gt.txt"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("3,")))
    frames = MOTFrames(root, FIT)
    assert frames.frames == FRAMES and len(frames.annotation(2)[0]) == 0
    batch = collate_frames([frames[index] for index in range(FRAMES)])
    assert batch["train_images"].shape == (FRAMES, 3, 64, 96) and batch["train_images"].dtype == torch.uint8
    assert batch["boxes"].shape == (FRAMES, 8, 4)
    assert (batch["identities"] >= 0).sum(1).tolist().count(0) == 1
    assert ((batch["identities"] >= 0) == (batch["boxes"][..., 2] > batch["boxes"][..., 0])).all()


def test_a_broken_image_is_named(tmp_path):
    root = write_split(tmp_path, sequences=1)
    (root / "PAINT-01" / "img1" / "000002.png").write_bytes(b"no picture")
    frames = MOTFrames(root, FIT)
    with pytest.raises(InputError, match=r"000002\.png"):
        [frames[index] for index in range(FRAMES)]
