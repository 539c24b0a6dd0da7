"""The picture and its annotation agree: boxes bound what is drawn, labels count what can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.scenes import Difficulty, RenderedSequence
from siou_tracking.scenes.sprites import target_mask, tight_box

SIZE = (240, 180)


def brute_force_bound(mask: np.ndarray) -> list[int]:
    covered = [(x, y) for y in range(mask.shape[0]) for x in range(mask.shape[1]) if mask[y, x]]
    if not covered:
        return [0, 0, 0, 0]
    xs, ys = zip(*covered, strict=True)
    return [min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1]


def overlap(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    both = np.clip(high - low, 0, None).prod(1)
    return both / np.maximum(boxes[:, 2:].prod(1) + box[2:].prod() - both, 1e-9)


def boxes_of(sequence: RenderedSequence) -> np.ndarray:
    """The boxes of all frames (n, 4) without their pictures, which take most of the time."""
    width, height = sequence.size
    layers = (sequence._layer(sequence._target, index) for index in range(len(sequence)))
    return np.array([tight_box(target_mask(layer, height, width)[0]) for layer in layers])


@pytest.mark.parametrize("seed", range(4))
def test_box_is_the_tight_bound_of_the_targets_mask(seed: int) -> None:
    sequence = RenderedSequence(seed, 6, SIZE)
    for frame, box in zip(sequence, boxes_of(sequence), strict=True):
        assert frame.box.tolist() == box.tolist() == brute_force_bound(frame.mask)


@pytest.mark.parametrize("seed", range(12))
def test_taking_the_target_away_changes_the_picture_inside_its_box_only(seed: int) -> None:
    """Independent of the mask: the difference of two renderings is where the target is seen."""
    sequence = RenderedSequence(seed, 4, SIZE, difficulty=Difficulty(blur=0, noise=0, light=0, resident=0, occluders=0))
    sequence._target.shadow = False
    sequence._sensor.focus[:] = 0
    for index in range(4):
        frame, empty = sequence.frame(index), sequence.frame(index, with_target=False)
        changed = np.abs(frame.image.astype(int) - empty.image).max(axis=2)
        x, y, w, h = frame.box.astype(int)
        far = changed.copy()
        # pixels that the soft edge covers by less than one half lie outside the box
        far[max(0, y - 3) : y + h + 3, max(0, x - 3) : x + w + 3] = 0
        whole = all(part.target for part in sequence._target.sprite.parts)
        if whole:
            assert far.max(initial=0) <= 2
        # nearly all of the mask differs from what is behind it
        assert (changed[frame.mask] > 0).mean() > 0.8 or frame.mask.sum() < 20


def test_box_lies_inside_the_image() -> None:
    for seed in range(6):
        for frame in RenderedSequence(seed, 5, SIZE, difficulty=Difficulty(outside=2.0, speed=0.5)):
            x, y, w, h = frame.box
            assert 0 <= x <= x + w <= SIZE[0] and 0 <= y <= y + h <= SIZE[1]


def test_cover_is_the_visible_part_of_the_targets_area_in_eighths() -> None:
    seen = set()
    for seed in range(8):
        sequence = RenderedSequence(seed, 8, SIZE, difficulty=Difficulty(occluders=3, outside=0.5))
        for index, frame in enumerate(sequence):
            layer = sequence._layer(sequence._target, index)
            area = sum(int(value > 127.5) for value in layer.target.ravel())
            visible = sum(bool(value) for value in frame.visible.ravel())
            assert frame.cover == round(8 * visible / area)
            assert not (frame.visible & ~frame.mask).any()
            assert frame.cut == (frame.mask.sum() < area)
            seen.add(frame.cover)
    assert len(seen) >= 4, f"covers {seen} are too uniform to test anything"


def test_nothing_is_hidden_without_occluders() -> None:
    for seed in range(4):
        for frame in RenderedSequence(seed, 4, SIZE, difficulty=Difficulty(occluders=0)):
            assert (frame.visible == frame.mask).all()


def test_equal_seeds_draw_equal_bytes_and_others_do_not() -> None:
    first, again, other = (b"".join(f.image.tobytes() for f in RenderedSequence(seed, 3, SIZE)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_frames_do_not_depend_on_the_order_they_are_asked_for() -> None:
    sequence = RenderedSequence(2, 5, SIZE)
    backwards = [sequence.frame(index).image for index in (4, 2, 0)]
    assert all((a == sequence.frame(i).image).all() for a, i in zip(backwards, (4, 2, 0), strict=True))


def test_photographs_of_the_splits_give_different_pictures() -> None:
    assert (RenderedSequence(1, 2, SIZE).frame(0).image != RenderedSequence(1, 2, SIZE, "heldout").frame(0).image).any()


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_a_box_that_never_moves_scores_below_035(split: str) -> None:
    scores = []
    for seed in range(14):
        boxes = boxes_of(RenderedSequence(seed, 40, SIZE, split))
        scores.append(overlap(boxes[1:], boxes[0]).mean())
    assert np.mean(scores) < 0.35


def test_targets_vary_in_size_and_shape_and_stay_trackable() -> None:
    boxes = np.array([boxes_of(RenderedSequence(seed, 2))[0] for seed in range(40)])
    shape, size = np.log(boxes[:, 2] / boxes[:, 3]), np.sqrt(boxes[:, 2:].prod(1))
    assert shape.min() < -0.5 and shape.max() > 0.3
    assert size.min() < 35 and size.max() > 70
    assert (boxes[:, 2:] >= 4).all()


def test_zero_difficulty_gives_a_still_background() -> None:
    calm = Difficulty(camera=0, light=0, blur=0, noise=0, distractors=0, occluders=0, resident=0)
    sequence = RenderedSequence(3, 3, SIZE, difficulty=calm)
    first, last = (sequence.frame(index, with_target=False).image for index in (0, 2))
    assert (first == last).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"length": 1}, "length"),  # no motion to follow
        ({"length": 2.5}, "length"),
        ({"size": (10, 10)}, "size"),
        ({"size": (100, 100, 3)}, "size"),
        ({"split": "test"}, "heldout"),  # GOT-10k's word, not ours
        ({"seed": -1}, "seed"),
    ],
)
def test_unusable_arguments_are_refused_by_name(arguments: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        RenderedSequence(**{"seed": 0, **arguments})
