r"""Does the sharpness of PrDiMP's target density matter, when its width is held? Without a network, by integration.

    g(b) = S(b)^tau / Z,  tau lambda = 1 / sigma^2      so that  g ~ (1 + lambda D)^(-1 / (lambda sigma^2))

As lambda goes to 0 this is exp(-D / sigma^2): the peak is the same, and lambda is nothing but the weight of the tail,
that of Student's t with tau in the place of a Gaussian's. So it matters where the tail meets the proposals, and through
Z, which takes from the peak what the tail has.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from experiments.common import rounded
from experiments.sharpness.forms import DIVERGENCES, FamilyLoss, Member
from siou_tracking.ltr.data.proposals import sample_box_gmm

SIGMA = 0.05
"""PrDiMP's gt_sigma: of the center, in target sizes."""
MIXTURE = [(0.05, 0.05), (0.5, 0.5)]
"""What PrDiMP draws proposals from: deviations of center and log size, each with the same chance."""
BOX = torch.tensor([100.0, 100.0, 60.0, 40.0])
DRAWN = 128
"""Proposals of a frame."""
GAUSSIAN = Member("exp", sharpness=1.0)
"""The limit of small sharpness: S^tau is exp(-D / sigma^2) at any."""
LIMIT = "gaussian"
"""What it is called among members' names."""


def exponent(member: Member, sigma: float = SIGMA) -> float:
    """The tau that makes the density's peak as wide as a Gaussian of `sigma`."""
    return 1 / (2 * DIVERGENCES[member.divergence].bend[0] * member.sharpness * sigma**2)


def log_density(member: Member, boxes: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """tau ln S `(...)` of boxes in xywh, without its constant."""
    return -exponent(member) * FamilyLoss(member, "xywh").cost(boxes, target)


def describe_densities(members: list[Member], frames: int, seed: int = 0) -> dict[str, dict[str, float | None]]:
    """What each density is like on proposals as PrDiMP draws them: means over frames of `DRAWN` proposals.

    By name: exponent; Z over that of the Gaussian limit; the share of the mass beyond 3 and 6 sigma of center or log
    size; the part of the mass of a frame's proposals that lies elsewhere than the first member's has it (half the sum
    of |differences|: what the loss's gradient by the scores is changed by).
    """
    torch.manual_seed(seed)
    np.random.seed(seed)
    proposals, drawn, _ = sample_box_gmm(BOX, MIXTURE, (SIGMA, SIGMA), frames * DRAWN)
    scale = BOX[2:].repeat(2)
    center = ((proposals[:, :2] + proposals[:, 2:] / 2) - (BOX[:2] + BOX[2:] / 2)) / scale[:2]
    reach = torch.cat((center, (proposals[:, 2:] / BOX[2:]).log() / math.sqrt(2)), 1).abs().amax(1) / SIGMA
    weights = {}
    for member in (GAUSSIAN, *members):
        weights[member] = (log_density(member, proposals, BOX) - drawn.log()).double().exp()
    shares = {member: share_out(weight.view(frames, DRAWN)) for member, weight in weights.items()}
    normal = float(weights[GAUSSIAN].mean())
    described = {}
    for member in (GAUSSIAN, *members):
        weight = weights[member]
        elsewhere = (shares[member] - shares[members[0]]).abs().sum(1).mean() / 2
        beyond = [float(weight[reach > many].sum() / weight.sum()) for many in (3, 6)]
        label = LIMIT if member is GAUSSIAN else member.name
        values = rounded([exponent(member), float(weight.mean()) / normal, *beyond, float(elsewhere)])
        described[label] = dict(
            zip(("exponent", "z_ratio", "beyond_3_sigma", "beyond_6_sigma", "elsewhere"), values, strict=True)
        )
    return described


def share_out(weights: torch.Tensor) -> torch.Tensor:
    """What share of a frame's mass each proposal has, (frames, proposals)."""
    return weights / weights.sum(1, keepdim=True)


def profile(member: Member, offsets: torch.Tensor) -> torch.Tensor:
    """ln g relative to its peak along the x axis, for offsets `(n,)` in sigmas."""
    boxes = BOX.double().expand(len(offsets), 4).clone()
    boxes[:, 0] += offsets.double() * SIGMA * BOX[2]
    return log_density(member, boxes, BOX.double())
