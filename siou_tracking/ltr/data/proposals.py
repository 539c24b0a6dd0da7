"""Random boxes around a target, which the IoU head of ATOM and DiMP learns to score.

`sample_proposals` draws all proposals of all boxes at once and redraws only those that overlap too little, so it has
the distribution of one rejection loop per proposal without the loops. `sample_boxes_gmm` draws from a Gaussian mixture
and also gives the densities that the probabilistic trackers train with (Danelljan et al., Probabilistic Regression for
Visual Tracking, CVPR 2020, section 4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.ltr.data.bounding_box_utils import rect_to_rel, rel_to_rect

ATTEMPTS = 100
"""Draws per proposal before the last one is taken although it overlaps too little."""
SIGMA_DECAY = 0.9
"""Factor on the noise after each rejected draw."""
SMALLEST_SIZE = 1.0
"""Sides up to this many pixels are replaced by a random share of the target's side."""
REPLACED_SHARE = (0.15, 0.5)


class RandomSource(Protocol):
    """What is drawn from: a `np.random.Generator`, or the module `np.random`, which is numpy's global state."""

    def random(self, size: int) -> np.ndarray: ...

    def standard_normal(self, size: tuple[int, ...]) -> np.ndarray: ...

    def uniform(self, low: float, high: float, size: tuple[int, ...]) -> np.ndarray: ...


def iou(reference: torch.Tensor, proposals: torch.Tensor) -> torch.Tensor:
    """Intersection over union, in [0, 1], of `proposals` (..., 4) with `reference` (..., 4), both xywh."""
    return elementwise_iou(reference, proposals, fmt="xywh")


def sample_proposals(
    boxes: torch.Tensor,
    count: int,
    min_iou: float = 0.5,
    sigma_factor: float | torch.Tensor | Sequence = 0.1,
    generator: np.random.Generator | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy copies of boxes that still overlap them.

    Each proposal takes one random element of `sigma_factor`. Gaussian noise of sigma_factor * sqrt(w h) goes on the
    center and on both sides; a side of at most 1 pixel becomes U(0.15, 0.5) of the target's; the box is rounded to
    whole pixels. It is kept if its IoU is above `min_iou`, else drawn again with 0.9 of the noise, 100 times at most;
    the last draw is returned whatever its IoU.

    Args:
        boxes: (n, 4) targets, xywh in pixels, w and h > 0.
        count: proposals per box.
        min_iou: smallest IoU of a proposal with its target, exclusive, in [0, 1).
        sigma_factor: noise relative to sqrt(w h): a number, a (4,) tensor for (cx, cy, w, h), or a list of such.
        generator: source of randomness; numpy's global state when None.

    Returns:
        proposals (n, count, 4), xywh, and their IoU with the target (n, count), both float32.
    """
    source: RandomSource = np.random if generator is None else generator
    target = np.repeat(
        np.asarray(boxes.detach().cpu(), dtype=np.float64).reshape(-1, 4).T, count, axis=1
    )  # (4, n * count)
    sigma = _choose_sigma(sigma_factor, target.shape[1], source) * np.sqrt(target[2] * target[3])
    proposals = _perturb(target, sigma, source)
    overlap = _iou_of_columns(target, proposals)
    pending = np.flatnonzero(~(overlap > min_iou))
    for attempt in range(1, ATTEMPTS):
        if not pending.size:
            break
        around = target[:, pending]
        drawn = _perturb(around, sigma[:, pending] * SIGMA_DECAY**attempt, source)
        reached = _iou_of_columns(around, drawn)
        proposals[:, pending], overlap[pending] = drawn, reached
        pending = pending[~(reached > min_iou)]
    shape = (boxes.numel() // 4, count)
    as_tensor = torch.from_numpy(np.ascontiguousarray(proposals.T, dtype=np.float32)).view(*shape, 4)
    return as_tensor, torch.from_numpy(overlap.astype(np.float32)).view(shape)


def perturb_box(
    box: torch.Tensor, min_iou: float = 0.5, sigma_factor: float | torch.Tensor | Sequence = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    """One proposal for one box (4,): the proposal (4,) and its IoU (1,). See `sample_proposals`."""
    proposals, overlap = sample_proposals(box.view(1, 4), 1, min_iou, sigma_factor)
    return proposals.view(4), overlap.view(1)


def sample_box_gmm(
    mean_box: torch.Tensor,
    proposal_sigma: Sequence[Sequence[float]],
    gt_sigma: Sequence[float] | None = None,
    num_samples: int = 1,
    add_mean_box: bool = False,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Boxes from a mixture of Gaussians around one box, (4,) or (1, 4): see `sample_boxes_gmm`.

    Returns:
        boxes (P, 4), proposal density (P,), ground truth density (P,).
    """
    boxes, density, gt_density = sample_boxes_gmm(
        mean_box.view(1, 4), proposal_sigma, gt_sigma, num_samples, add_mean_box
    )
    return boxes[0], density[0], gt_density[0]


def sample_boxes_gmm(
    mean_boxes: torch.Tensor,
    proposal_sigma: Sequence[Sequence[float]],
    gt_sigma: Sequence[float] | None = None,
    num_samples: int = 1,
    add_mean_box: bool = False,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Boxes from mixtures of Gaussians around boxes, in coordinates (center / target size, log size).

    Args:
        mean_boxes: (n, 4) targets, xywh in pixels, w and h > 0.
        proposal_sigma: one (sigma of the center, sigma of the log size) per component; components are equally likely.
        gt_sigma: the same pair for the density of the ground truth; None or (0, 0) gives density 0.
        num_samples: boxes to draw for each target.
        add_mean_box: put the target itself first, marked by proposal density -1 and ground truth density 1.

    Returns:
        boxes (n, P, 4) xywh, proposal density (n, P), ground truth density (n, P), float32, P = num_samples (+ 1).
    """
    targets = mean_boxes.unsqueeze(1)  # (n, 1, 4)
    std = torch.tensor([[c, c, s, s] for c, s in proposal_sigma], dtype=torch.float32)  # (components, 4)
    component = torch.randint(len(std), (len(mean_boxes), num_samples))
    offset = torch.randn(len(mean_boxes), num_samples, 4) * std[component]
    size = targets[..., 2:]
    boxes = rel_to_rect(rect_to_rel(targets, size) + offset, size)
    density = _gaussian_density(offset.unsqueeze(2), std).mean(dim=2)
    if gt_sigma is None or not any(gt_sigma):
        gt_density = torch.zeros_like(density)
    else:
        center, log_size = gt_sigma
        gt_density = _gaussian_density(offset, torch.tensor([center, center, log_size, log_size]))
    if add_mean_box:
        one = density.new_ones(len(mean_boxes), 1)
        boxes = torch.cat((targets, boxes), dim=1)
        density, gt_density = torch.cat((-one, density), dim=1), torch.cat((one, gt_density), dim=1)
    return boxes, density, gt_density


def _gaussian_density(offset: torch.Tensor, std: torch.Tensor) -> torch.Tensor:
    """Product over the last dimension of the one-dimensional normal densities."""
    return (torch.exp(-0.5 * (offset / std) ** 2) / (math.sqrt(2 * math.pi) * std)).prod(dim=-1)


def _choose_sigma(sigma_factor: float | torch.Tensor | Sequence, size: int, source: RandomSource) -> np.ndarray:
    """One element of `sigma_factor` for each of `size` proposals: (1, size), or (4, size) if given per coordinate."""
    options = sigma_factor if isinstance(sigma_factor, (list, tuple)) else [sigma_factor]
    if any(isinstance(option, torch.Tensor) for option in options):
        table = np.stack([np.broadcast_to(np.asarray(option, dtype=np.float64), (4,)) for option in options], axis=1)
    else:
        table = np.asarray([options], dtype=np.float64)
    return table[:, (source.random(size) * table.shape[1]).astype(np.intp)]


def _perturb(target: np.ndarray, sigma: np.ndarray, source: RandomSource) -> np.ndarray:
    """One draw for every column of `target` (4, m) xywh with noise `sigma` (1, m) or (4, m)."""
    noise = source.standard_normal(target.shape) * sigma
    size = _replace_small(target[2:] + noise[2:], target[2:], source)
    corner = target[:2] + 0.5 * target[2:] + noise[:2] - 0.5 * size
    box = np.rint(np.concatenate((corner, size)))
    box[2:] = _replace_small(box[2:], target[2:], source)
    return box


def _replace_small(size: np.ndarray, target_size: np.ndarray, source: RandomSource) -> np.ndarray:
    small = size <= SMALLEST_SIZE
    if not small.any():
        return size
    return np.where(small, target_size * source.uniform(*REPLACED_SHARE, size.shape), size)


def _iou_of_columns(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU (m,) of xywh columns (4, m): the few boxes of a sample cost less here than one conversion to tensors."""
    inner = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    overlap = inner[0].clip(0) * inner[1].clip(0)
    return overlap / (a[2] * a[3] + b[2] * b[3] - overlap)
