"""Heads learn what their stores say, whatever the loss, and equal seeds give equal numbers."""

from __future__ import annotations

import math

import pytest
import torch

from experiments.head_ablation.centers import focal_loss, gaussian_label, train_cells
from experiments.head_ablation.dense_heads import CenterHead, LtrbHead, near_center
from experiments.head_ablation.head import Draw, Schedule
from experiments.head_ablation.losses import GAUSSIAN, LossSpec
from experiments.head_ablation.pairs import CROP
from experiments.head_ablation.score_heads import DENSITY_PROPOSALS, GT_SIGMA, DensityHead, draw_mixture
from experiments.head_ablation.towers import cell_centers, take_cells
from experiments.head_ablation.training import HEADS, train_head
from siou_tracking.errors import InputError
from siou_tracking.losses import registered_box_losses
from tests.experiments.head_ablation.made_stores import make_stores, repeat_train

SHORT = Schedule(iterations=40, looks=2, center_iterations=60)
SHORTEST = Schedule(iterations=3, looks=1, center_iterations=3)


@pytest.mark.parametrize("head", HEADS)
def test_every_loss_gives_every_parameter_a_gradient(head: str) -> None:
    stores = make_stores()
    names = [*registered_box_losses(), "2*giou+5*l1", GAUSSIAN]
    taken = [spec for spec in map(LossSpec, names) if HEADS[head].takes(spec)]
    assert len(taken) > 10
    for spec in taken:
        made = HEADS[head](spec, 0, stores, SHORTEST)
        loss = made.objective(torch.arange(4), Draw.seeded(0))
        loss.backward()
        gradients = [parameter.grad for parameter in made.network.parameters()]
        assert loss.isfinite() and all(one is not None and one.isfinite().all() for one in gradients), spec.label
        assert sum(bool(one.any()) for one in gradients if one is not None) > len(gradients) / 2, spec.label


@pytest.mark.parametrize(
    ("head", "loss", "least"),
    [("score", "smooth_iou", 0.7), ("density", GAUSSIAN, 0.7), ("ltrb", "giou", 0.75), ("center", "smooth_iou", 0.7)],
)
def test_a_head_overfits_a_tiny_store(head: str, loss: str, least: float) -> None:
    run = train_head(head, LossSpec(loss), 0, repeat_train(make_stores()), HEADS[head].rates[1], SHORT)
    assert run.mean("iou") > least
    assert run.not_finite == 0


@pytest.mark.parametrize("head", HEADS)
def test_equal_seeds_give_equal_numbers(head: str) -> None:
    stores, spec = make_stores(), LossSpec("smooth_iou")
    before = torch.get_rng_state()
    one, again = (train_head(head, spec, 3, stores, 0.003, SHORTEST).to_json() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    other = train_head(head, spec, 4, stores, 0.003, SHORTEST).to_json()
    assert {**one, "seconds": 0} == {**again, "seconds": 0}
    assert one["test"] != other["test"]


def test_what_a_head_cannot_train_with_is_refused() -> None:
    stores = make_stores(8)
    for head, loss in (("score", "piou"), ("density", "l1"), ("score", "wiou_v3"), ("ltrb", GAUSSIAN)):
        with pytest.raises(InputError, match=f"head {head}: loss {loss}"):
            train_head(head, LossSpec(loss), 0, stores, 0.003)
    with pytest.raises(InputError, match=r"unknown head 'corner'"):
        train_head("corner", LossSpec("iou"), 0, stores, 0.003)


def test_the_mixture_of_many_boxes_is_that_of_one() -> None:
    boxes = torch.tensor([[10.0, 20, 30, 60], [100.0, 90, 20, 10]]).repeat(4000, 1)
    proposals, sampled, density = draw_mixture(boxes, 2, Draw.seeded(0))
    assert proposals.shape == (8000, 2, 4) and sampled.shape == density.shape == (8000, 2)
    center = proposals[..., :2] + proposals[..., 2:] / 2 - (boxes[:, None, :2] + boxes[:, None, 2:] / 2)
    offset = torch.cat((center / boxes[:, None, 2:], (proposals[..., 2:] / boxes[:, None, 2:]).log()), -1)
    narrow = math.sqrt(2 * math.pi) * GT_SIGMA[0]
    expected = (-(offset**2).sum(-1) / (2 * GT_SIGMA[0] ** 2)).exp() / narrow**4
    torch.testing.assert_close(density, expected, rtol=2e-3, atol=1e-3)
    deviation = offset.flatten(0, 1).std(0)
    torch.testing.assert_close(deviation, torch.full((4,), math.sqrt((0.05**2 + 0.5**2) / 2)), rtol=0.05, atol=0)
    assert float((density / sampled).mean()) == pytest.approx(1, abs=0.1)


def test_the_density_of_the_baseline_is_the_data_layers() -> None:
    head = DensityHead(LossSpec(GAUSSIAN), 0, make_stores(), SHORTEST)
    assert not hasattr(head, "similarity")
    assert DensityHead.takes(LossSpec("iou")) and not DensityHead.takes(LossSpec("nwd"))
    assert DENSITY_PROPOSALS > 1


def test_a_dense_head_reads_the_box_that_its_maps_say() -> None:
    stores = make_stores(8)
    cells = torch.tensor([0, 14 * 7 + 6])
    ltrb = LtrbHead(LossSpec("giou"), 0, stores, SHORTEST)
    maps = torch.zeros(2, 4, 14, 14)
    expected = torch.tensor([[0.5 / 14, 0.5 / 14], [6.5 / 14, 7.5 / 14]]) - 0.125
    torch.testing.assert_close(ltrb.read(maps, cells), torch.cat((expected, torch.full((2, 2), 0.25)), 1))
    center = CenterHead(LossSpec("giou"), 0, stores, SHORTEST)
    torch.testing.assert_close(center.read(maps, cells), torch.cat((expected, torch.full((2, 2), 0.25)), 1))


def test_cells_near_the_center_learn() -> None:
    targets = torch.tensor([[0.25, 0.25, 0.5, 0.5], [0.5, 0.5, 1e-3, 1e-3]])
    near = near_center(targets)
    x, y = cell_centers()
    assert torch.equal(near[0], ((x - 0.5).abs() <= 0.125) & ((y - 0.5).abs() <= 0.125))
    assert 1 <= int(near[1].sum()) <= 4


def test_a_value_is_taken_at_its_cell() -> None:
    maps = torch.arange(2 * 3 * 196.0).view(2, 3, 14, 14)
    cells = torch.tensor([5, 100])
    expected = torch.stack([maps[row].flatten(1)[:, cell] for row, cell in enumerate(cells)])
    assert torch.equal(take_cells(maps, cells), expected)


def test_the_center_map_finds_what_features_show() -> None:
    stores = make_stores(48)
    cells = train_cells(0, stores, 60)
    x, y = cell_centers().flatten(1)[:, cells["train"]] * CROP
    box = stores.train.box
    center = box[:, :2] + box[:, 2:] / 2
    near = (torch.stack((x, y), 1) - center).abs().amax(1) < 24
    assert near.float().mean() > 0.7


def test_the_label_is_one_at_the_nearest_cell_and_the_loss_least_there() -> None:
    boxes = torch.tensor([[96.0, 60, 40, 40]])
    label = gaussian_label(boxes)
    peak = int(label.flatten().argmax())
    assert (peak // 14, peak % 14) == (80 // 16, 116 // 16)
    good = torch.full((1, 14, 14), -8.0)
    good[0, peak // 14, peak % 14] = 8
    assert focal_loss(good, label) < focal_loss(torch.zeros(1, 14, 14), label) < focal_loss(-good, label)


def test_a_score_of_lengths_tells_proposals_apart() -> None:
    target = torch.tensor([84.0, 84, 56, 56])
    half_off = target + torch.tensor([28.0, 0, 0, 0])  # two edges of four are half the usual side off
    for loss in ("l1", "nwd", "mpdiou", "iou"):
        assert LossSpec(loss).build_similarity(CROP)(half_off, target) < 0.9, loss
    assert LossSpec("l1").lengths(CROP) == {"unit": CROP}  # as a loss OSTrack's
