"""What a head is to the training: a network, what it minimizes on a batch, and the boxes it gives."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, ClassVar  # Any: what a head keeps of a split is its own business

import numpy as np
import torch
from torch import nn

from experiments.head_ablation.losses import LossSpec
from experiments.head_ablation.pairs import Stores


@dataclass
class Draw:
    """Random numbers of one training."""

    torch: torch.Generator
    numpy: np.random.Generator

    @classmethod
    def seeded(cls, seed: int) -> Draw:
        """Both sources from one seed."""
        return cls(torch.Generator().manual_seed(seed), np.random.default_rng(seed))


@dataclass(frozen=True)
class Schedule:
    """How long a training is, and how often it looks at validation targets."""

    iterations: int | None = None
    """Steps; None for the head's own number."""
    looks: int = 8
    """Looks at validation targets, the k-th after (k / looks)^2 of the steps: the first ones tell the beginning."""
    regions: int = 80
    """Validation regions of a look, one start each; what chooses a rate or the step sees all."""
    center_iterations: int = 500
    """Steps of the center map that dense heads share."""


class Head(abc.ABC):
    """One head with its loss.

    Args:
        spec: the loss.
        seed: of what is shared by all losses.
        stores: what it will train on.
        schedule: of the training.
    """

    role: ClassVar[str]
    """ "score" or "loss"."""
    baseline: ClassVar[str]
    """The loss that upstream trains it with."""
    rates: ClassVar[tuple[float, ...]]
    """Learning rates to choose from."""
    batch: ClassVar[int]
    """Regions of a step."""
    iterations: ClassVar[int]
    """Steps of a training."""
    refines: ClassVar[bool]
    """Whether boxes are refined from a start, with a step to choose."""
    few: ClassVar[tuple[str, ...] | None] = None
    """The losses it is trained with where none are named; None for all that it takes."""
    network: nn.Module

    def __init__(self, spec: LossSpec, seed: int, stores: Stores, schedule: Schedule) -> None:
        self.spec, self.stores = spec, stores

    @staticmethod
    @abc.abstractmethod
    def takes(spec: LossSpec) -> bool:
        """Whether the head can train with that loss."""

    @abc.abstractmethod
    def objective(self, rows: torch.Tensor, draw: Draw) -> torch.Tensor:
        """The loss of the training regions `rows`, a scalar with a graph."""

    @abc.abstractmethod
    def look(self, name: str, rows: torch.Tensor) -> Any:
        """What `locate` needs to know of regions, once for all steps; the network is in evaluation mode.

        Args:
            name: of a split.
            rows: (N,) regions of it; each is seen with its first reference.
        """

    @abc.abstractmethod
    def locate(self, seen: Any, starts: torch.Tensor, step: float) -> torch.Tensor:
        """Boxes (N, K, 4) from starts (N, K, 4), both xywh in crop pixels; a head without refinement gives (N, 1, 4).

        Args:
            seen: what `look` returned.
            step: of the refinement.
        """
