"""A network that computes in half precision or compiled, from outside: its class name and weights stay as they are.

Autocast covers the network's call alone. What leaves it is float32, and so are boxes, IoUs, targets and losses, which
are made of that: half precision has no quarter pixels beyond 512, bfloat16 none beyond 64.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any  # what networks are called with and return

import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.retrain.actor_wrappers import name_after

logger = get_logger(__name__)

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def change_network(net: nn.Module, device: torch.device, amp: str | None, compiled: bool) -> list[int]:
    """Let calls of a network, which may be wrapped for several devices, run in half precision or compiled.

    It is changed in place, and its class keeps its name; so checkpoints, whose keys are those of before too, are read
    and written as ever.

    Args:
        amp: "bf16" or "fp16"; None leaves the precision.
        compiled: compile at the first call of each kind.

    Returns:
        One number, which counts its calls.

    Raises:
        InputError: see `check_compiler`; or a network that `nn.DataParallel` copies at each call.
    """
    inner = unwrap(net)
    if compiled:
        if isinstance(net, nn.DataParallel) and len(net.device_ids) > 1:
            raise InputError(
                "--compile: got a network on several GPUs by nn.DataParallel, which copies it at each step: start one "
                "process per GPU by torchrun"
            )
        check_compiler(device)
        _compile(inner)
        logger.info(f"compile: {type(inner).__name__}: its first batches take longer")
    if amp is not None:
        logger.info(f"amp: {type(inner).__name__} computes in {amp}, losses and boxes in float32")
    return _change_calls(inner, device, None if amp is None else DTYPES[amp])


def _change_calls(net: Any, device: torch.device, dtype: torch.dtype | None) -> list[int]:
    own, calls = type(net), [0]

    class Changed(own):  # type: ignore[misc, valid-type]  # whichever it is
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            calls[0] += 1
            with _compiler_errors(self):
                if dtype is None:
                    return super().__call__(*args, **kwargs)
                with torch.autocast(device.type, dtype):
                    outputs = super().__call__(*args, **kwargs)
            return to_float32(outputs)

    name_after(Changed, own)
    net.__class__ = Changed
    return calls


def _compile(net: nn.Module) -> None:
    for module in net.modules():
        for name in getattr(module, "eager_calls", ()):
            setattr(module, name, torch.compiler.disable(getattr(module, name)))
    nn.Module.compile(net)  # in place, and not by a method of the network's that has this name


def check_precision(amp: str, device: torch.device) -> None:
    """Raise `InputError` for a precision that a device has not, or only slower than float32."""
    if amp == "fp16" and device.type == "cpu":
        raise InputError("--amp fp16: the cpu is slower in it than in float32: give bf16, or a CUDA device")
    if amp == "bf16" and device.type == "cuda":
        with torch.cuda.device(device):
            if not torch.cuda.is_bf16_supported(including_emulation=False):
                name = torch.cuda.get_device_name(device)
                raise InputError(f"--amp bf16: {device}, {name}, does not compute in it: give fp16")


def check_compiler(device: torch.device) -> None:
    """Raise `InputError` unless torch can compile for the device here, by trying it on one addition."""
    try:
        torch.compile(lambda numbers: numbers + 1)(torch.zeros(8, device=device))
    except Exception as error:  # whatever a compiler, its absence, or torch's search for one raises
        raise InputError(
            f"--compile: torch cannot compile for {device} here: {_first_line(error)}: install what is missing, or "
            "leave it out: what comes out is the same but for rounding"
        ) from error


def to_float32(outputs: Any) -> Any:
    """Half precision tensors as float32, in lists, tuples and dicts too; anything else as it is."""
    if isinstance(outputs, torch.Tensor):
        return outputs.float() if outputs.dtype in DTYPES.values() else outputs
    if isinstance(outputs, dict):
        for name, value in outputs.items():
            outputs[name] = to_float32(value)
        return outputs
    if isinstance(outputs, list | tuple):
        values = [to_float32(value) for value in outputs]
        if all(new is old for new, old in zip(values, outputs, strict=True)):
            return outputs
        return type(outputs)(*values) if hasattr(outputs, "_fields") else type(outputs)(values)
    return outputs


@contextlib.contextmanager
def _compiler_errors(net: Any) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not any(one.__name__ == "TorchDynamoException" for one in type(error).__mro__):
            raise
        raise InputError(f"--compile: {type(net).__name__}: torch cannot compile it: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
