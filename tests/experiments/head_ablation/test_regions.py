"""Which regions are cut, and where refinement starts."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.head_ablation import regions
from experiments.head_ablation.pairs import CROP, LAYERS, read_split, read_stores, write_split
from experiments.head_ablation.regions import FAR_EVERY, Sizes, build_stores, choose_frames, jitter
from experiments.head_ablation.sources import Source, generated_sources
from experiments.head_ablation.starts import FAR_IOU, far_starts, usual_starts
from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from tests.experiments.head_ablation.made_stores import make_split

TINY = Sizes(generated=(2, 1, 1), length=3, train_regions=2, regions=5, references=2)


def source(frames: int) -> Source:
    return Source("one", np.tile([40.0, 50, 20, 30], (frames, 1)), lambda number: np.zeros((120, 160, 3), np.uint8))


def test_only_training_draws_frames() -> None:
    random = np.random.default_rng(0)
    drawn, references = choose_frames(source(9), True, TINY, random)
    assert len(drawn) == 2 and references == [0, 8]
    assert choose_frames(source(9), False, TINY, random) == ([1, 3, 4, 6, 8], [0])
    assert choose_frames(source(1), True, TINY, random) == ([0, 0], [0])


def test_regions_are_jittered_as_their_split_has_it() -> None:
    random, box = np.random.default_rng(0), np.array([40.0, 50, 20, 30])
    side = np.sqrt(600)

    def offsets(training: bool, far: bool) -> np.ndarray:
        drawn = np.stack([jitter(box, training, far, random) for _ in range(500)])
        return (drawn[:, :2] + drawn[:, 2:] / 2 - [50, 65]) / side

    usual, far, training = offsets(False, False), offsets(False, True), offsets(True, False)
    assert 0.5 < np.abs(usual).max() < 1.2
    assert 0.8 < np.linalg.norm(far, axis=1).mean() < 1.8
    assert np.abs(training).max() > 1.6


def test_usual_starts_are_near_and_far_ones_are_far() -> None:
    boxes = make_split(200, 4, 0).box
    generator = torch.Generator().manual_seed(0)
    near = elementwise_iou(usual_starts(boxes, 3, generator), boxes[:, None], "xywh")
    assert 0.5 < float(near.mean()) < 0.7
    far = far_starts(boxes, 3, generator)
    assert far.shape == (200, 3, 4)
    assert float(elementwise_iou(far, boxes[:, None], "xywh").max()) < FAR_IOU
    center = far[..., :2] + far[..., 2:] / 2
    assert bool(((center > 0) & (center < CROP)).all())


def test_a_target_that_fills_the_region_has_the_farthest_start_there_is() -> None:
    boxes = torch.tensor([[-900.0, -900, 2000, 2000]])
    assert far_starts(boxes, 1, torch.Generator().manual_seed(0)).isfinite().all()


def test_a_split_is_read_as_it_was_written(tmp_path: Path) -> None:
    split = make_split(5, 2, 0)
    write_split(tmp_path / "train", split)
    again = read_split(tmp_path / "train")
    assert again.target == split.target
    for name in ("box", "reference_box", "vector", "first", "count", "starts", "far_starts", "far"):
        assert torch.equal(getattr(again, name), getattr(split, name)), name
    rows = torch.tensor([3, 1])
    for one, other in zip(again.take(rows), split.take(rows), strict=True):
        assert one.dtype == torch.float32 and torch.equal(one, other)


def test_a_region_draws_references_of_its_own_target() -> None:
    split = make_split(40, 4, 0)
    rows = torch.arange(40).repeat(20)
    drawn = split.draw_references(rows, torch.Generator().manual_seed(0))
    assert set((drawn - split.first[rows]).tolist()) == {0, 1}


def test_generated_stores_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = build_stores(tmp_path, sizes=TINY)
    assert [len(stores.split(name)) for name in ("train", "val", "test")] == [4, 5, 5]
    assert stores.test.far.tolist() == [False] * (FAR_EVERY - 1) + [True]
    assert stores.train.search[0].shape == (4, *LAYERS["layer2"], 28) and stores.train.vector.shape == (4, 112)
    middle = stores.train.reference_box[:, :2] + stores.train.reference_box[:, 2:] / 2
    assert float((middle - CROP / 2).abs().max()) < 3
    monkeypatch.setattr(regions, "cut_split", None)
    again = build_stores(tmp_path, sizes=TINY)
    assert torch.equal(again.test.box, stores.test.box) and again.about == stores.about
    assert [path.name for path in tmp_path.iterdir()] == [stores.folder.name] if stores.folder else False


def test_what_was_not_finished_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_stores(tmp_path) is None

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(regions, "cut_split", stop)
    with pytest.raises(KeyboardInterrupt):
        build_stores(tmp_path, sizes=TINY)
    assert list(tmp_path.iterdir()) == []


def test_missing_real_pictures_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--real"):
        build_stores(tmp_path, real=tmp_path / "none", sizes=TINY)
    with pytest.raises(InputError, match="--real: not given"):
        build_stores(tmp_path, otb=tmp_path, sizes=TINY)


def test_no_split_has_anothers_pictures(tmp_path: Path) -> None:
    found = generated_sources(tmp_path, {"train": 1, "val": 1, "test": 1}, 2, 0, 1)
    pictures = [one.read(0) for targets in found.values() for one in targets]
    assert len(pictures) == 3
    assert all(a.shape != b.shape or (a != b).any() for a, b in itertools.pairwise(pictures))
