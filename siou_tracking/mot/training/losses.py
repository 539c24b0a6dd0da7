"""The losses of the four heads. Each is a scalar, at least float32, and never waits for the device.

Losses of objects are 0, with a graph, in a batch without objects. DIM and the balance of the tasks are in
`siou_tracking.losses`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import reduce_loss

UNKNOWN = -1
"""Identity of a box whose person is not known: it is detected, not identified."""


def heatmap_loss(logits: Tensor, target: Tensor, ignored: Tensor | None = None) -> Tensor:
    """Penalty-reduced focal loss of CornerNet (Law and Deng, ECCV 2018), as FairMOT has it.

    Sum over cells of -(1 - p)^2 log p where the target y is 1 and of -(1 - y)^4 p^2 log(1 - p) elsewhere, divided by
    the number of cells with y = 1, or by nothing if there is none.

    Args:
        logits: (...), p = sigmoid(logits).
        target: (...) in [0, 1].
        ignored: (...) bool, cells that cost nothing; never those with y = 1.
    """
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    positive = target == 1
    p = torch.sigmoid(logits)
    # Logarithms of the logits themselves stay finite where p rounds to 0 or 1.
    found = (1 - p).square() * functional.logsigmoid(logits)
    empty = (1 - target).pow(4) * p.square() * functional.logsigmoid(-logits)
    if ignored is not None:
        empty = empty.masked_fill(ignored, 0.0)
    return -torch.where(positive, found, empty).sum() / positive.sum().clamp_min(1)


def distance_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference of predictions and targets (B, K, C) over the numbers of the objects in mask (B, K)."""
    return reduce_loss((prediction - target).abs().mean(-1), "mean", mask)


def among_rivals(scores: Tensor, rivals: Tensor) -> Tensor:
    """Scores (B, K, classes) of which only those of each image's rivals, (B, 2) first and last + 1, can win."""
    number = torch.arange(scores.shape[-1], device=scores.device)
    out = (number < rivals[:, :1]) | (number >= rivals[:, 1:])
    return scores.masked_fill(out[:, None], torch.finfo(scores.dtype).min)


def identity_loss(scores: Tensor, identities: Tensor) -> Tensor:
    """Mean cross entropy of scores (B, K, classes) over the objects of known identity (B, K); -1 is unknown.

    Raises:
        InputError: an identity that has no class. A GPU is not waited for: there it is CUDA's assertion.
    """
    identities = identities.flatten()
    scores = scores.flatten(0, 1).to(torch.promote_types(scores.dtype, torch.float32))
    try:
        total = functional.cross_entropy(scores, identities, ignore_index=UNKNOWN, reduction="sum")
    except IndexError as error:
        got = f"{int(identities.min())} to {int(identities.max())}"
        allowed = f"{UNKNOWN} to {scores.shape[-1] - 1}, as the classifier has"
        raise InputError(f"identities: got {got}, allowed are {allowed}") from error
    return total / (identities != UNKNOWN).sum().clamp_min(1)
