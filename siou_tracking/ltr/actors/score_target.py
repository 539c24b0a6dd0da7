"""Another score to learn for a head that scores proposals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from siou_tracking.ltr.actors.base_actor import BaseActor, Stats

Similarity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def score_target(data: Any, similarity: Similarity) -> torch.Tensor:
    """What the head shall predict for each proposal: 2 S - 1 in [-1, 1], on the boxes' device, without a graph.

    Args:
        data: a batch with `test_proposals` (nf, ns, P, 4) and `test_anno` (nf, ns, 4), xywh in crop pixels.
        similarity: S of boxes in xywh, in [0, 1] and 1 for equal boxes; it broadcasts.

    Returns:
        (nf, ns, P). With the plain IoU it is what the data layer puts in `proposal_iou`.
    """
    with torch.no_grad():
        return 2 * similarity(data["test_proposals"], data["test_anno"].unsqueeze(-2)) - 1


class ScoreTargetActor(BaseActor):
    """An actor around another one: sets `proposal_iou` to the similarity chosen, then leaves the rest to the actor.

    The target is recomputed from the boxes in the batch, in the training process: the proposals themselves, the
    workers and the network do not change.

    Args:
        actor: the actor of the settings file; also as `inner`.
        similarity: of boxes in xywh, see `score_target`.
        weight: factor on the loss; None leaves it.
    """

    def __init__(self, actor: BaseActor, similarity: Similarity, weight: float | None = None) -> None:
        self.inner = actor
        self.similarity = similarity
        self.weight = weight

    @property
    def net(self) -> nn.Module:
        """The inner actor's network."""
        return self.inner.net

    @net.setter
    def net(self, net: nn.Module) -> None:
        self.inner.net = net

    @property
    def objective(self) -> Any:
        """The inner actor's objective."""
        return self.inner.objective

    def to(self, device: torch.device | str) -> None:
        self.inner.to(device)

    def train(self, mode: bool = True) -> None:
        self.inner.train(mode)

    def __call__(self, data: Any) -> tuple[torch.Tensor, Stats]:
        data["proposal_iou"] = score_target(data, self.similarity)
        loss, stats = self.inner(data)
        if self.weight is not None:
            loss = self.weight * loss
            stats["Loss/total"] = loss.detach()
        return loss, stats
