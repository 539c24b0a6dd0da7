"""ToMP's actor weighs its two losses and reports upstream's statistics."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.actors.tracking import ToMPActor
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.models.loss import LBHinge
from siou_tracking.ltr.models.loss.bbr_loss import GIoULoss
from siou_tracking.retrain import BoxLossChoice, retarget, set_box_loss

NAMES = [
    "Loss/total",
    "Loss/GIoU",
    "Loss/weighted_GIoU",
    "Loss/clf_loss_test",
    "Loss/weighted_clf_loss_test",
    "mIoU",
    "maxIoU",
    "minIoU",
    "mIoU_pred_center",
    "stdIoU",
]


class Fixed(nn.Module):
    """Returns given maps and keeps its arguments."""

    def __init__(self, scores: torch.Tensor, boxes: torch.Tensor) -> None:
        super().__init__()
        self.scores, self.boxes = nn.Parameter(scores), nn.Parameter(boxes)

    def forward(self, **arguments):
        self.arguments = arguments
        return self.scores, self.boxes


def batch() -> TensorDict:
    """Two sequences of two cells: the target is 2 x 2 around the first cell, and left of the second."""
    target = torch.tensor([[1.0, 1, 1, 1], [3, 1, -1, 1]]).T.reshape(1, 1, 4, 1, 2).repeat(1, 2, 1, 1, 1)
    region = torch.tensor([True, False]).expand(1, 2, 1, 1, 2)
    data = TensorDict({name: name for name in ("train_images", "test_images", "train_anno", "test_anno")})
    data.update(train_label="labels", train_ltrb_target="distances", test_label=torch.tensor([[[[1.0, 0.0]]] * 2]))
    data.update(test_ltrb_target=target, test_sample_region=region)
    return data


def actor(scores: list, weights: dict | None = None) -> ToMPActor:
    # The first sequence's box is twice too wide (IoU 1/2), the second's is right.
    boxes = torch.tensor([[1.0, 1, 3, 1], [1, 1, 1, 1]])[None, :, :, None, None].repeat(1, 1, 1, 1, 2)
    objective = {"giou": GIoULoss(), "test_clf": LBHinge(threshold=0.05)}
    net = Fixed(torch.tensor(scores).reshape(1, 2, 1, 2), boxes)
    return ToMPActor(net, objective, weights or {"giou": 2.0, "test_clf": 100.0})


def test_network_gets_images_boxes_labels_and_distances_by_name():
    tomp = actor([1.0, 0, 1, 0])
    tomp(batch())
    assert tomp.net.arguments == {
        "train_imgs": "train_images",
        "test_imgs": "test_images",
        "train_bb": "train_anno",
        "train_label": "labels",
        "train_ltrb_target": "distances",
    }


def test_loss_is_the_weighted_sum_and_statistics_have_upstreams_names_and_order():
    # Scores: the first sequence's target cell is 1/2 too low, and nothing else is off: mean square 1/16 of 4 cells.
    tomp = actor([0.5, -3.0, 1.0, 0.0])
    loss, stats = tomp(batch())
    assert list(stats) == NAMES and all(type(value) is float for value in stats.values())
    assert stats["Loss/GIoU"] == pytest.approx(0.25) and stats["Loss/weighted_GIoU"] == pytest.approx(0.5)
    assert stats["Loss/clf_loss_test"] == pytest.approx(1 / 16)
    assert stats["Loss/weighted_clf_loss_test"] == pytest.approx(6.25)
    assert loss.item() == stats["Loss/total"] == pytest.approx(6.75)
    assert [stats[name] for name in ("mIoU", "maxIoU", "minIoU")] == pytest.approx([0.75, 1.0, 0.5])
    assert stats["stdIoU"] == pytest.approx(0.5 / 2**0.5)
    loss.backward()
    assert tomp.net.scores.grad.any() and tomp.net.boxes.grad.any()


def test_iou_at_the_peak_counts_nothing_where_the_peak_is_outside_the_target():
    assert actor([1.0, 0, 1, 0])(batch())[1]["mIoU_pred_center"] == pytest.approx((0.5 + 1) / 2)
    assert actor([1.0, 0, 0, 1])(batch())[1]["mIoU_pred_center"] == pytest.approx(0.5 / 2)


def test_boxes_may_come_without_the_dimension_of_frames():
    tomp = actor([1.0, 0, 1, 0])
    expected = tomp(batch())[1]
    tomp.net.boxes = nn.Parameter(tomp.net.boxes.detach()[0])
    assert tomp(batch())[1] == expected


def test_one_cell_has_no_spread_and_boxes_that_miss_have_no_entry_for_it():
    data = batch()
    data["test_sample_region"] = torch.tensor([[True, False], [False, False]]).reshape(1, 2, 1, 1, 2)
    assert actor([1.0, 0, 1, 0])(data)[1]["stdIoU"] == 0.0
    data["test_ltrb_target"] = torch.tensor([9.0, 9, -8, -8]).reshape(1, 1, 4, 1, 1).expand(1, 2, 4, 1, 2)
    assert "stdIoU" not in actor([1.0, 0, 1, 0])(data)[1]


def test_a_loss_that_is_not_a_number_is_a_value_error_that_names_the_terms():
    with pytest.raises(InputError, match=r"ToMPActor: the loss is NaN: .*Loss/GIoU 0.25.*Loss/clf_loss_test nan"):
        actor([float("nan"), 0, 1, 0])(batch())
    assert issubclass(InputError, ValueError)


def test_weights_are_one_unless_given():
    assert ToMPActor(nn.Identity(), {}).loss_weight == {"giou": 1.0, "test_clf": 1.0}


def test_another_box_loss_takes_the_place_of_giou_and_true_ious_stay():
    settings = SimpleNamespace(project_path="ltr/tomp/tomp50")
    set_box_loss(settings, BoxLossChoice("smooth_iou"))
    plain = actor([0.5, -3.0, 1.0, 0.0])
    choice, changed = retarget(plain, settings)
    before, after = plain(batch())[1], changed(batch())[1]
    assert choice.params["sharpness"] == 256 and settings.project_path == "ltr/tomp/tomp50_smooth_iou"
    assert type(changed).__name__ == "ToMPActor" and type(plain.objective["giou"]) is GIoULoss
    assert after["Loss/GIoU"] != before["Loss/GIoU"]
    for name in NAMES[3:]:
        assert after[name] == pytest.approx(before[name]), name
    assert after["IoU/mean"] == after["mIoU"]
