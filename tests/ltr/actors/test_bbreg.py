"""Actors hand the right numbers to the objective and report comparable statistics."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from siou_tracking.ltr.actors import AtomActor, AtomBBKLActor, BaseActor
from siou_tracking.ltr.data.tensors import TensorDict


class FixedScores(nn.Module):
    """Returns given scores (nf, ns, P) and keeps its arguments."""

    def __init__(self, scores: torch.Tensor) -> None:
        super().__init__()
        self.scores = nn.Parameter(scores)

    def forward(self, *arguments):
        self.arguments = arguments
        return self.scores


def batch() -> TensorDict:
    """Two sequences, two proposals each; true IoU [[1, 1/3], [1/3, 1]]: half a box aside leaves 1/3."""
    box = torch.tensor([10.0, 10.0, 20.0, 20.0])
    aside = torch.tensor([20.0, 10.0, 20.0, 20.0])
    return TensorDict(
        train_images="train images",
        test_images="test images",
        train_anno="train boxes",
        test_anno=torch.stack([box, box])[None],
        test_proposals=torch.stack([torch.stack([box, aside]), torch.stack([aside, box])])[None],
        proposal_iou=torch.tensor([[[1.0, -1 / 3], [-1 / 3, 1.0]]]),
        proposal_density=torch.ones(1, 2, 2),
        gt_density=torch.full((1, 2, 2), 0.5),
    )


def test_network_gets_the_images_the_reference_box_and_the_proposals_in_order():
    data = batch()
    net = FixedScores(torch.zeros(1, 2, 2))
    AtomActor(net, nn.MSELoss())(data)
    assert net.arguments[:3] == ("train images", "test images", "train boxes")
    assert net.arguments[3] is data["test_proposals"]


def test_loss_is_the_mean_squared_distance_to_the_target_and_trains_the_network():
    net = FixedScores(torch.tensor([[[1.0, 0.0], [0.0, 0.0]]]))
    loss, stats = AtomActor(net, nn.MSELoss())(batch())
    # squared distances 0, 1/9, 1/9, 1: mean 11/36
    assert loss.item() == pytest.approx(11 / 36)
    assert float(stats["Loss/total"]) == float(stats["Loss/iou"]) == pytest.approx(11 / 36)
    loss.backward()
    assert net.scores.grad.abs().sum() > 0


def test_statistics_say_how_good_the_best_scored_proposal_is():
    # The first sequence ranks rightly (IoU 1), the second wrongly (IoU 1/3).
    net = FixedScores(torch.tensor([[[0.9, 0.1], [0.8, 0.2]]]))
    _, stats = AtomActor(net, nn.MSELoss())(batch())
    values = {name: float(value) for name, value in stats.items()}
    assert values["IoU/top_scored"] == pytest.approx(2 / 3)
    assert values["IoU/best"] == pytest.approx(1)
    assert values["IoU/mean"] == pytest.approx(2 / 3)


def test_statistics_carry_no_graph():
    _, stats = AtomActor(FixedScores(torch.rand(1, 2, 2)), nn.MSELoss())(batch())
    assert not any(value.requires_grad for value in stats.values())


def test_density_actor_flattens_frames_and_sequences_and_ignores_the_target_itself_in_the_ranking():
    seen = {}

    def objective(scores, sample_density, gt_density, mc_dim):
        seen.update(scores=scores, sample=sample_density, gt=gt_density, mc_dim=mc_dim)
        return scores.sum()

    data = batch()
    data["proposal_density"][..., 0] = -1  # the first proposal of each sequence stands for the target box
    net = FixedScores(torch.tensor([[[0.9, 0.1], [0.8, 0.2]]]))
    loss, stats = AtomBBKLActor(net, objective)(data)
    assert seen["scores"].shape == seen["sample"].shape == seen["gt"].shape == (2, 2)
    assert seen["mc_dim"] == 1
    assert float(stats["Loss/bb_ce"]) == pytest.approx(2.0) == loss.item()
    assert float(stats["IoU/top_scored"]) == pytest.approx((1 / 3 + 1) / 2)


def test_actor_moves_and_switches_its_network_and_objectives():
    net, objective = nn.Dropout(), nn.BCEWithLogitsLoss(pos_weight=torch.ones(1))
    actor = BaseActor(net, {"clf": objective, "plain": torch.add})
    actor.eval()
    assert not net.training
    actor.train()
    assert net.training
    actor.to("meta")
    assert objective.pos_weight.is_meta
