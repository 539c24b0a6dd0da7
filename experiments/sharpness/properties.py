"""Which of Smooth-IoU's properties another form or divergence keeps: each is measured, in float64, at sharpness 32.

T1  C-infinity             gradcheck and gradgradcheck, at equal boxes, touching, contained, disjoint
T2  flat and 0 at equal boxes, Hessian 2 lambda diag(a/tx^2, a/ty^2, b/tx^2, b/ty^2) there
T3  the gradient never vanishes       least gradient times distance or size, to 1e4 sizes away: above 0.05
T4  one best size for a center that is off, that of the closed form
T5  invariant to translation, a common scale and a swap of the axes, symmetric in its boxes (kl, by its name, is not)
T6  slopes by log size bounded: no steeper to 1e4 sizes away than to 1e3; S in (0, 1], above 0 to 100 sizes away
T7  ranks tracker-like proposals as IoU does     Spearman's correlation of at least 0.98
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from experiments.sharpness.forms import DIVERGENCES, Member
from siou_tracking.boxes import elementwise_iou
from siou_tracking.losses.box.base import SIZE_SHARE, BoxLoss

SITUATIONS = ((0, 0, 4, 2), (4, 0, 4, 2), (4, 2, 4, 2), (0.5, 0.2, 1, 1), (0.5, 0.2, 9, 7), (0, 0, 3, 5), (9, -7, 5, 1))
"""Boxes against (0, 0, 4, 2) in cxcywh: equal, touching edges and corner, inside, around, same center, disjoint."""
LEAST_SLOPE = 0.05
LEAST_RANK = 0.98


@dataclass(frozen=True)
class Finding:
    """Whether a property holds, and the number that says so."""

    holds: bool
    value: float


def check_properties(member: Member) -> dict[str, Finding]:
    """Each property of a loss of the family, by T1 to T7."""
    loss = member.build("cxcywh", "none")
    generator = torch.Generator().manual_seed(0)
    checks = {
        "T1": lambda: _smoothness(loss),
        "T2": lambda: _optimum(loss, member),
        "T3": lambda: _far_slope(loss, generator),
        "T4": lambda: _best_size(loss, member),
        "T5": lambda: _invariance(loss, member, generator),
        "T6": lambda: _steepest(loss),
        "T7": lambda: _rank(loss, generator),
    }
    return {name: check() for name, check in checks.items()}


def keeps_all(findings: dict[str, Finding]) -> bool:
    """Whether a loss could be called Smooth-IoU."""
    return all(finding.holds for finding in findings.values())


def _boxes(*rows: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _slope(loss: BoxLoss, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    leaf = pred.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss.elementwise(leaf, target).sum(), leaf)
    return gradient


def _smoothness(loss: BoxLoss) -> Finding:
    """The share of situations with right first and second derivatives."""
    target = _boxes((0, 0, 4, 2)).requires_grad_()
    passed = 0
    for row in SITUATIONS:
        pair = (_boxes(row).requires_grad_(), target)
        passed += torch.autograd.gradcheck(loss, pair, raise_exception=False) and torch.autograd.gradgradcheck(
            loss, pair, raise_exception=False
        )
    return Finding(passed == len(SITUATIONS), passed / len(SITUATIONS))


def _optimum(loss: BoxLoss, member: Member) -> Finding:
    """The largest error of the Hessian at the target, in target sizes over lambda."""
    target = _boxes((3, -2, 4, 2.5))[0]
    hessian = torch.autograd.functional.hessian(lambda box: loss.elementwise(box, target), target)
    unit = target[2:].repeat(2)
    center, size = DIVERGENCES[member.divergence].bend
    expected = torch.tensor([center, center, size, size], dtype=torch.float64).diag()
    error = float((hessian * unit * unit[:, None] / (2 * member.sharpness) - expected).abs().max())
    flat = float(loss.elementwise(target, target)) == 0 and not _slope(loss, target, target).any()
    return Finding(flat and error < 1e-6, error)


def _far_slope(loss: BoxLoss, generator: torch.Generator) -> Finding:
    """The least length of the gradient by center times distance and by log size."""
    reach = 10 ** (5 * torch.rand(20_000, 1, generator=generator, dtype=torch.float64) - 1)
    normal = torch.randn(20_000, 4, generator=generator, dtype=torch.float64)
    pred = torch.cat((reach * normal[:, :2], (2 * normal[:, 2:]).exp()), 1)
    scale = torch.cat((pred[:, :2].norm(dim=1, keepdim=True).expand(-1, 2), pred[:, 2:].clamp_min(SIZE_SHARE)), 1)
    slope = _slope(loss, pred, _boxes((0, 0, 1, 1)).expand_as(pred)) * scale
    least = float(slope.norm(dim=1).min())
    return Finding(least > LEAST_SLOPE, least)


def _best_size(loss: BoxLoss, member: Member) -> Finding:
    """The largest error of ln(best width) for five offsets; it must fall to there and rise from there."""
    error, single = 0.0, True
    for offset, size in ((0.0, 2.0), (0.3, 2.0), (1.0, 1.0), (5.0, 0.7), (40.0, 1.0)):
        d, t = _boxes((offset, size))[0]
        expected = DIVERGENCES[member.divergence].best_size(d, t)
        ratio = torch.linspace(-3, 3, 6001, dtype=torch.float64)
        width = expected * ratio.exp()
        one, zero = torch.ones_like(width), torch.zeros_like(width)
        values = loss.elementwise(torch.stack((offset * one, zero, width, one), 1), _boxes((0, 0, size, 1)))
        place = int(values.argmin())
        error = max(error, abs(float(ratio[place])))
        single &= bool((values[: place + 1].diff() < 0).all() and (values[place:].diff() > 0).all())
    return Finding(single and error < 2e-3, error)


def _invariance(loss: BoxLoss, member: Member, generator: torch.Generator) -> Finding:
    """The largest relative change of the value; no box is a hundred times as large as its partner."""
    normal = torch.randn(2, 2000, 4, generator=generator, dtype=torch.float64)
    pred, target = torch.cat((normal[..., :2], normal[..., 2:].clamp(-2, 2).exp()), -1)
    shift, swap = _boxes((12.5, -3, 0, 0)), [1, 0, 3, 2]
    value = loss.elementwise(pred, target)
    others = [
        loss.elementwise(pred + shift, target + shift),
        loss.elementwise(7 * pred, 7 * target),
        loss.elementwise(pred[:, swap], target[:, swap]),
    ]
    if DIVERGENCES[member.divergence].symmetric:
        others.append(loss.elementwise(target, pred))
    change = max(float(((other - value).abs() / (1e-9 + value.abs())).max()) for other in others)
    return Finding(change < 1e-6, change)


def _steepest(loss: BoxLoss) -> Finding:
    """The steepest slope by log size to 1e4 sizes away."""
    sizes = torch.linspace(-9, 9, 181, dtype=torch.float64).exp()
    reach = torch.cat((torch.zeros(1, dtype=torch.float64), torch.logspace(-4, 4, 241, dtype=torch.float64)))
    shift, width = torch.cartesian_prod(reach, sizes).unbind(1)
    one, zero = torch.ones_like(width), torch.zeros_like(width)
    pred, target = torch.stack((shift, zero, width, one), 1), _boxes((0, 0, 1, 1))
    slope = (_slope(loss, pred, target.expand_as(pred))[:, 2] * width).abs()
    steepest, nearer = float(slope.max()), float(slope[shift <= 1e3].max())
    score = loss.similarity(pred[(shift <= 100) & (width >= SIZE_SHARE) & (width <= 100)], target)
    inside = bool((score > 0).all() and (score <= 1).all())
    return Finding(inside and steepest <= 1.01 * nearer, steepest)


def _rank(loss: BoxLoss, generator: torch.Generator) -> Finding:
    """Spearman's correlation of the score with IoU over jittered boxes that keep an IoU above 0.1."""
    target = torch.tensor([120.0, 90, 60, 40])
    spread = torch.tensor([0.01, 0.05, 0.1, 0.2, 0.3])[torch.randint(5, (4000, 1), generator=generator)]
    proposals = target + spread * torch.randn(4000, 4, generator=generator) * (target[2] * target[3]).sqrt()
    proposals[:, 2:] = proposals[:, 2:].clamp_min(2)
    iou = elementwise_iou(proposals, target, "cxcywh")
    scores = (iou, -loss.elementwise(proposals, target))
    ranks = torch.stack([values[iou > 0.1].argsort().argsort().double() for values in scores])
    correlation = float(torch.corrcoef(ranks)[0, 1])
    return Finding(correlation >= LEAST_RANK, correlation)
