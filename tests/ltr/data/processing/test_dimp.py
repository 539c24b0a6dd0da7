"""DiMP's and PrDiMP's processing: fields and shapes, labels on their target, densities, frames without a target."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data import processing, processing_utils
from siou_tracking.ltr.data import transforms as tfm
from siou_tracking.ltr.data.tensors import TensorDict

SCORED = {"min_iou": 0.1, "boxes_per_frame": 8, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}
MIXED = {"boxes_per_frame": 8, "proposal_method": "gmm", "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}
DENSITY = {"boxes_per_frame": 32, "gt_sigma": (0.05, 0.05), "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}
LABEL = {"feature_sz": 9, "sigma_factor": 0.05, "kernel_sz": 4}
NORMALIZED = {**LABEL, "normalize": True}
JITTER = {"train": 3, "test": 4.5}, {"train": 0.25, "test": 0.5}
STILL = {"train": 0, "test": 0}, {"train": 0, "test": 0}


def dimp(params=SCORED, jitter=JITTER, mode="sequence", **options):
    return processing.DiMPProcessing(
        5.0, 144, *jitter, mode=mode, proposal_params=params, label_function_params=LABEL, **options
    )


def prdimp(jitter=JITTER, mode="sequence", params=DENSITY, density=NORMALIZED, **options):
    return processing.KLDiMPProcessing(
        *(5.0, 144, *jitter, "inside_major", 1.5, mode, params, LABEL, density), **options
    )


def sample(train=3, test=3, **more) -> TensorDict:
    """Frames with a white target on black, and its box."""
    image = np.zeros((200, 300, 3), np.uint8)
    image[90:120, 140:180] = 255
    box = torch.tensor([140.0, 90.0, 40.0, 30.0])
    return TensorDict(
        train_images=[image] * train,
        train_anno=[box.clone() for _ in range(train)],
        test_images=[image] * test,
        test_anno=[box.clone() for _ in range(test)],
        dataset="got10k",
        **more,
    )


def shapes(out: TensorDict) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in out.items() if isinstance(value, torch.Tensor)}


def test_dimp_adds_proposals_of_test_frames_and_labels_of_all():
    out = dimp()(sample(3, 2))
    assert shapes(out) == {
        "train_images": (3, 3, 144, 144),
        "train_anno": (3, 4),
        "test_images": (2, 3, 144, 144),
        "test_anno": (2, 4),
        "test_proposals": (2, 8, 4),
        "proposal_iou": (2, 8),
        "train_label": (3, 10, 10),
        "test_label": (2, 10, 10),
    }
    assert all(value.dtype == torch.float32 for value in out.values() if isinstance(value, torch.Tensor))


def test_prdimp_adds_densities_in_the_place_of_scores():
    out = prdimp()(sample(2, 3))
    assert shapes(out) == {
        "train_images": (2, 3, 144, 144),
        "train_anno": (2, 4),
        "test_images": (3, 3, 144, 144),
        "test_anno": (3, 4),
        "test_proposals": (3, 32, 4),
        "proposal_density": (3, 32),
        "gt_density": (3, 32),
        "train_label": (2, 10, 10),
        "test_label": (3, 10, 10),
        "train_label_density": (2, 10, 10),
        "test_label_density": (3, 10, 10),
    }


@pytest.mark.parametrize("made", [dimp(mode="pair"), prdimp(mode="pair")])
def test_pair_mode_has_no_frame_dimension_but_in_labels(made):
    out = made(sample(1, 1))
    assert (out["test_images"].shape, out["test_anno"].shape) == ((3, 144, 144), (4,))
    assert out["test_label"].shape == (1, 10, 10)
    with pytest.raises(InputError, match="got 3 train frames"):
        made(sample())


def test_what_has_no_parameters_is_not_added():
    out = processing.DiMPProcessing(5.0, 144, *JITTER, mode="sequence")(sample())
    assert shapes(out).keys() == {"train_images", "train_anno", "test_images", "test_anno"}
    out = processing.KLDiMPProcessing(5.0, 144, *JITTER, mode="sequence", proposal_params=DENSITY)(sample())
    assert "test_label" not in out and "test_label_density" not in out
    with pytest.raises(InputError, match="KLDiMPProcessing: proposal_params: got None"):
        processing.KLDiMPProcessing(5.0, 144, *JITTER)


def test_box_and_label_stay_on_the_target_under_jitter_and_flips():
    made = dimp(
        transform=tfm.Transform(tfm.ToTensor(), tfm.RandomHorizontalFlip(0.5)),
        joint_transform=tfm.Transform(tfm.RandomHorizontalFlip(0.5)),
    )
    checked = 0
    for _ in range(6):
        out = made(sample())
        for part in ("train", "test"):
            for box, image, label in zip(out[f"{part}_anno"], out[f"{part}_images"], out[f"{part}_label"], strict=True):
                x, y, w, h = box.tolist()
                if min(x, y) < 0 or max(x + w, y + h) > 144:
                    continue
                rows, columns = np.nonzero(image[0].numpy() > 0.5)
                found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
                assert np.allclose(found, (x, y, x + w, y + h), atol=2.5)
                row, column = divmod(int(label.argmax()), 10)
                assert abs(16 * column - (x + w / 2)) <= 8.1 and abs(16 * row - (y + h / 2)) <= 8.1
                checked += 1
    assert checked > 6


def test_a_joint_flip_mirrors_train_and_test_frames_alike():
    made = dimp(jitter=STILL, joint_transform=tfm.Transform(tfm.RandomHorizontalFlip(0.5)))
    image = np.tile(np.arange(200, dtype=np.uint8)[None, :, None], (200, 1, 3))
    rising = set()
    for _ in range(12):
        data = sample(2, 2)
        data["train_images"], data["test_images"] = [image] * 2, [image] * 2
        for key in ("train_anno", "test_anno"):
            data[key] = [torch.tensor([80.0, 80.0, 40.0, 40.0])] * 2
        out = made(data)
        lines = torch.cat((out["train_images"], out["test_images"]))[:, 0, 70]
        directions = {bool(line[100] > line[40]) for line in lines}
        assert len(directions) == 1
        rising |= directions
    assert rising == {True, False}


@pytest.mark.parametrize("params", [SCORED, MIXED])
def test_a_score_is_twice_the_iou_minus_one(params):
    out = dimp(params)(sample())
    overlap = processing_utils.iou(out["test_anno"][:, None], out["test_proposals"])
    assert torch.allclose(out["proposal_iou"], 2 * overlap - 1, atol=1e-5)


def test_frames_are_drawn_for_together_and_each_around_its_own_target():
    boxes = torch.tensor([[10.0, 20.0, 30.0, 40.0], [90.0, 80.0, 20.0, 10.0]])
    for made in (dimp(MIXED), prdimp()):
        drawn = made.draw_proposals(boxes)
        middles = drawn["test_proposals"][..., :2] + drawn["test_proposals"][..., 2:] / 2
        target = boxes[:, None, :2] + boxes[:, None, 2:] / 2
        assert ((middles - target).abs() < 3 * boxes[:, None, 2:]).all()
        assert not torch.equal(drawn["test_proposals"][0] - boxes[0], drawn["test_proposals"][1] - boxes[1])


def test_a_method_of_the_users_own_is_called_frame_by_frame():
    class Own(processing.KLDiMPProcessing):
        def _generate_proposals(self, box):
            return box.repeat(2, 1), torch.ones(2), torch.full((2,), 3.0)

    out = Own(5.0, 144, *STILL, mode="sequence", proposal_params=DENSITY)(sample())
    assert torch.equal(out["test_proposals"], out["test_anno"].unsqueeze(1).expand(3, 2, 4))
    assert out["gt_density"].tolist() == [[3.0, 3.0]] * 3


def test_frames_flagged_as_of_another_object_have_no_target_and_no_label():
    out = prdimp()(sample(3, 2, is_distractor_train_frame=[False, True, False], is_distractor_test_frame=[1, 0]))
    assert (out["train_anno"][:, 0] > 99999).tolist() == [False, True, False]
    assert (out["test_anno"][:, :2] > 99999).tolist() == [[True, True], [False, False]]
    assert out["train_label"].amax(dim=(1, 2))[1] == 0 < out["train_label"].amax(dim=(1, 2))[0]
    assert torch.allclose(out["test_label_density"][0], torch.tensor(1 / 100))  # spread evenly
    assert out["test_proposals"].abs().max() < 99999  # drawn before


def test_density_options_threshold_shrink_and_share():
    box = torch.tensor([[60.0, 60.0, 24.0, 24.0]])

    def density(**options):
        return prdimp(density={**LABEL, **options})._generate_label_density(box)[0]

    assert density(normalize=True).sum().item() == pytest.approx(1)
    assert torch.allclose(density(shrink=0.25), 0.75 * density())
    cut = density(threshold=0.05)
    assert torch.equal(cut, density().masked_fill(density() <= 0.05, 0)) and (cut == 0).any()
    assert density(uni_weight=0.5).min().item() == pytest.approx(0.5 / 100, rel=1e-3)
    assert density(interp_factor=2).shape == (19, 19)


def test_instances_travel_to_worker_processes():
    for made in (dimp(), prdimp()):
        assert shapes(pickle.loads(pickle.dumps(made))(sample())) == shapes(made(sample()))


def test_an_unknown_crop_type_ends_at_once():
    with pytest.raises(InputError, match="crop_type 'outside'"):
        dimp(crop_type="outside")
