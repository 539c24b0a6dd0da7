"""A network's checkpoint as a safetensors file: the weights as tensors, how the network is built in the metadata.

Metadata are texts. `net_type` and `epoch` are as they are; `constructor` (`fun_name`, `fun_module`, `args`, `kwds`),
`box_loss`, `net_info` and `settings` (their two names) are JSON, in which tuples become lists. What only a training
that goes on needs is left out.
"""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any  # what a checkpoint holds

from torch import Tensor

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.model_constructor import NetConstructor
from siou_tracking.ltr.admin.settings import settings_names, trained_box_loss
from siou_tracking.ltr.admin.tensor_file.tensors import read_tensors, write_tensors
from siou_tracking.untrusted.names import printable

SUFFIX = ".safetensors"
_FORMAT = {"format": "pt"}  # readers of the format's own library ask which framework made a file
_JSON = ("epoch", "constructor", "box_loss", "net_info", "settings")
_CONSTRUCTOR = {"fun_name": str, "fun_module": str, "args": list, "kwds": dict}


def is_tensor_file(path: Path) -> bool:
    """Whether a file is to be read as safetensors: by its name, or because JSON begins behind eight bytes."""
    if path.suffix.lower() == SUFFIX:
        return True
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(9)[8:] == b"{"
    return False


def read_tensor_checkpoint(path: Path) -> dict[str, Any]:
    """'net', and of 'net_type', 'epoch', 'constructor', 'box_loss', 'net_info' and 'settings' those in the metadata.

    Raises:
        InputError: not a safetensors file, cut short, or with metadata of ours that are not as we write them.
    """
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:] != b"{" and start.startswith((b"PK", b"\x80")):
        raise InputError(f"checkpoint {path}: got a file of PyTorch's, which is named .pth.tar; expected safetensors")
    tensors, metadata = read_tensors(path)
    content: dict[str, Any] = {"net": tensors}
    if "net_type" in metadata:
        content["net_type"] = metadata["net_type"]
    for key in _JSON:
        if key in metadata:
            content[key] = _decode(key, metadata[key], path)
    return content


def write_tensor_checkpoint(path: Path, content: dict[str, Any], source: Path) -> None:
    """Write what `read_tensor_checkpoint` gives back; `source` is for the message.

    Raises:
        InputError: the network holds something that is no tensor, or is built with an argument that JSON cannot say.
    """
    for name, value in content["net"].items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            got = f"{printable(str(name))}: {type(value).__name__}"
            raise InputError(f"checkpoint {source}: network: got {got}, allowed in safetensors: tensors by name")
    metadata = dict(_FORMAT)
    if content.get("net_type") is not None:
        metadata["net_type"] = str(content["net_type"])
    own = {"box_loss": trained_box_loss(content), "settings": settings_names(content) or None}
    for key in _JSON:
        value = own[key] if key in own else content.get(key)
        if isinstance(value, NetConstructor):
            value = {name: getattr(value, name) for name in _CONSTRUCTOR}
        if value is not None:
            _check_plain(value, f"checkpoint {source}: {key}")
            metadata[key] = json.dumps(value, allow_nan=False)
    write_tensors(path, content["net"], metadata)


def _decode(key: str, text: str, path: Path) -> Any:
    try:
        value = json.loads(text)
        if key == "epoch":
            return int(value)
        if key == "constructor":
            if not all(isinstance(value[name], kind) for name, kind in _CONSTRUCTOR.items()):
                raise ValueError
            return NetConstructor(value["fun_name"], value["fun_module"], tuple(value["args"]), value["kwds"])
        if key == "box_loss" and not (isinstance(value["name"], str) and isinstance(value["params"], dict)):
            raise ValueError
        if key == "settings" and settings_names({key: value}) != value:
            raise ValueError
        return value
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(
            f"checkpoint {path}: metadata: {key}: got {printable(text)[:80]}, expected what convert writes"
        ) from error


def _check_plain(value: object, what: str) -> None:
    """Raise where JSON would refuse a value, or give back another."""
    if isinstance(value, dict):
        for key, one in value.items():
            if not isinstance(key, str):
                raise InputError(f"{what}: got the key {key!r}, allowed in safetensors: names")
            _check_plain(one, f"{what}: {printable(key)}")
    elif isinstance(value, (list, tuple)):
        for one in value:
            _check_plain(one, what)
    elif value is not None and not isinstance(value, (str, int)) and not _is_finite(value):
        got = f"{value!r}" if isinstance(value, float) else f"a {type(value).__name__}"
        raise InputError(
            f"{what}: got {got}, allowed in safetensors: finite numbers, texts, truth values, lists of them"
        )


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)
