"""ATOM's processing: fields and shapes, boxes that stay on their target, scores, and spawnable objects."""

import pickle

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data import processing, processing_utils
from siou_tracking.ltr.data import transforms as tfm
from siou_tracking.ltr.data.tensors import TensorDict

DEFAULT = {"min_iou": 0.1, "boxes_per_frame": 16, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}
GMM = {"boxes_per_frame": 32, "proposal_method": "gmm", "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}
KL = {"boxes_per_frame": 32, "proposal_sigma": [(0.05, 0.05)], "gt_sigma": (0, 0), "add_mean_box": True}


def build(cls=processing.ATOMProcessing, params=DEFAULT, mode="sequence", jitter=(0, 4.5, 0, 0.5), **transforms):
    center, scale = {"train": jitter[0], "test": jitter[1]}, {"train": jitter[2], "test": jitter[3]}
    return cls(5.0, 144, center, scale, params, mode, **transforms)


def sample(frames=1):
    """Frames with a white target on black, and its box."""
    image = np.zeros((200, 300, 3), np.uint8)
    image[90:120, 140:180] = 255
    box = torch.tensor([140.0, 90.0, 40.0, 30.0])
    return TensorDict(
        train_images=[image] * frames,
        train_anno=[box.clone() for _ in range(frames)],
        test_images=[image] * frames,
        test_anno=[box.clone() for _ in range(frames)],
        dataset="got10k",
        test_class=None,
    )


def test_sequence_mode_stacks_frames_in_front():
    out = build()(sample(2))
    shapes = {key: tuple(value.shape) for key, value in out.items() if isinstance(value, torch.Tensor)}
    assert shapes == {
        "train_images": (2, 3, 144, 144),
        "train_anno": (2, 4),
        "test_images": (2, 3, 144, 144),
        "test_anno": (2, 4),
        "test_proposals": (2, 16, 4),
        "proposal_iou": (2, 16),
    }
    assert (out["dataset"], out["test_class"]) == ("got10k", None)
    assert all(v.dtype == torch.float32 for v in out.values() if isinstance(v, torch.Tensor))


def test_pair_mode_has_one_frame_and_no_frame_dimension():
    out = build(mode="pair")(sample())
    assert out["test_images"].shape == (3, 144, 144)
    assert out["test_proposals"].shape == (16, 4)
    with pytest.raises(InputError, match="got 2 train frames"):
        build(mode="pair")(sample(2))


def test_the_box_stays_on_the_target_under_jitter_and_flip():
    both = tfm.Transform(tfm.RandomHorizontalFlip(1.0))
    atom = build(joint_transform=both)
    for _ in range(10):
        out = atom(sample())
        for part in ("train", "test"):
            x, y, w, h = out[f"{part}_anno"][0].tolist()
            rows, columns = np.nonzero(out[f"{part}_images"][0, 0].numpy() > 0.5)
            if min(x, y) < 0 or max(x + w, y + h) > 144:
                continue
            found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert np.allclose(found, (x, y, x + w, y + h), atol=2.5)


def test_without_jitter_the_target_is_in_the_middle_at_a_fifth_of_the_crop():
    box = build(jitter=(0, 0, 0, 0))(sample())["test_anno"][0]
    assert (box[:2] + box[2:] / 2).tolist() == pytest.approx([71.5, 71.5], abs=1e-3)
    assert box[2:].prod().sqrt().item() == pytest.approx(144 / 5, rel=0.01)


@pytest.mark.parametrize("params", [DEFAULT, GMM])
def test_proposal_score_is_twice_the_iou_minus_one(params):
    out = build(params=params)(sample())
    overlap = processing_utils.iou(out["test_anno"][:, None], out["test_proposals"])
    assert torch.allclose(out["proposal_iou"], 2 * overlap - 1, atol=1e-5)
    assert out["proposal_iou"].min() >= -1


def test_kl_processing_gives_densities_and_the_mean_box():
    out = build(processing.KLBBregProcessing, KL)(sample())
    assert out["test_proposals"].shape == (1, 33, 4)
    assert torch.equal(out["test_proposals"][0, 0], out["test_anno"][0])
    assert (out["proposal_density"][0, 0], out["gt_density"][0, 0]) == (-1, 1)
    assert "proposal_iou" not in out


def test_jitter_moves_the_window_within_half_the_factor_and_spreads_the_log_size():
    atom = build(jitter=(0, 4.5, 0, 0.5))
    box = torch.tensor([140.0, 90.0, 40.0, 30.0])
    jittered = torch.stack([atom._get_jittered_box(box, "test") for _ in range(3000)])
    assert torch.equal(atom._get_jittered_box(box, "train"), box)
    size = torch.log(jittered[:, 2:] / box[2:])
    assert size.std(dim=0).tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    shift = jittered[:, :2] + jittered[:, 2:] / 2 - (box[:2] + box[2:] / 2)
    relative = shift / jittered[:, 2:].prod(dim=1, keepdim=True).sqrt()
    assert relative.abs().max() <= 2.25 + 1e-4
    assert relative.std(dim=0).tolist() == pytest.approx([4.5 / np.sqrt(12)] * 2, rel=0.05)


def test_frames_of_a_sample_share_the_joint_transform_and_differ_in_the_others():
    color = np.zeros((200, 300, 3), np.uint8)
    color[..., 0] = 200
    data = sample(2)
    data["train_images"] = data["test_images"] = [color] * 2
    gray = set()
    for _ in range(20):
        out = build(
            joint_transform=tfm.Transform(tfm.ToGrayscale(0.5)), transform=tfm.Transform(tfm.ToTensorAndJitter(0.2))
        )(data.copy())
        images = torch.cat((out["train_images"], out["test_images"]))
        gray.add(tuple((images[:, 0] == images[:, 1]).flatten(1).all(dim=1).tolist()))
        assert images[:, 0].flatten(1).max(dim=1).values.unique().numel() == 4
    assert gray == {(True,) * 4, (False,) * 4}


def test_unknown_names_list_the_known():
    with pytest.raises(InputError, match=r"unknown processing mode 'seqence'.*did you mean"):
        build(mode="seqence")
    with pytest.raises(InputError, match="unknown proposal_method 'kl'"):
        build(params={"boxes_per_frame": 2, "proposal_method": "kl"})(sample())


@pytest.mark.parametrize(("cls", "params"), [(processing.ATOMProcessing, GMM), (processing.KLBBregProcessing, KL)])
def test_processing_survives_pickling(cls, params):
    chain = tfm.Transform(tfm.ToTensorAndJitter(0.2), tfm.Normalize([0.5] * 3, [0.2] * 3))
    twin = pickle.loads(pickle.dumps(build(cls, params, transform=chain)))
    assert twin(sample())["test_images"].shape == (1, 3, 144, 144)


def test_cropping_equals_resizing_the_window_by_hand():
    image = np.random.default_rng(0).integers(0, 255, (200, 300, 3)).astype(np.uint8)
    crop, factor = processing_utils.sample_target(image, torch.tensor([140.0, 90.0, 36.0, 36.0]), 3.0, 54)
    # side = 36 * 3 = 108 around (158, 108): columns 104..211, rows 54..161
    assert factor == 0.5
    assert np.array_equal(crop, cv2.resize(image[54:162, 104:212], (54, 54)))
