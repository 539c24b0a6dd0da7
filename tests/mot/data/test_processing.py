"""Training frames: boxes stay on what they mark, whatever is done to the picture."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.data.letterbox import GRAY
from siou_tracking.mot.data.processing import Augmentation, MOTProcessing, inside_share, recolor


def marked_frame(box: tuple[int, int, int, int]) -> np.ndarray:
    """As gray as the border, with the box in white."""
    image = np.full((70, 110, 3), GRAY, np.uint8)
    x0, y0, x1, y1 = box
    image[y0:y1, x0:x1] = 255
    return image


@pytest.mark.parametrize("seed", range(12))
def test_the_box_stays_on_the_person_through_every_augmentation(seed):
    box = (30, 20, 50, 60)
    process = MOTProcessing(88, 56, Augmentation(flip=0.5, scale=(0.6, 1.3), shift=0.05, color=0.0))
    picture, boxes, learned = process(marked_frame(box), np.array([box], float), np.random.default_rng(seed))
    assert picture.shape == (3, 56, 88) and learned.all()
    white = (picture[0].numpy() - float(GRAY)) / (255 - GRAY)
    x0, y0, x1, y1 = np.clip(boxes[0], 0, [88, 56, 88, 56])
    # The mass and the middle of the white rectangle, to a fraction of a pixel.
    across, down = white.sum(0), white.sum(1)
    assert white.sum() == pytest.approx((x1 - x0) * (y1 - y0), rel=0.03)
    assert (across * (np.arange(88) + 0.5)).sum() / across.sum() == pytest.approx((x0 + x1) / 2, abs=0.15)
    assert (down * (np.arange(56) + 0.5)).sum() / down.sum() == pytest.approx((y0 + y1) / 2, abs=0.15)


def test_without_augmentation_the_frame_is_only_fitted():
    box = np.array([[10.0, 10, 40, 50]])
    picture, boxes, _ = MOTProcessing(220, 140)(marked_frame((10, 10, 40, 50)), box, np.random.default_rng(0))
    np.testing.assert_allclose(boxes, box * 2)
    assert picture[0, 60, 50] == 255


def test_persons_of_whom_too_little_is_left_are_not_learned():
    boxes = np.array([[-9.0, 10, 1, 20], [-5, 10, 5, 20], [30, 30, 30, 40], [200, 10, 210, 20]])
    _, _, learned = MOTProcessing(110, 70)(marked_frame((0, 0, 1, 1)), boxes, np.random.default_rng(0))
    assert learned.tolist() == [False, True, False, False]


def test_inside_share_by_hand():
    boxes = np.array([[-5.0, -5, 5, 5], [0, 0, 10, 10], [8, 0, 18, 10], [5, 5, 5, 9], [9, 9, 7, 7]])
    np.testing.assert_allclose(inside_share(boxes, 10, 10), [0.25, 1, 0.2, 0, 0])


def test_frames_without_boxes_are_samples_too():
    how = Augmentation()
    picture, boxes, learned = MOTProcessing(64, 40, how)(
        marked_frame((0, 0, 9, 9)), np.zeros((0, 4)), np.random.default_rng(0)
    )
    assert picture.shape == (3, 40, 64) and boxes.shape == (0, 4) and learned.shape == (0,)


def test_equal_random_numbers_give_equal_samples():
    process = MOTProcessing(88, 56, Augmentation())
    frame = np.random.default_rng(1).integers(0, 255, (70, 110, 3), dtype=np.uint8)
    samples = [process(frame, np.array([[1.0, 2, 30, 40]]), np.random.default_rng(seed)) for seed in (4, 4, 5)]
    assert all(np.array_equal(a, b) for a, b in zip(samples[0], samples[1], strict=True))
    assert not np.array_equal(samples[0][0], samples[2][0])


def test_recoloring_by_one_keeps_the_picture_and_saturation_zero_makes_it_gray():
    image = np.random.default_rng(2).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    assert np.abs(recolor(image, 1, 1).astype(int) - image).max() <= 4  # rounding of the color space
    gray = recolor(image, 0, 1)
    assert (gray == gray[..., :1]).all()
    np.testing.assert_allclose(recolor(image, 1, 0.5).max(2), image.max(2) // 2, atol=1)


@pytest.mark.parametrize(
    "values", [{"flip": 1.5}, {"scale": (0.0, 1.0)}, {"scale": (2.0, 1.0)}, {"shift": -0.1}, {"color": 2}]
)
def test_amounts_out_of_range_are_refused(values):
    with pytest.raises(InputError, match="augmentation"):
        Augmentation(**values)
