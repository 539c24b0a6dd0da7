"""ToMP's processing: fields, shapes, and maps that agree with the boxes."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data import transforms as tfm
from siou_tracking.ltr.data.box_maps import ltrb_map, sample_region
from siou_tracking.ltr.data.processing import LTRBDenseRegressionProcessing
from siou_tracking.ltr.data.tensors import TensorDict

LABEL = {"feature_sz": 9, "sigma_factor": 0.05, "kernel_sz": 1}


def build(mode: str = "sequence", labels: dict | None = LABEL, **options) -> LTRBDenseRegressionProcessing:
    center, scale = {"train": 0.0, "test": 4.5}, {"train": 0.0, "test": 0.5}
    options = {"crop_type": "inside_major", "max_scale_change": 1.5, "center_sampling_radius": 1.0, **options}
    return LTRBDenseRegressionProcessing(5.0, 144, center, scale, mode=mode, label_function_params=labels, **options)


def sample(train: int = 2, test: int = 1) -> TensorDict:
    """Frames with a white target on black, and its box."""
    image = np.zeros((200, 300, 3), np.uint8)
    image[90:120, 140:180] = 255
    box = torch.tensor([140.0, 90.0, 40.0, 30.0])
    data = TensorDict(dataset="got10k")
    for part, frames in (("train", train), ("test", test)):
        data[f"{part}_images"], data[f"{part}_anno"] = [image] * frames, [box.clone() for _ in range(frames)]
    return data


def test_both_parts_get_labels_distances_and_regions():
    out = build()(sample())
    shapes = {name: tuple(value.shape) for name, value in out.items() if isinstance(value, torch.Tensor)}
    assert shapes == {
        "train_images": (2, 3, 144, 144),
        "train_anno": (2, 4),
        "test_images": (1, 3, 144, 144),
        "test_anno": (1, 4),
        "train_label": (2, 9, 9),
        "test_label": (1, 9, 9),
        "train_ltrb_target": (2, 4, 9, 9),
        "train_sample_region": (2, 1, 9, 9),
        "test_ltrb_target": (1, 4, 9, 9),
        "test_sample_region": (1, 1, 9, 9),
    }


def test_maps_are_those_of_the_boxes_in_the_crops():
    for radius, normalized in ((1.0, True), (0.0, False)):
        out = build(center_sampling_radius=radius, use_normalized_coords=normalized)(sample())
        for part in ("train", "test"):
            boxes = out[f"{part}_anno"]
            assert torch.equal(out[f"{part}_ltrb_target"], ltrb_map(boxes, 144, 16, normalized))
            assert torch.equal(out[f"{part}_sample_region"], sample_region(boxes, 144, 16, radius))


def test_without_jitter_target_label_and_region_are_in_the_middle():
    out = build()(sample())
    label = out["train_label"][0]
    assert divmod(int(label.argmax()), 9) == (4, 4) and label.max() > 0.9
    assert torch.equal(out["train_sample_region"][0, 0], label > 0.9)
    # A box of 40 x 30 in a window of 174 pixels: 33.1 x 24.8 pixels, whose center is half a pixel off at most.
    left, top, right, bottom = (144 * out["train_ltrb_target"][0, :, 4, 4]).tolist()
    assert (left + right, top + bottom) == pytest.approx((33.1, 24.8), abs=0.1)
    assert abs(left - right) < 1 and abs(top - bottom) < 1


def test_the_box_stays_on_the_target_under_jitter_and_flip():
    flip = tfm.Transform(tfm.RandomHorizontalFlip(0.5))
    process = build(joint_transform=flip, transform=tfm.Transform(tfm.ToTensor(), tfm.RandomHorizontalFlip(0.5)))
    for _ in range(10):
        out = process(sample())
        x, y, w, h = out["test_anno"][0].tolist()
        rows, columns = np.nonzero(out["test_images"][0, 0].numpy() > 0.5)
        if len(rows) and min(x, y) >= 1 and max(x + w, y + h) <= 143:
            found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert np.allclose(found, (x, y, x + w, y + h), atol=2.5)


def test_pair_mode_has_maps_of_one_frame_and_no_labels_unless_asked():
    out = build("pair", labels=None)(sample(1))
    assert out["test_images"].shape == (3, 144, 144)
    assert out["test_ltrb_target"].shape == (1, 4, 9, 9)
    assert "test_label" not in out


def test_fields_can_be_made_of_boxes_alone():
    process = build()
    out = process(sample())
    made = process.draw_fields({part: out[f"{part}_anno"] for part in ("train", "test")})
    assert set(made) == set(out) - {"train_images", "test_images", "train_anno", "test_anno", "dataset"}
    assert all(torch.equal(values, out[name]) for name, values in made.items())


def test_it_survives_pickling_and_unknown_crops_list_the_known():
    assert pickle.loads(pickle.dumps(build()))(sample())["test_label"].shape == (1, 9, 9)
    with pytest.raises(InputError, match="unknown crop_type 'inside_minor': allowed are inside, inside_major"):
        build(crop_type="inside_minor")(sample())
