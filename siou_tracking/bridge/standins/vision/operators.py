"""torchvision's operators on boxes and on layers of a network that checkouts call, with its names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError


def box_area(boxes: Tensor) -> Tensor:
    """Areas (N,) of xyxy boxes (N, 4); half precision becomes float32, small integers int32."""
    if boxes.is_floating_point():
        boxes = boxes if boxes.dtype in (torch.float32, torch.float64) else boxes.float()
    elif boxes.dtype not in (torch.int32, torch.int64):
        boxes = boxes.int()
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def new_empty_tensor(x: Tensor, shape: Sequence[int]) -> Tensor:
    """A tensor of `shape` like `x`; until torchvision 0.7 the way to make one without elements."""
    return x.new_empty(list(shape))


def output_size(dim: int, input: Tensor, size: int | Sequence[int] | None, scale_factor: float | None) -> list[int]:
    """Sides that an interpolation of `input` over its last `dim` dimensions has: `size`, or the old ones scaled."""
    if (size is None) == (scale_factor is None):
        raise InputError("interpolate: got size and scale_factor both or neither, allowed is one of them")
    if size is not None:
        return [size] * dim if isinstance(size, int) else list(size)
    factors = [scale_factor] * dim if isinstance(scale_factor, (int, float)) else list(scale_factor or ())
    return [int(side * factor) for side, factor in zip(input.shape[-dim:], factors, strict=True)]


class StochasticDepth(nn.Module):
    """Zero for a share `p` of the samples ("row"), or for all at once ("batch"), the rest scaled up; while training.

    Raises:
        InputError: p outside [0, 1], or another mode.
    """

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        if not 0 <= p <= 1 or mode not in ("row", "batch"):
            raise InputError(f"StochasticDepth: got p {p} and mode '{mode}', allowed are 0 to 1, and row or batch")
        self.p, self.mode = p, mode

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return input
        count = input.shape[0] if self.mode == "row" else 1
        kept = torch.empty([count] + [1] * (input.ndim - 1), dtype=input.dtype, device=input.device)
        kept.bernoulli_(1 - self.p)
        return input * (kept.div_(1 - self.p) if self.p < 1 else kept)


class IntermediateLayerGetter(nn.ModuleDict):
    """The children of a network up to the last one that is asked for, called one after the other.

    Args:
        model: whose own children run in the order they were made.
        return_layers: name of a child to the name that its result gets.

    Raises:
        InputError: a name that is no child's.
    """

    def __init__(self, model: nn.Module, return_layers: Mapping[str, str]) -> None:
        children = dict(model.named_children())
        unknown = set(return_layers) - set(children)
        if unknown:
            raise InputError(
                f"IntermediateLayerGetter: got {', '.join(sorted(unknown))}, allowed: {', '.join(children)}"
            )
        last = max(list(children).index(name) for name in return_layers)
        super().__init__(OrderedDict(list(children.items())[: last + 1]))
        self.return_layers = {str(name): str(label) for name, label in return_layers.items()}

    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        """The results asked for, by their new names."""
        results: OrderedDict[str, Tensor] = OrderedDict()
        for name, child in self.items():
            x = child(x)
            if name in self.return_layers:
                results[self.return_layers[name]] = x
        return results
