"""Maps of distances get the registered losses, with the call and return that ToMP and TaMOs expect."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, registered_box_losses
from siou_tracking.retrain.dense_loss import DenseLTRBLoss

# Without the one whose value follows the batch that it is called with.
NAMES = [name for name in registered_box_losses() if name != "wiou_v3"]


def dense(name: str = "smooth_iou") -> DenseLTRBLoss:
    return DenseLTRBLoss(build_box_loss(name, box_format="ltrb", reduction="none"))


def maps(nf: int = 1, ns: int = 2, h: int = 3, w: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Predictions, all distances above zero, and targets of a box in the middle of each map, in shares of its side."""
    rows, cols = torch.meshgrid((torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w, indexing="ij")
    corners = torch.rand(nf, ns, 4, 1, 1) * 0.2 + torch.tensor([0.1, 0.1, 0.6, 0.6]).view(4, 1, 1)
    x0, y0, x1, y1 = corners.unbind(2)
    target = torch.stack(torch.broadcast_tensors(cols - x0, rows - y0, x1 - cols, y1 - rows), dim=2)
    return torch.rand(nf, ns, 4, h, w) * 0.5 + 0.05, target


def cell_by_cell(name: str, pred: torch.Tensor, target: torch.Tensor) -> tuple[list[float], list[float]]:
    """Losses and IoUs in the order frames, sequences, rows, columns, each from two xyxy boxes."""
    losses, ious = [], []
    nf, ns, _, h, w = pred.shape
    for place in ((f, s, r, c) for f in range(nf) for s in range(ns) for r in range(h) for c in range(w)):
        f, s, r, c = place
        pair = []
        for values in (pred, target):
            left, top, right, bottom = values[f, s, :, r, c].tolist()
            pair.append(torch.tensor([c - left, r - top, c + right, r + bottom], dtype=torch.float64))
        losses.append(build_box_loss(name)(*pair).item())
        ious.append(elementwise_iou(*pair).item())
    return losses, ious


@pytest.mark.parametrize("name", NAMES)
def test_loss_is_the_mean_and_ious_are_true_over_all_cells_of_all_maps(name: str):
    pred, target = maps(nf=2)
    losses, ious = cell_by_cell(name, pred, target)
    mean, got = dense(name)(pred, target)
    assert mean.item() == pytest.approx(sum(losses) / len(losses), rel=1e-5)
    assert got.tolist() == pytest.approx(ious, abs=1e-5)


@pytest.mark.parametrize("kind", ["bool", "float", "no channel"])
def test_only_cells_of_positive_weight_count_and_all_as_stats_type(kind: str):
    pred, target = maps()
    weights = torch.rand(1, 2, 1, 3, 4) * (torch.rand(1, 2, 1, 3, 4) > 0.5)
    losses, ious = cell_by_cell("smooth_iou", pred, target)
    chosen = [index for index, weight in enumerate(weights.flatten().tolist()) if weight > 0]
    given = {"bool": weights > 0, "float": weights, "no channel": weights.squeeze(2)}[kind]
    mean, got = dense()(pred, target, given)
    assert mean.item() == pytest.approx(sum(losses[i] for i in chosen) / len(chosen), rel=1e-5)
    assert got.tolist() == pytest.approx([ious[i] for i in chosen], abs=1e-5)


def test_one_frame_may_come_without_its_dimension():
    pred, target = maps()
    mean, ious = dense()(pred[0], target)
    assert mean == dense()(pred, target)[0]
    assert ious.shape == (24,)


@pytest.mark.parametrize("name", NAMES)
def test_no_positive_cell_falls_back_to_all_cells_and_stays_finite(name: str):
    pred, target = maps()
    pred.requires_grad_()
    target = torch.cat((target[:, :1], torch.full_like(target[:, :1], -0.3)), dim=1)  # also a box turned inside out
    mean, ious = dense(name)(pred, target, torch.zeros(1, 2, 1, 3, 4, dtype=torch.bool))
    mean.backward()
    assert ious.shape == (24,)
    assert mean.isfinite() and pred.grad.isfinite().all()


def test_mean_is_a_scalar_with_a_graph_and_ious_may_be_overwritten():
    pred, target = maps()
    pred.requires_grad_()
    mean, ious = dense()(pred, target)
    assert mean.ndim == 0 and mean.requires_grad and not ious.requires_grad
    ious[target.movedim(2, -1).reshape(-1, 4).amin(1) < 0] = 0
    mean.backward()
    assert pred.grad.abs().sum() > 0


def test_cells_left_out_get_no_gradient_even_where_they_are_not_numbers():
    pred, target = maps()
    weights = torch.zeros(1, 2, 3, 4)
    weights[0, 0, 1, 2] = 1
    target[0, 1] = float("nan")
    pred.requires_grad_()
    dense()(pred, target, weights)[0].backward()
    assert (pred.grad.abs().sum(2) > 0).nonzero().tolist() == [[0, 0, 1, 2]]
    assert pred.grad.isfinite().all()


def test_maps_that_do_not_fit_are_refused():
    pred, target = maps()
    with pytest.raises(InputError, match="cells: got 24 predictions, 12 targets"):
        dense()(pred, target[:, :1])
    with pytest.raises(InputError, match="12 weights"):
        dense()(pred, target, torch.ones(1, 1, 3, 4))
    with pytest.raises(InputError, match="pred: got shape"):
        dense()(pred.movedim(2, -1), target)
    with pytest.raises(InputError, match="allowed is box format ltrb, reduction none"):
        DenseLTRBLoss(build_box_loss("giou"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_autocast_and_half_precision_maps_change_no_bit_of_loss_gradient_and_iou(name: str, dtype: torch.dtype):
    pred, target = (values.to(dtype) for values in maps())
    seen = []
    for enabled, converted in ((False, torch.float32), (True, dtype)):
        leaf = pred.to(converted).detach().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            loss, ious = dense(name)(leaf, target.to(converted))
        loss.backward()
        assert loss.dtype == ious.dtype == torch.float32
        seen.append((loss, ious, leaf.grad))
    exact, half = seen
    if dtype != torch.float16:  # whose least size that counts is larger
        assert torch.equal(exact[0], half[0]) and torch.equal(exact[2].to(dtype), half[2])
    assert torch.equal(exact[1], half[1])
