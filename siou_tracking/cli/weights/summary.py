"""What a checkpoint holds, in plain values: read from the file, never run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any  # what a checkpoint holds

from torch import Tensor

from siou_tracking.ltr.admin.loading import not_finite, read_checkpoint
from siou_tracking.ltr.admin.model_constructor import NetConstructor
from siou_tracking.ltr.admin.settings import Settings, trained_box_loss
from siou_tracking.ltr.admin.tensor_file import is_tensor_file
from siou_tracking.untrusted.names import printable

DESCRIBED = ("net", "net_type", "constructor", "epoch", "actor_type", "box_loss", "settings")
"""Entries of a checkpoint that a summary has; of others it has the names."""
_DEEPEST = 8
"""Values in values, at most: a file may hold lists of lists without end."""


@dataclasses.dataclass(frozen=True)
class TensorRow:
    """One tensor of a network."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    finite: bool
    """Whether no number in it is NaN or infinite."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """A checkpoint in plain values, as `inspect --json` writes it."""

    file: str
    format: str
    """"PyTorch" or "safetensors"."""
    bytes: int
    net_type: str | None
    constructor: dict[str, Any] | None
    """`fun_name`, `fun_module`, `args` and `kwds`."""
    epoch: Any
    """A number, as far as the file is one of training."""
    actor_type: str | None
    box_loss: Any
    """`name`, `params`, ... of the loss asked for by --box-loss; None where it was the settings file's own."""
    settings: dict[str, Any]
    """What the settings file assigned, without the folders of the machine."""
    others: list[str]
    """Names of further entries, such as the optimizer's state."""
    tensors: list[TensorRow]
    numbers: int
    """Of all tensors."""
    tensor_bytes: int


def summarize(path: Path) -> Summary:
    """What the file at `path` holds.

    Raises:
        InputError: see `read_checkpoint`.
    """
    return summarize_content(read_checkpoint(path), path)


def summarize_content(content: Mapping[str, Any], path: Path) -> Summary:
    """The same of a file that has been read."""
    broken = set(not_finite(content["net"]))
    rows = [_row(str(name), value, name not in broken) for name, value in content["net"].items()]
    constructor, settings = content.get("constructor"), content.get("settings")
    fields = vars(constructor) if isinstance(constructor, NetConstructor) else None
    assigned = vars(settings) if isinstance(settings, Settings) else settings if isinstance(settings, dict) else {}
    return Summary(
        file=str(path),
        format="safetensors" if is_tensor_file(path) else "PyTorch",
        bytes=path.stat().st_size,
        net_type=_text(content.get("net_type")),
        constructor=None if fields is None else plain(fields),
        epoch=plain(content.get("epoch")),
        actor_type=_text(content.get("actor_type")),
        box_loss=plain(trained_box_loss(content)),
        settings={str(key): plain(value) for key, value in assigned.items() if key != "env"},
        others=[str(key) for key, value in content.items() if key not in DESCRIBED and value is not None],
        tensors=rows,
        numbers=sum(math.prod(row.shape) for row in rows),
        tensor_bytes=sum(row.bytes for row in rows),
    )


def plain(value: Any, depth: int = 0) -> Any:
    """`value` as JSON has it; what JSON does not have is told in words."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth < _DEEPEST and isinstance(value, (list, tuple, set)):
        return [plain(one, depth + 1) for one in value]
    if depth < _DEEPEST and isinstance(value, dict):
        return {str(key): plain(one, depth + 1) for key, one in value.items()}
    return f"<{type(value).__name__}>"


def describe_call(constructor: Mapping[str, Any] | None) -> str:
    """The call that builds a network, `ltr.models.bbreg.atom.atom_resnet18(backbone_pretrained=False)`."""
    if constructor is None:
        return "not in the file"
    arguments = [repr(value) for value in constructor.get("args", [])]
    arguments += [f"{key}={value!r}" for key, value in constructor.get("kwds", {}).items()]
    return printable(f"{constructor.get('fun_module')}.{constructor.get('fun_name')}({', '.join(arguments)})")


def describe_box_loss(box_loss: Any) -> str:
    """Name and parameters of a box loss."""
    if not isinstance(box_loss, dict):
        return "the settings file's own" if box_loss is None else printable(str(box_loss))
    given = box_loss.get("params")
    values = {**(given if isinstance(given, dict) else {}), "weight": box_loss.get("weight")}
    shown = ", ".join(f"{key} {value}" for key, value in values.items() if value is not None)
    return printable(f"{box_loss.get('name')}{f' ({shown})' if shown else ''}")


def describe_size(count: int) -> str:
    """Bytes in the unit that fits: 512 bytes, 3.1 kB, 108.2 MB."""
    if count < 1000:
        return f"{count} bytes"
    power = min(int(math.log10(count)) // 3, 4)
    return f"{count / 1000**power:.1f} {['', 'kB', 'MB', 'GB', 'TB'][power]}"


def _row(name: str, value: Any, finite: bool) -> TensorRow:
    if not isinstance(value, Tensor):  # what a module keeps beside its tensors
        return TensorRow(name, (), type(value).__name__, 0, finite)
    dtype = str(value.dtype).removeprefix("torch.")
    return TensorRow(name, tuple(value.shape), dtype, value.numel() * value.element_size(), finite)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
