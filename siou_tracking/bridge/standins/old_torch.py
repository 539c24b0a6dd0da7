"""Functions that torch has removed since the checkout was written: the old Fourier transforms, and `torch._six`."""

from __future__ import annotations

import collections.abc
from collections.abc import Sequence

import torch
from torch import Tensor

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure, module_of
from siou_tracking.bridge.supply.patches import Patches


def rfft(input: Tensor, signal_ndim: int, normalized: bool = False, onesided: bool = True) -> Tensor:
    """Fourier transform of a real tensor over its last `signal_ndim` dimensions; (..., 2) real and imaginary parts."""
    transform = torch.fft.rfftn if onesided else torch.fft.fftn
    return torch.view_as_real(transform(input, dim=_last_dimensions(signal_ndim), norm=_name_norm(normalized)))


def irfft(
    input: Tensor,
    signal_ndim: int,
    normalized: bool = False,
    onesided: bool = True,
    signal_sizes: Sequence[int] | None = None,
) -> Tensor:
    """Inverse of `rfft`: (..., 2) to a real tensor, of `signal_sizes` in its last dimensions."""
    spectrum = torch.view_as_complex(input.contiguous())
    sizes = None if not signal_sizes else list(signal_sizes)
    if onesided:
        return torch.fft.irfftn(spectrum, s=sizes, dim=_last_dimensions(signal_ndim), norm=_name_norm(normalized))
    return torch.fft.ifftn(spectrum, s=sizes, dim=_last_dimensions(signal_ndim), norm=_name_norm(normalized)).real


def _last_dimensions(count: int) -> tuple[int, ...]:
    return tuple(range(-count, 0))


def _name_norm(normalized: bool) -> str:
    return "ortho" if normalized else "backward"


def fourier() -> StandIn | None:
    """ATOM localizes its target with these."""
    missing = {function.__name__: function for function in (rfft, irfft) if not hasattr(torch, function.__name__)}
    if not missing:
        return None

    def apply(patches: Patches) -> None:
        for name, function in missing.items():
            patches.set(torch, name, function)

    return StandIn("torch.rfft", _describe_removal(), "rfft and irfft by torch.fft", "", apply=apply)


def torch_six(sources: Sources) -> StandIn | None:
    """Names for Python 2, which commits of before 2023 import, in their data loader and elsewhere."""
    if not sources.parts_of("torch._six") or import_failure("torch._six") is None:
        return None
    make = module_of(
        string_classes=(str, bytes),
        int_classes=int,
        container_abcs=collections.abc,
        FileNotFoundError=FileNotFoundError,
        inf=float("inf"),
        nan=float("nan"),
    )
    return StandIn("torch._six", _describe_removal(), "Python's own classes", "", {"torch._six": make})


def _describe_removal() -> str:
    return f"not in torch {torch.__version__}"
