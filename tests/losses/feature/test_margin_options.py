"""The options of the margin losses: distances, centers, pairs, weights, and what is refused."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from siou_tracking.errors import InputError
from siou_tracking.losses import DetectionMarginLoss, DIMLoss, IdentificationMarginLoss
from siou_tracking.losses.feature.distance import DISTANCES, feature_distance


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def radii(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean(0)).square().mean(1).sqrt()


def gradient(loss: nn.Module, x: torch.Tensor, **kwargs) -> torch.Tensor:
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(x, **kwargs), x)[0]


@pytest.mark.parametrize("distance", DISTANCES)
def test_distances_follow_their_definition(distance: str) -> None:
    a, b = normal(9, 6), normal(9, 6, seed=1)
    length = (a - b).norm(dim=1)
    cosine = torch.cosine_similarity(a, b)
    expected = {
        "rms": length / math.sqrt(6),
        "l2": length,
        "sq": (a - b).square().mean(1),
        "cosine": 1 - cosine,
        "unit": (2 - 2 * cosine).sqrt(),
    }[distance]
    torch.testing.assert_close(feature_distance(a, b, distance), expected)


def test_terms_are_the_means_over_objects_that_the_definition_says() -> None:
    x = normal(30, 8)
    d = radii(x).tolist()
    terms = DIMLoss(1.1, 0.9, weight_det=3.0, weight_id=0.5).terms(x)
    assert terms.detection.item() == pytest.approx(3 * sum(max(0, r - 1.1) ** 2 for r in d) / 30)
    assert terms.identification.item() == pytest.approx(0.5 * sum(max(0, 0.9 - r) ** 2 for r in d) / 30)
    torch.testing.assert_close(DetectionMarginLoss(1.1)(x), terms.detection / 3)
    torch.testing.assert_close(IdentificationMarginLoss(0.9)(x), terms.identification * 2)


def test_each_image_has_its_own_center_whatever_the_images_are_numbered() -> None:
    x = normal(9, 4) + torch.arange(9)[:, None] // 3 * 50
    images = torch.tensor([70, 70, 70, -3, -3, -3, 5, 5, 5])
    shuffle = torch.tensor([4, 8, 0, 2, 6, 1, 7, 3, 5])
    d, _ = DIMLoss(1.0, 0.5, center="image").distances(x[shuffle], images[shuffle])
    expected = torch.cat([radii(group) for group in x.split(3)])
    torch.testing.assert_close(d, expected[shuffle])
    with pytest.raises(InputError, match="batch_index: got none"):
        DIMLoss(1.0, 0.5, center="image")(x)


def test_an_object_alone_in_its_image_is_left_out_of_the_mean() -> None:
    x = normal(5, 4, scale=3.0)
    images = torch.tensor([0, 0, 1, 0, 0])
    loss = DIMLoss(1.0, 0.5, center="image")
    rest = images == 0
    torch.testing.assert_close(loss(x, images), loss(x[rest], images[rest]))


@pytest.mark.parametrize("center", ["batch", "image"])
def test_pairs_are_those_of_different_identity(center: str) -> None:
    x = normal(8, 4, scale=0.3)
    ids = [3, 3, 5, 7, 7, 9, 5, 3]
    images = [0, 1, 0, 0, 1, 1, 1, 2]
    loss = IdentificationMarginLoss(1.0, "pairwise", center=center)
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(8), 2)
        if ids[i] != ids[j] and (center == "batch" or images[i] == images[j])
    ]
    costs = [max(0, 1 - (x[i] - x[j]).square().mean().sqrt().item()) ** 2 for i, j in pairs]
    value = loss(x, torch.tensor(images), torch.tensor(ids))
    assert value.item() == pytest.approx(sum(costs) / len(costs))


def test_without_identities_only_objects_of_one_picture_are_known_to_differ() -> None:
    x = normal(6, 4, scale=0.3)
    images = torch.tensor([0, 0, 0, 1, 1, 1])
    loss = IdentificationMarginLoss(1.0, "pairwise")
    torch.testing.assert_close(loss(x, images), (loss(x[:3]) + loss(x[3:])) / 2)
    assert loss(x, images) != loss(x)


def test_blocks_of_pairs_change_neither_value_nor_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    x, ids = normal(50, 6), torch.arange(50) // 2
    loss = IdentificationMarginLoss(1.2, "pairwise")
    whole = loss(x, ids=ids), gradient(loss, x, ids=ids)
    monkeypatch.setattr("siou_tracking.losses.feature.distance.BLOCK_NUMBERS", 7 * 50 * 6)
    torch.testing.assert_close((loss(x, ids=ids), gradient(loss, x, ids=ids)), whole)


class LargestTensor(TorchDispatchMode):
    """Notes how many numbers the largest tensor has that any operation makes."""

    numbers = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, torch.Tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return made


def test_no_tensor_is_larger_than_a_block_of_pairs_forward_or_backward(monkeypatch: pytest.MonkeyPatch) -> None:
    x, block = normal(50, 6), 7 * 50 * 6
    loss = DIMLoss(1.4, 1.2, spread="pairwise")
    for size, expected in ((2**24, 50 * 50 * 6), (block, block)):
        monkeypatch.setattr("siou_tracking.losses.feature.distance.BLOCK_NUMBERS", size)
        with LargestTensor() as largest:
            gradient(loss, x)
        assert largest.numbers == expected


def test_running_center_follows_the_batches_and_serves_a_single_object() -> None:
    loss = DIMLoss(1.0, 0.5, center="ema", channels=4, momentum=0.25)
    first, second = normal(10, 4), normal(10, 4, seed=1) + 2
    assert loss(normal(1, 4)[:0]) == 0
    torch.testing.assert_close(loss(first), DIMLoss(1.0, 0.5)(first))
    torch.testing.assert_close(loss.running.center.double(), first.mean(0))
    expected = 0.75 * first.mean(0) + 0.25 * second.mean(0)
    loss(second)
    torch.testing.assert_close(loss.running.center.double(), expected)
    one = normal(1, 4, seed=2) + 9
    loss.eval()
    torch.testing.assert_close(loss.distances(one)[0], (one - expected).square().mean(1).sqrt(), rtol=1e-6, atol=1e-6)
    assert gradient(loss, one).any()
    torch.testing.assert_close(loss.running.center.double(), expected)


def test_running_center_survives_saving_and_bad_batches() -> None:
    loss = DIMLoss(1.0, 0.5, center="ema", channels=4)
    loss(normal(10, 4))
    kept = loss.running.center.clone()
    loss(torch.full((3, 4), math.nan))
    loss(normal(3, 4), weights=torch.zeros(3))
    loss.distances(normal(3, 4))
    assert torch.equal(loss.running.center, kept)
    other = DIMLoss(1.0, 0.5, center="ema", channels=4)
    other.load_state_dict(loss.state_dict())
    other.eval(), loss.eval()
    torch.testing.assert_close(other(normal(6, 4, seed=3)), loss(normal(6, 4, seed=3)))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"margin_det": -0.1}, "margin_det: got -0.1"),
        ({"margin_id": math.nan}, "margin_id: got nan"),
        ({"margin_det": math.inf}, "margin_det: got inf"),
        ({"margin_det": None}, "margin_det: got None.*calibrate_margins"),
        ({"margin_id": True}, "margin_id: got True"),
        ({"weight_det": -1}, "weight_det: got -1"),
        ({"spread": "pairs"}, "unknown spread 'pairs'.*did you mean 'pairwise'"),
        ({"distance": "rmse"}, "unknown distance 'rmse'.*did you mean 'rms'"),
        ({"center": "center"}, "unknown center 'center'"),
        ({"power": 3}, "power: got 3"),
        ({"detach_center": 1}, "detach_center: got 1"),
        ({"center": "ema"}, "channels: got None"),
        ({"center": "ema", "channels": 4, "momentum": 0}, "momentum: got 0"),
        ({"center": "ema", "channels": 4, "detach_center": False}, "detach_center=False"),
        ({"center": "ema", "channels": 4, "unbiased": True}, "unbiased=True"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_by_name(params: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        DIMLoss(**{"margin_det": 1.0, "margin_id": 0.5, **params})


def test_a_running_center_of_another_width_is_refused() -> None:
    with pytest.raises(InputError, match="got 5 channels, allowed are the running center's 4"):
        DIMLoss(1.0, 0.5, center="ema", channels=4)(torch.zeros(3, 5))


def test_module_prints_its_settings() -> None:
    text = repr(DIMLoss(0.95, 0.65, spread="pairwise", center="image"))
    assert "margin_det=0.95, margin_id=0.65" in text
    assert "spread='pairwise'" in text
    assert "center='image'" in text
