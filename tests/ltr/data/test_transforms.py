"""Transforms: the joined table equals one step at a time, boxes stay in step with images, rolls are shared or not."""

import pickle

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data import transforms as tfm

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)


@pytest.mark.parametrize("first", [tfm.ToTensor(), tfm.ToTensorAndJitter(0.2), tfm.ToTensorAndJitter(0.5, False)])
def test_the_joined_table_equals_one_step_at_a_time(image, first):
    second = tfm.Normalize(MEAN, STD)
    joined = tfm.Transform(first, second)(image=image)
    stepwise = second(**first(image=image, new_roll=False))["image"]
    assert joined.shape == (3, 20, 30)
    assert joined.is_contiguous()
    assert torch.allclose(joined, stepwise, atol=1e-5)


def test_a_strided_view_is_looked_up_like_a_copy(image):
    transform = tfm.Transform(tfm.ToTensor(), tfm.Normalize(MEAN, STD))
    view = image[2:12, 3:20]
    assert torch.equal(transform(image=view), transform(image=view.copy()))


def test_a_subclass_that_replaces_only_the_image_step_is_obeyed(image):
    class Negative(tfm.ToTensor):
        def transform_image(self, image):
            return 1 - super().transform_image(image)

    out = tfm.Transform(Negative(), tfm.Normalize([0.0] * 3, [1.0] * 3))(image=image)
    assert torch.allclose(out, 1 - torch.from_numpy(image).permute(2, 0, 1) / 255)


def test_brightness_stays_in_range_and_scales_all_pixels_as_stats_type(image):
    out = tfm.Transform(tfm.ToTensorAndJitter(0.2))(image=np.full((4, 4, 3), 100, np.uint8))
    assert out.unique().numel() == 1
    assert 0.8 * 100 / 255 <= out[0, 0, 0] <= 1.2 * 100 / 255
    assert tfm.Transform(tfm.ToTensorAndJitter(0.9))(image=image).max() <= 1


def test_grayscale_is_opencvs_luma_in_every_channel(image):
    out = tfm.Transform(tfm.ToGrayscale(probability=1.0))(image=image)
    assert np.array_equal(out, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[:, :, None].repeat(3, 2))
    assert tfm.Transform(tfm.ToGrayscale(probability=0.0))(image=image) is image


def test_a_flip_moves_the_box_with_its_pixels(image):
    image[:] = 0
    image[5:10, 4:8] = 255
    flipped, box = tfm.Transform(tfm.RandomHorizontalFlip(1.0))(image=image, bbox=torch.tensor([4.0, 5.0, 4.0, 5.0]))
    rows, columns = np.nonzero(flipped[:, :, 0])
    assert (rows.min(), rows.max(), columns.max() - columns.min()) == (5, 9, 3)
    # x -> W - 1 - x on the corners 4 and 8 of a 30 wide image
    assert box.tolist() == [21.0, 5.0, 4.0, 5.0]
    as_tensor, _ = tfm.Transform(tfm.ToTensor(), tfm.RandomHorizontalFlip(1.0))(image=image, bbox=box)
    assert np.array_equal(as_tensor[0].numpy() > 0, flipped[:, :, 0] > 0)


def test_joint_shares_one_roll_and_new_roll_false_repeats_it():
    jitter = tfm.Transform(tfm.ToTensorAndJitter(0.5))
    gray = np.full((2, 2, 3), 90, np.uint8)
    first, second = jitter(image=[gray, gray])
    (third,) = jitter(image=[gray], new_roll=False)
    assert torch.equal(first, second)
    assert torch.equal(first, third)
    apart = jitter(image=[gray] * 4, joint=False)
    assert len({t[0, 0, 0].item() for t in apart}) == 4


def test_results_come_in_the_order_of_the_keywords(image):
    box = torch.zeros(4)
    assert tfm.Transform(tfm.ToTensor())(bbox=box, image=image)[0] is box
    boxes, images = tfm.Transform(tfm.ToTensor())(bbox=[box], image=[image], joint=False)
    assert boxes[0] is box
    assert images[0].shape == (3, 20, 30)


def test_blur_keeps_the_mean_and_spreads_a_point():
    point = np.zeros((21, 21, 3), np.float32)
    point[10, 10] = 1
    out = tfm.Transform(tfm.Blur(2.0))(image=point)
    assert out[..., 0].sum() == pytest.approx(1, abs=1e-4)
    assert 0 < out[10, 13, 0] < out[10, 10, 0]
    tensor = torch.from_numpy(point).permute(2, 0, 1)
    assert np.allclose(tfm.Transform(tfm.RandomBlur(2.0, 1.0))(image=tensor).permute(1, 2, 0), out)


def test_user_mistakes_are_named(image):
    with pytest.raises(InputError, match=r"unknown transform input 'boxes'.*did you mean"):
        tfm.Transform(tfm.ToTensor())(image=image, boxes=torch.zeros(4))
    with pytest.raises(InputError, match="std above 0"):
        tfm.Normalize(MEAN, [0.2, 0.2, 0.0])
    with pytest.raises(InputError, match="no image or mask"):
        tfm.Transform(tfm.RandomHorizontalFlip(1.0))(bbox=torch.zeros(4))


def test_a_chain_survives_pickling(image):
    chain = tfm.Transform(tfm.ToGrayscale(0.05), tfm.ToTensor(), tfm.Normalize(MEAN, STD))
    assert torch.equal(pickle.loads(pickle.dumps(chain))(image=image), chain(image=image))
