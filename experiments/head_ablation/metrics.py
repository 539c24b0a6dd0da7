"""How good boxes are: for each target of a split, from usual starts or regions and from far ones.

A number of a run is the mean over targets of their own means, as AO is over sequences. A box that is not finite has
IoU 0 and an error of `WORST`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from siou_tracking.boxes import convert, elementwise_iou

METRICS = ("iou", "sr50", "sr75", "far_iou", "far_error")
"""Mean IoU, share of boxes with IoU above 0.5 and 0.75; of far ones mean IoU, and mean distance of the four edges in
target sides, sqrt(w h)."""
WORST = 10.0
"""No error counts as more, so that one lost box does not decide."""


def measure_iou(boxes: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """IoU (N, K) of boxes (N, K, 4) with targets (N, 4), both xywh; 0 for a box that is not finite."""
    return elementwise_iou(boxes, targets[:, None], "xywh").nan_to_num(0)


def measure_error(boxes: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean distance (N, K) of the four edges of boxes (N, K, 4) from those of targets (N, 4), in target sides."""
    edges = convert(boxes, "xywh", "xyxy") - convert(targets, "xywh", "xyxy")[:, None]
    side = targets[:, 2:].prod(1).sqrt()[:, None]
    return (edges.abs().mean(-1) / side).nan_to_num(WORST).clamp_max(WORST)


def average_by_target(values: torch.Tensor, owners: Sequence[str]) -> dict[str, float]:
    """Each target's mean of values (N, K) of regions that belong to `owners`, in order of first appearance."""
    names = list(dict.fromkeys(owners))
    place = {name: number for number, name in enumerate(names)}
    index = torch.tensor([place[name] for name in owners])
    sums = torch.zeros(len(names), dtype=torch.float64).index_add_(0, index, values.double().sum(1))
    counts = index.bincount(minlength=len(names)) * values.shape[1]
    return dict(zip(names, (sums / counts).tolist(), strict=True))


def summarize(
    usual: torch.Tensor,
    usual_targets: torch.Tensor,
    usual_owners: Sequence[str],
    far: torch.Tensor,
    far_targets: torch.Tensor,
    far_owners: Sequence[str],
) -> dict[str, dict[str, float]]:
    """Metric -> target -> value.

    Args:
        usual, far: boxes (N, K, 4) xywh.
        usual_targets, far_targets: (N, 4).
        usual_owners, far_owners: the target of each of the N.
    """
    iou = measure_iou(usual, usual_targets)
    return {
        "iou": average_by_target(iou, usual_owners),
        "sr50": average_by_target(iou > 0.5, usual_owners),
        "sr75": average_by_target(iou > 0.75, usual_owners),
        "far_iou": average_by_target(measure_iou(far, far_targets), far_owners),
        "far_error": average_by_target(measure_error(far, far_targets), far_owners),
    }
