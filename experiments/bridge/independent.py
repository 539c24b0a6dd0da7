"""What a tracker should be told to learn with Smooth-IoU, computed once more: plain NumPy in double precision.

Nothing of the package is used. A box is read as a Gaussian of its center and half its sides; D is the Bhattacharyya
distance of two boxes, S = 1 / (1 + sharpness * D) their similarity.
"""

from __future__ import annotations

import numpy as np

ABSENT = 99999.0
SHARPNESS, SCORE_SHARPNESS, DENSITY_SHARPNESS = 256.0, 32.0, 4.0
"""The product's defaults where boxes minimize the loss, and where a head learns a score or a density."""


def distance(offset: np.ndarray, size: np.ndarray, other: np.ndarray) -> np.ndarray:
    """D of boxes by the offset of their centers and their sizes, each (..., 2)."""
    total = size**2 + other**2
    return (offset**2 / total + 0.5 * np.log(total / (2 * size * other))).sum(-1)


def similarity(boxes: np.ndarray, targets: np.ndarray, sharpness: float) -> np.ndarray:
    """S of boxes (..., 4) in xywh."""
    offset = boxes[..., :2] + boxes[..., 2:] / 2 - targets[..., :2] - targets[..., 2:] / 2
    return 1 / (1 + sharpness * distance(offset, boxes[..., 2:], targets[..., 2:]))


def score_target(batch: dict[str, np.ndarray], sharpness: float = SCORE_SHARPNESS) -> np.ndarray:
    """ATOM, DiMP: the similarity of each proposal with the target box, mapped to [-1, 1]."""
    return 2 * similarity(batch["test_proposals"], batch["test_anno"][..., None, :], sharpness) - 1


def density_target(
    batch: dict[str, np.ndarray], sharpness: float = DENSITY_SHARPNESS, sigma: float = 0.05
) -> np.ndarray:
    """PrDiMP, SuperDiMP: S^tau / Z with the peak of a Gaussian of `sigma`, and the mean of S^tau / q for Z."""
    power = 1 / (sharpness * sigma**2)
    height = similarity(batch["test_proposals"], batch["test_anno"][..., None, :], sharpness) ** power
    drawn = batch["proposal_density"] > 0
    ratio = np.where(drawn, height / np.where(drawn, batch["proposal_density"], 1), 0)
    density = height / (ratio.sum(-1, keepdims=True) / drawn.sum(-1, keepdims=True))
    present = batch["test_anno"][..., :1] < ABSENT
    return np.where(drawn & present, density, batch["gt_density_before"])


def dense_loss(
    boxes: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, sharpness: float = SHARPNESS
) -> tuple[float, np.ndarray]:
    """ToMP, TaMOs: mean of ln(1 + sharpness * D) over the cells that count, and the IoU of each.

    Args:
        boxes, targets: (n, 4) distances left, top, right, bottom from the cell.
        weights: (n,); cells above zero count, all of them where none is, or where it is None.
    """
    if weights is not None and (weights > 0).any():
        boxes, targets = boxes[weights > 0], targets[weights > 0]
    sizes = [box[:, :2] + box[:, 2:] for box in (boxes, targets)]
    centers = [(box[:, 2:] - box[:, :2]) / 2 for box in (boxes, targets)]
    loss = np.log1p(sharpness * distance(centers[0] - centers[1], *sizes))
    common = np.clip(np.minimum(boxes[:, :2], targets[:, :2]) + np.minimum(boxes[:, 2:], targets[:, 2:]), 0, None)
    inside = common.prod(-1)
    union = sizes[0].prod(-1) + sizes[1].prod(-1) - inside
    return float(loss.mean()), inside / union


def box_loss(boxes: np.ndarray, targets: np.ndarray, sharpness: float = SHARPNESS) -> float:
    """The kin: mean of ln(1 + sharpness * D) of boxes (n, 4) in xyxy.

    A size s below a hundredth of the target's size t, also a negative one, counts as c t / (2 - s / (c t)), c = 1/100.
    """
    size, other = boxes[:, 2:] - boxes[:, :2], targets[:, 2:] - targets[:, :2]
    least = other / 100
    size = np.where(size < least, least / (2 - np.minimum(size / least, 1)), size)
    offset = (boxes[:, 2:] + boxes[:, :2] - targets[:, 2:] - targets[:, :2]) / 2
    return float(np.log1p(sharpness * distance(offset, size, other)).mean())
