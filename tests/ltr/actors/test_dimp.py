"""The actors of DiMP's family: what networks and objectives are called with, and how terms add up, by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.actors import DiMPActor, DiMPSimpleActor, KLDiMPActor
from siou_tracking.ltr.data.tensors import TensorDict

ABSENT = 99999999.9
LEVELS = (5.0, 3.0, 1.0, 2.0)
"""Scores of the filters from the first to the last, the same in every cell."""


class FixedNet(nn.Module):
    """Answers with maps of `LEVELS` and box scores (1, 2, 2), and keeps its arguments."""

    def __init__(self, box_scores: torch.Tensor, levels=LEVELS) -> None:
        super().__init__()
        self.box_scores = nn.Parameter(box_scores)
        self.scores = [torch.full((1, 2, 3, 3), level) for level in levels]

    def forward(self, **arguments):
        self.arguments = arguments
        return self.scores, self.box_scores


def batch() -> TensorDict:
    """One test image of two sequences, two proposals each: the target itself, and half a box aside (IoU 1/3)."""
    box, aside = torch.tensor([10.0, 10.0, 20.0, 20.0]), torch.tensor([20.0, 10.0, 20.0, 20.0])
    pair = torch.stack([box, aside])
    return TensorDict(
        train_images="train images",
        test_images="test images",
        train_anno="train boxes",
        train_label="train labels",
        test_anno=torch.stack([box, box])[None],
        test_proposals=torch.stack([pair, pair])[None],
        proposal_iou=torch.zeros(1, 2, 2),
        proposal_density=torch.ones(1, 2, 2),
        gt_density=torch.full((1, 2, 2), 0.5),
        test_label=torch.zeros(1, 2, 3, 3),
        test_label_density=torch.zeros(1, 2, 3, 3),
    )


def mean_level(scores, *others, **options):
    return scores.mean()


def dimp(weights, levels=LEVELS, box_scores=None) -> DiMPActor:
    net = FixedNet(torch.ones(1, 2, 2) if box_scores is None else box_scores, levels)
    return DiMPActor(net, {"iou": nn.MSELoss(), "test_clf": mean_level}, weights)


def test_the_loss_is_the_weighted_sum_over_the_last_the_first_and_the_middle_filters():
    weights = {"iou": 2, "test_clf": 10, "test_init_clf": 100, "test_iter_clf": 1000}
    loss, stats = dimp(weights)(batch())
    # boxes 2 * 1; last 10 * 2; first 100 * 5; between 1000 * (3 + 1) / 2
    values = {name: float(value) for name, value in stats.items()}
    assert loss.item() == values["Loss/total"] == 2 + 20 + 500 + 2000
    assert [values[f"Loss/{name}"] for name in ("iou", "target_clf", "test_init_clf", "test_iter_clf")] == [
        *(2, 20, 500, 2000)
    ]
    assert [values[f"ClfTrain/test_{name}"] for name in ("loss", "init_loss", "iter_loss")] == [2, 5, 2]
    assert values["IoU/best"] == pytest.approx(1)
    assert not any(torch.as_tensor(value).requires_grad for value in stats.values())


def test_a_list_weighs_each_of_the_middle_filters_and_has_one_for_each():
    loss, _ = dimp({"iou": 0, "test_clf": 0, "test_iter_clf": [10, 7]})(batch())
    assert loss.item() == 10 * 3 + 7 * 1
    with pytest.raises(InputError, match="loss_weight: test_iter_clf: got 3 weights, expected 2, one for each filter"):
        dimp({"iou": 0, "test_clf": 0, "test_iter_clf": [1, 2, 3]})(batch())


@pytest.mark.parametrize("levels", [(4.0,), (5.0, 4.0)])
def test_without_filters_between_the_first_and_the_last_their_weight_does_not_count(levels):
    loss, stats = dimp({"iou": 0, "test_clf": 1, "test_iter_clf": 400}, levels)(batch())
    assert loss.item() == 4
    assert "Loss/test_iter_clf" not in stats and "ClfTrain/test_iter_loss" not in stats


def test_default_weights_leave_first_and_middle_filters_out():
    loss, stats = dimp(None)(batch())
    assert loss.item() == 1 + 2
    assert "Loss/test_init_clf" not in stats and float(stats["ClfTrain/test_init_loss"]) == 5


@pytest.mark.parametrize(
    ("cls", "extra"), [(DiMPActor, set()), (KLDiMPActor, set()), (DiMPSimpleActor, {"train_label"})]
)
def test_the_network_is_called_by_name(cls, extra):
    data, net = batch(), FixedNet(torch.ones(1, 2, 2))
    objective = {name: mean_level for name in ("iou", "bb_ce", "test_clf")}
    cls(net, objective, {"iou": 1, "bb_ce": 1, "test_clf": 1})(data)
    assert net.arguments.keys() == {"train_imgs", "test_imgs", "train_bb", "test_proposals"} | extra
    assert net.arguments["train_imgs"] == "train images"
    assert net.arguments["test_proposals"] is data["test_proposals"]
    assert net.arguments.get("train_label") in (None, "train labels")


def test_frames_without_the_target_have_no_part_in_the_boxes_loss():
    seen = {}

    def objective(scores, sample_density, gt_density, mc_dim):
        seen.update(scores=scores, sample=sample_density, gt=gt_density, mc_dim=mc_dim)
        return scores.sum()

    data = batch()
    data["test_anno"][0, 1, :2] = ABSENT
    net = FixedNet(torch.tensor([[[0.25, 0.5], [7.0, 8.0]]]))
    loss, stats = KLDiMPActor(net, {"bb_ce": objective, "clf_ce": mean_level}, {"bb_ce": 2, "clf_ce": 10})(data)
    assert seen["scores"].tolist() == [[0.25, 0.5]]
    assert seen["sample"].shape == seen["gt"].shape == (1, 2) and seen["mc_dim"] == 1
    assert loss.item() == 2 * 0.75 + 10 * 2
    values = {name: float(value) for name, value in stats.items()}
    assert (values["Loss/bb_ce"], values["Loss/loss_bb_ce"], values["Loss/clf_ce"]) == (0.75, 1.5, 20)
    assert values["ClfTrain/clf_ce"] == 2
    assert values["IoU/top_scored"] == pytest.approx(1 / 3)  # of the one frame that counts, ranked wrongly
    loss.backward()
    assert net.box_scores.grad.tolist() == [[[2, 2], [0, 0]]]


def test_both_classifiers_terms_add_up_where_both_have_a_weight():
    net = FixedNet(torch.zeros(1, 2, 2))
    objective = {"bb_ce": mean_level, "clf_ce": mean_level, "test_clf": mean_level}
    loss, stats = KLDiMPActor(net, objective, {"bb_ce": 1, "clf_ce": 1, "test_clf": 10, "test_init_clf": 100})(batch())
    assert loss.item() == 2 + 20 + 500
    assert list(stats)[:4] == ["Loss/total", "Loss/bb_ce", "Loss/loss_bb_ce", "Loss/target_clf"]


@pytest.mark.parametrize(
    ("objective", "weights", "what"),
    [
        ({"iou": mean_level}, None, "objective: got iou, expected 'test_clf' among them"),
        ({"iou": mean_level, "test_clf": mean_level}, {"test_clf": 1}, "loss_weight: got test_clf, expected 'iou'"),
    ],
)
def test_a_term_that_is_not_there_is_named(objective, weights, what):
    with pytest.raises(InputError, match=f"DiMPActor: {what}"):
        DiMPActor(FixedNet(torch.zeros(1, 2, 2)), objective, weights)(batch())
