"""The file of a tracker's network: which attribute of its parameters names it, and what is wrong with a file."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any  # parameters of a checkout, and what a file holds

import torch
from torch import nn

from siou_tracking.bridge.making.request import TrackerRequest
from siou_tracking.bridge.networks import find_weights
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoints
from siou_tracking.ltr.admin.loading import check_finite
from siou_tracking.wording import listed

_USUAL = "checkpoint"
_SUFFIXES = (".pth.tar", ".pth", ".pt", ".tar", ".ckpt", ".bin", ".pkl", ".safetensors")
_MISSING = re.compile(r"Missing key\(s\) in state_dict: (.+)")
_UNEXPECTED = re.compile(r"Unexpected key\(s\) in state_dict: (.+)")
_SHAPE = re.compile(r"size mismatch for (\S+): .*?torch\.Size\((\[.*?\])\).*?torch\.Size\((\[.*?\])\)")
_SHOWN = 3


def choose_file(params: Any, request: TrackerRequest, output: Path, local: str) -> Path | None:
    """Give the parameters the whole path of the network's file, and return it; None for a tracker without one.

    Args:
        params: as the checkout's function made them.
        request: its `weights` replace the file that the parameters name.
        output: where the checkout's own instructions put results and networks.
        local: the file that says where networks are looked for, for the error.

    Raises:
        InputError: no file where the parameters say, or none of `weights`.
    """
    attribute = _find_attribute(params)
    if request.weights is not None:
        if attribute is None:
            raise InputError(f"weights: tracker {request.label}: got '{request.weights}', it takes none")
        path = find_weights(request.weights)
    elif attribute is None:
        return None
    else:
        path = _find_named(Path(getattr(params, attribute)).expanduser(), request.label, output, local)
    setattr(params, attribute, str(path))
    return path


def unnamed_network(label: str) -> InputError:
    """The error of a parameter file that leaves the network to its user."""
    return InputError(f"weights: tracker {label}: its parameters name no network: give --weights FILE or FOLDER")


def _find_attribute(params: Any) -> str | None:
    """The attribute that is a path of a network."""
    own = {name: value for name, value in vars(params).items() if isinstance(value, str)}
    if _USUAL in own:
        return _USUAL
    return next((name for name, value in own.items() if value.lower().endswith(_SUFFIXES)), None)


def _find_named(path: Path, label: str, output: Path, local: str) -> Path:
    if path.name == "None":  # what a parameter file makes of the name that it was not given
        raise unnamed_network(label)
    tail = next((path.parts[at:] for at, part in enumerate(path.parts) if part in ("checkpoints", "models")), ())
    for place in (path, output.joinpath(*tail)) if tail else (path,):
        if place.is_file():
            return place.resolve()
    raise InputError(
        f"weights: tracker {label}: its network {path.name} was not found in {path.parent} (save_dir of {local})"
        f"{_describe_others(path.parent)}: give --weights FILE or FOLDER, or put it there"
    )


def _describe_others(folder: Path) -> str:
    """What lies where a network was looked for, or in the folders of runs that begin with its name."""
    near = [folder, *sorted(folder.parent.glob(f"{folder.name}_*"))] if folder.parent.is_dir() else []
    for place in near:
        epochs = [path for runs in find_checkpoints(place).values() for path in runs.values()]
        if epochs:
            return f"; there is {epochs[-1]}"
    return ""


class LoadWatch:
    """What a tracker does with files of weights while it is made.

    Args:
        file: its network's.
        label: of the tracker, for errors.
    """

    def __init__(self, file: Path | None, label: str) -> None:
        self._file, self._label = file, label
        self._read: list[object] = []

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Around the code that makes it.

        Raises:
            InputError: the file is damaged, no checkpoint, of another network, or was not read at all.
        """
        patches = Patches()
        load, load_state = torch.load, nn.Module.load_state_dict

        def note_file(file: Any, *args: Any, **options: Any) -> Any:
            self._read.append(file)
            return load(file, *args, **options)

        def check_keys(net: nn.Module, state: Any, strict: bool = True, *args: Any, **options: Any) -> Any:
            if not strict and len(state) and not any(key in state for key in net.state_dict()):
                raise InputError(f"{self._where()}: none of its {len(state)} tensors is one of {type(net).__name__}'s")
            return load_state(net, state, strict, *args, **options)

        patches.set(torch, "load", note_file)
        patches.set(nn.Module, "load_state_dict", check_keys)
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            patches.undo()
            if self._file is not None:
                self._explain(error, self._file)
            raise
        finally:
            patches.undo()
        if self._read and self._file is not None and str(self._file) not in map(str, self._read):
            raise InputError(f"{self._where()}: was not read: the tracker reads {self._read[-1]}")

    def check(self, inner: Any) -> None:
        """Refuse a network that is not finite.

        Raises:
            InputError: it is not.
        """
        for value in vars(inner).values():
            if isinstance(value, nn.Module):
                check_finite(value.state_dict(), self._file or f"of tracker {self._label}")

    def _where(self) -> str:
        return f"weights: {self._file}: tracker {self._label}"

    def _explain(self, error: Exception, file: Path) -> None:
        """Say what is wrong with the file, where it is the file."""
        try:
            content = torch.load(file, map_location="cpu")
        except InputError:
            raise
        except Exception as damage:
            reason = f"{type(damage).__name__}: {str(damage).split('. ')[0]}".splitlines()[0]
            raise InputError(f"checkpoint {file}: not a checkpoint, or cut short ({reason})") from error
        if isinstance(error, (KeyError, TypeError, AttributeError)) and not _has_network(content):
            got = f"entries {', '.join(map(str, list(content)[:4]))}" if isinstance(content, dict) else "no entries"
            raise InputError(f"checkpoint {file}: got {got}, expected 'net' with the network's state_dict") from error
        if differences := _describe_differences(str(error)):
            raise InputError(f"{self._where()}: it is of another network: {differences}") from error


def _has_network(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("net"), dict)


def _describe_differences(message: str) -> str:
    """What torch says in many lines about a state_dict that does not fit, in one."""
    parts = []
    for found, words in ((_MISSING.search(message), "lacks"), (_UNEXPECTED.search(message), "has besides")):
        if found:
            keys = re.findall(r'"([^"]+)"', found[1])
            parts.append(f"{words} {listed(keys, _SHOWN)}")
    shapes = _SHAPE.findall(message)
    if shapes:
        key, got, expected = shapes[0]
        parts.append(f"{len(shapes)} tensors of another shape, such as {key}: {got}, not {expected}")
    return "; ".join(parts)
