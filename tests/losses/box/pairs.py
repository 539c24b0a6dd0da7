"""Pairs of boxes, measured by their corners with plain numbers: what formulas are derived from a second time."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from siou_tracking.losses import build_box_loss


def random_pairs(count: int = 40, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Predictions and targets xyxy `(count, 4)`: overlapping, contained and disjoint, none at a kink."""
    generator = torch.Generator().manual_seed(seed)
    center = 3 * torch.rand(2, count, 2, generator=generator, dtype=torch.float64)
    size = 0.3 + 2 * torch.rand(2, count, 2, generator=generator, dtype=torch.float64)
    pred, target = torch.cat((center - size / 2, center + size / 2), dim=-1)
    return pred, target


def costs(name: str, pred: torch.Tensor, target: torch.Tensor, **params) -> torch.Tensor:
    """The loss of each pair, its state at rest."""
    return build_box_loss(name, reduction="none", **params).eval()(pred, target)


def cost(name: str, pred: tuple[float, ...], target: tuple[float, ...], **params) -> float:
    """The loss of one pair."""
    return costs(name, *(torch.tensor([box], dtype=torch.float64) for box in (pred, target)), **params).item()


@dataclass(frozen=True)
class Measured:
    """One pair in the letters of the papers."""

    dx: float
    dy: float
    w: float
    h: float
    wg: float
    hg: float
    cw: float
    ch: float
    union: float
    iou: float

    @property
    def rho2(self) -> float:
        return self.dx**2 + self.dy**2

    @property
    def c2(self) -> float:
        return self.cw**2 + self.ch**2


def measured(pred: torch.Tensor, target: torch.Tensor, ratio: float = 1.0) -> Measured:
    """One pair `(4,)`, `(4,)` by its corners; with a ratio, of both boxes scaled about their centers."""
    corners = []
    for x0, y0, x1, y1 in (pred.tolist(), target.tolist()):
        x, y, w, h = (x0 + x1) / 2, (y0 + y1) / 2, ratio * (x1 - x0), ratio * (y1 - y0)
        corners.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    (x0, y0, x1, y1), (u0, v0, u1, v1) = corners
    width, height = max(0, min(x1, u1) - max(x0, u0)), max(0, min(y1, v1) - max(y0, v0))
    union = (x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - width * height
    return Measured(
        dx=(x0 + x1 - u0 - u1) / 2,
        dy=(y0 + y1 - v0 - v1) / 2,
        w=x1 - x0,
        h=y1 - y0,
        wg=u1 - u0,
        hg=v1 - v0,
        cw=max(x1, u1) - min(x0, u0),
        ch=max(y1, v1) - min(y0, v0),
        union=union,
        iou=width * height / union,
    )
