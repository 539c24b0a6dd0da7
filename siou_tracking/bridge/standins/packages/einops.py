"""einops: `rearrange`, the one function of it that networks of the family call."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence

from torch import Tensor, nn

from siou_tracking.bridge.standins.packages.inert import make_lazy
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure
from siou_tracking.errors import InputError

_AXIS = re.compile(r"[A-Za-z_]\w*")
_TOKEN = re.compile(r"\s*(\(|\)|1\b|[A-Za-z_]\w*)")


def rearrange(tensor: Tensor, pattern: str, **lengths: int) -> Tensor:
    """Split, permute and merge the dimensions of a tensor, as "b (h w) c -> b c h w" says.

    Args:
        tensor: its dimensions are the left side's.
        pattern: names of axes, groups of them in parentheses, and 1; both sides have the same names, once each.
        lengths: of axes that a group on the left is split into; one axis of a group may go without.

    Raises:
        InputError: a pattern of another kind, or one that does not fit the tensor.
    """
    left, right = _parse_pattern(pattern)
    if len(left) != tensor.ndim:
        raise InputError(f"einops.rearrange: '{pattern}': got a tensor of {tensor.ndim} dimensions, not {len(left)}")
    sizes = dict(lengths)
    for group, size in zip(left, tensor.shape, strict=True):
        _settle_sizes(group, size, sizes, pattern)
    flat = [axis for group in left for axis in group]
    order = [flat.index(axis) for group in right for axis in group]
    split = tensor.reshape([sizes[axis] for axis in flat])
    merged = [math.prod(sizes[axis] for axis in group) for group in right]
    return split.permute(order).reshape(merged)


def _settle_sizes(group: Sequence[str], size: int, sizes: dict[str, int], pattern: str) -> None:
    """Give the axis of a group whose length was not told what is left of the dimension's `size`."""
    open_axes = [axis for axis in group if axis not in sizes]
    known = math.prod(sizes[axis] for axis in group if axis in sizes)
    if len(open_axes) > 1:
        raise InputError(f"einops.rearrange: '{pattern}': got no length for {' and '.join(open_axes)}")
    if (size % known if known and open_axes else size - known) != 0:
        raise InputError(f"einops.rearrange: '{pattern}': got {size} for ({' '.join(group)}) of {known}")
    if open_axes:
        sizes[open_axes[0]] = size // known


@functools.cache
def _parse_pattern(pattern: str) -> tuple[list[list[str]], list[list[str]]]:
    sides = [_parse_side(side, pattern) for side in pattern.split("->")]
    axes = [sorted(axis for group in side for axis in group) for side in sides]
    if len(sides) != 2 or axes[0] != axes[1] or len(set(axes[0])) != len(axes[0]):
        raise InputError(f"einops.rearrange: got '{pattern}', allowed is the same axes, once each, on both sides of ->")
    return sides[0], sides[1]


def _parse_side(side: str, pattern: str) -> list[list[str]]:
    """The axes of each dimension; a 1 has none."""
    groups: list[list[str]] = []
    inside, place = False, 0
    side = side.strip()
    while place < len(side):
        found = _TOKEN.match(side, place)
        token = found[1] if found else ""
        if found is None or token == ("(" if inside else ")"):
            raise InputError(f"einops.rearrange: got '{pattern}', allowed are axes, 1 and (a b): pip install einops")
        place = found.end()
        if token in "()":
            inside = token == "("
        if token == "(" or (token == "1" and not inside):
            groups.append([])
        elif _AXIS.fullmatch(token):
            if not inside:
                groups.append([])
            groups[-1].append(token)
    if inside:
        raise InputError(f"einops.rearrange: got '{pattern}', allowed are parentheses that are closed")
    return groups


class Rearrange(nn.Module):
    """`rearrange` as a layer."""

    def __init__(self, pattern: str, **lengths: int) -> None:
        super().__init__()
        self.pattern, self.lengths = pattern, lengths

    def forward(self, tensor: Tensor) -> Tensor:
        return rearrange(tensor, self.pattern, **self.lengths)


def einops(sources: Sources) -> StandIn | None:
    """Dimensions by name."""
    parts = sources.parts_of("einops")
    state = import_failure("einops") if parts else None
    if state is None:
        return None
    hint = "pip install einops"
    modules = dict.fromkeys({*parts, "einops", "einops.layers"}, make_lazy(hint, rearrange=rearrange))
    modules["einops.layers.torch"] = make_lazy(hint, Rearrange=Rearrange)
    return StandIn("einops", state, "rearrange, and no other function of it", f"not needed; {hint}", modules)
