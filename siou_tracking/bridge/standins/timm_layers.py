"""The three helpers of timm that the Swin backbone of TaMOs imports."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from siou_tracking.bridge.supply.component import StandIn, import_failure, module_of


class DropPath(nn.Module):
    """Stochastic depth (Huang et al., 2016): in training, zeroes whole samples and scales up the rest.

    Args:
        drop_prob: probability of a sample being zeroed, in [0, 1); None is 0.
        scale_by_keep: divide what is kept by its probability.
    """

    def __init__(self, drop_prob: float | None = 0.0, scale_by_keep: bool = True) -> None:
        super().__init__()
        self.drop_prob = drop_prob or 0.0
        self.scale_by_keep = scale_by_keep

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.drop_prob == 0:
            return x
        keep = 1 - self.drop_prob
        kept = torch.empty((x.shape[0],) + (1,) * (x.ndim - 1), dtype=x.dtype, device=x.device).bernoulli_(keep)
        return x * (kept / keep if self.scale_by_keep and keep > 0 else kept)


def to_2tuple(value: object) -> tuple[object, ...]:
    """A pair from one number; a sequence as a tuple."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


def timm() -> StandIn | None:
    """Layers of the Swin backbone."""
    state = import_failure("timm.models.layers")
    if state is None:
        return None
    names = {"DropPath": DropPath, "to_2tuple": to_2tuple, "trunc_normal_": nn.init.trunc_normal_}
    modules = {"timm": module_of(), "timm.models": module_of(), "timm.models.layers": module_of(**names)}
    return StandIn("timm", state, "our layers for the Swin backbone", "not needed", modules)
