"""Which tracker of a checkout is to be made, with what and for what."""

from __future__ import annotations

import dataclasses
import os

import torch


@dataclasses.dataclass(frozen=True)
class TrackerRequest:
    """One tracker of a checkout that is to be made, its names checked."""

    name: str
    param: str
    weights: str | os.PathLike[str] | None
    """A checkpoint, or a folder of them, instead of the network that the parameters name."""
    device: torch.device
    dataset: str | None = None
    """The benchmark it will run on by our name, NAME_test for a test split; parameters of some depend on it."""

    @property
    def label(self) -> str:
        return f"{self.name}:{self.param}"
