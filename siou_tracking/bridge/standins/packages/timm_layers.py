"""The layers and initializations of timm that the networks of checkouts are built from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model")

IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET_INCEPTION_MEAN = IMAGENET_INCEPTION_STD = (0.5, 0.5, 0.5)
_SPREAD_OF_CUT_NORMAL = 0.87962566103423978
"""Standard deviation of a standard normal distribution that is cut off at -2 and 2."""

trunc_normal_ = nn.init.trunc_normal_


def drop_path(x: Tensor, drop_prob: float = 0.0, training: bool = False, scale_by_keep: bool = True) -> Tensor:
    """`DropPath` as a function."""
    if not training or drop_prob == 0:
        return x
    keep = 1 - drop_prob
    kept = torch.empty((x.shape[0],) + (1,) * (x.ndim - 1), dtype=x.dtype, device=x.device).bernoulli_(keep)
    return x * (kept / keep if scale_by_keep and keep > 0 else kept)


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
        return drop_path(x, self.drop_prob, self.training, self.scale_by_keep)


class Mlp(nn.Module):
    """Two linear layers with an activation between them: (..., in_features) to (..., out_features).

    Args:
        in_features: channels that come in.
        hidden_features, out_features: channels between and after; as many by default.
        act_layer, norm_layer: of what is between; no norm by default.
        bias, drop: of both layers, one value or a pair.
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int | None = None,
        out_features: int | None = None,
        act_layer: Callable[[], nn.Module] = nn.GELU,
        norm_layer: Callable[[int], nn.Module] | None = None,
        bias: bool | Sequence[bool] = True,
        drop: float | Sequence[float] = 0.0,
    ) -> None:
        super().__init__()
        hidden = hidden_features or in_features
        biases, drops = to_2tuple(bias), to_2tuple(drop)
        self.fc1 = nn.Linear(in_features, hidden, bias=biases[0])
        self.act = act_layer()
        self.drop1 = nn.Dropout(drops[0])
        self.norm = norm_layer(hidden) if norm_layer is not None else nn.Identity()
        self.fc2 = nn.Linear(hidden, out_features or in_features, bias=biases[1])
        self.drop2 = nn.Dropout(drops[1])

    def forward(self, x: Tensor) -> Tensor:
        return self.drop2(self.fc2(self.norm(self.drop1(self.act(self.fc1(x))))))


def to_ntuple(count: int) -> Callable[[object], tuple]:
    """A function that repeats a number `count` times, and leaves a sequence as a tuple."""

    def repeat(value: object) -> tuple:
        return tuple(value) if isinstance(value, (list, tuple)) else (value,) * count

    return repeat


to_1tuple, to_2tuple, to_3tuple, to_4tuple = (to_ntuple(count) for count in range(1, 5))


def make_divisible(v: float, divisor: int = 8, min_value: int | None = None, round_limit: float = 0.9) -> int:
    """The multiple of `divisor` nearest to `v`, but not below `min_value` nor `round_limit` of `v`."""
    nearest = max(min_value or divisor, int(v + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < round_limit * v else nearest


def lecun_normal_(tensor: Tensor) -> Tensor:
    """Fill a weight (out, in, ...) from a normal distribution cut off at two sigma, of variance 1 / fan-in."""
    fan_in = tensor[0].numel()
    with torch.no_grad():
        return trunc_normal_(tensor).mul_(math.sqrt(1 / fan_in) / _SPREAD_OF_CUT_NORMAL)


def named_apply(
    fn: Callable[..., object], module: nn.Module, name: str = "", depth_first: bool = True, include_root: bool = False
) -> nn.Module:
    """Call `fn(module=..., name=...)` with every module inside `module`, the inner ones first, and with itself."""
    if not depth_first and include_root:
        fn(module=module, name=name)
    for child_name, child in module.named_children():
        named_apply(fn, child, f"{name}.{child_name}" if name else child_name, depth_first, include_root=True)
    if depth_first and include_root:
        fn(module=module, name=name)
    return module


def register_model(fn: Model) -> Model:
    """A decorator: a function that makes a network, as it is, for nothing looks for it by name."""
    return fn
