"""Detections come frame by frame in order, whatever the batch, and equal those of each frame alone."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.mot.data.letterbox import letterbox, normalize_images
from siou_tracking.mot.data.motchallenge import read_sequence
from siou_tracking.mot.tracking.decode import decode
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.sources import FileSource, NetworkSource, Stopwatch, read_batches
from tests.mot.tracking.tracked import write_network, write_sequence

LOW = MOTParams(detection_threshold=0.15, birth_threshold=0.15, top_k=12)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 16])
def test_batches_hold_every_frame_once_in_order(tmp_path: Path, batch_size: int) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 7))
    batches = list(read_batches(sequence, 96, 64, batch_size))
    assert [len(batch.images) for batch in batches] == [batch_size] * (7 // batch_size) + [7 % batch_size] * (
        7 % batch_size > 0
    )
    images = np.concatenate([batch.images for batch in batches])
    for number, image in enumerate(images, start=1):
        np.testing.assert_array_equal(image, default_image_loader(sequence.image_path(number)))
    assert [place for batch in batches for place in batch.placements] == [(1.0, (0.0, 0.0))] * 7


@pytest.mark.parametrize("batch_size", [1, 3, 16])
@pytest.mark.parametrize("size", [(96, 64), (128, 64)])
def test_the_network_sees_each_frame_as_it_would_alone(tmp_path: Path, batch_size: int, size: tuple[int, int]) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 7))
    net = write_network(tmp_path / "net.pth.tar")
    source = NetworkSource(tmp_path / "net.pth.tar", LOW, "cpu", batch_size, size)
    clock = Stopwatch()
    found = list(source(sequence, clock))
    assert len(found) == 7
    for number, got in enumerate(found, start=1):
        image, scale, pad = letterbox(default_image_loader(sequence.image_path(number)), *size)
        with torch.no_grad():
            outputs = net(normalize_images(torch.from_numpy(image).permute(2, 0, 1)[None]))
        (expected,) = decode(outputs, 4, [(scale, pad)], top_k=12, threshold=0.15)
        assert len(got) == len(expected) > 0
        np.testing.assert_allclose(got.scores, expected.scores, rtol=1e-4)
        np.testing.assert_allclose(got.boxes, expected.boxes, rtol=1e-3, atol=1e-2)
        np.testing.assert_allclose(got.embeddings, expected.embeddings, atol=1e-3)


def test_an_image_that_cannot_be_read_is_named_when_its_batch_comes(tmp_path: Path) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 7))
    sequence.image_path(5).write_bytes(b"nothing")
    batches = read_batches(sequence, 96, 64, 2)
    assert len([next(batches), next(batches)]) == 2
    with pytest.raises(InputError, match=r"000005\.jpg"):
        next(batches)


def test_readers_end_when_the_batches_are_not_asked_for_any_more(tmp_path: Path) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 7))
    before = threading.active_count()
    batches = read_batches(sequence, 96, 64, 2)
    next(batches)
    batches.close()
    assert threading.active_count() == before


def test_frames_of_other_sizes_in_one_sequence_are_placed_by_their_own_size(tmp_path: Path) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 3))
    large = np.zeros((128, 128, 3), np.uint8)
    cv2.imwrite(str(sequence.image_path(2)), large)
    (batch,) = read_batches(sequence, 96, 64, 3)
    assert batch.placements == [(1.0, (0.0, 0.0)), (0.5, (16.0, 0.0)), (1.0, (0.0, 0.0))]


def test_truth_that_is_not_counted_is_no_detection(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path, "A", 3)
    rows = (folder / "gt/gt.txt").read_text()
    (folder / "gt/gt.txt").write_text(rows + "2,9,5,5,10,20,1,7,1\n2,10,5,5,10,20,0,1,1\n")
    counts = [len(found) for found in FileSource("gt")(read_sequence(folder), Stopwatch())]
    assert counts == [3, 3, 3]


def test_detections_that_look_like_corners_get_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sequence(tmp_path, "A", 24)
    assert len(list(FileSource("det")(read_sequence(folder), Stopwatch()))) == 24
    assert capsys.readouterr().err == ""
    rows = "".join(f"{frame},-1,60,30,80,60,0.9,-1,-1,-1\n" for frame in range(1, 25))
    (folder / "det/det.txt").write_text(rows)
    list(FileSource("det")(read_sequence(folder), Stopwatch()))
    assert "det.txt: boxes look like x1,y1,x2,y2: columns 3 to 6" in capsys.readouterr().err
