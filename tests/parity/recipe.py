"""What a family of networks is compared with upstream's on: how they are made and filled, and what is looked at."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tests.parity.exact_values import noise
from tests.parity.stability import Nudge, Values


@dataclass(frozen=True)
class Maker:
    """A network's constructor, which ours and upstream's have under the same name."""

    module: str
    """As upstream calls it, such as "ltr.models.bbreg.atom"."""
    function: str
    arguments: Mapping[str, Any]

    def ours(self) -> nn.Module:
        """This package's network, with random weights."""
        return getattr(importlib.import_module(f"siou_tracking.{self.module}"), self.function)(**self.arguments)


@dataclass(frozen=True)
class Recipe:
    """A family of networks."""

    networks: Mapping[str, Maker]
    evaluate: Callable[[nn.Module, Nudge | None], Values]
    """What a filled network computes: a flat float64 tensor for each quantity. Its weights and statistics stay as they
    are. The nudge is applied to each input."""
    tolerances: Mapping[str, float]
    """How far a number may lie from the reference, in parts of the largest of its quantity; some networks have not all
    of the quantities."""


def fill(net: nn.Module) -> nn.Module:
    """Give every parameter and buffer a float64 value of the size that keeps activations near 1."""
    state = {}
    for number, (key, value) in enumerate(net.double().state_dict().items()):
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(5)
        elif value.dim() > 1:
            state[key] = math.sqrt(6 / value[0].numel()) * noise(tuple(value.shape), number)
        elif key.endswith("filter_reg"):
            state[key] = 0.2 + 0.1 * noise(tuple(value.shape), number)  # near zero it would be clamped
        elif key.endswith(("running_var", "weight")):
            state[key] = 1 + 0.3 * noise(tuple(value.shape), number)
        else:
            state[key] = 0.2 * noise(tuple(value.shape), number)
    net.load_state_dict(state)
    return net
