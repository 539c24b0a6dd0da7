"""Reading checkpoints and building networks from them, without running anything that a file contains.

Files of upstream's hold five classes beside tensors and plain values. They are read with torch's `weights_only`
unpickler, which is told that these five names mean the engine's own classes of plain data, in whichever package a fork
has them; any other class is refused.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any  # what a checkpoint holds, and arguments of its network

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.bounded_content import at_most_of, check_arguments, check_content
from siou_tracking.ltr.admin.checkpoint_files import checkpoints_before, find_checkpoint
from siou_tracking.ltr.admin.environment import EnvironmentSettings
from siou_tracking.ltr.admin.model_constructor import NetConstructor
from siou_tracking.ltr.admin.plain_data import load_plain, refused_class
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.admin.stats import AverageMeter, StatValue
from siou_tracking.ltr.admin.tensor_file import is_tensor_file, read_tensor_checkpoint
from siou_tracking.ltr.admin.wrapped_names import unwrap_names
from siou_tracking.untrusted.reading import why_no_file
from siou_tracking.untrusted.torch_files import check_torch_file

_CLASSES = (NetConstructor, Settings, StatValue, AverageMeter, EnvironmentSettings)
_PACKAGES = ("ltr.admin", "lib.train.admin", "dlframework.common.utils")
"""Where official files have them, so that these are read once; the last in the oldest ones."""
_READABLE = [
    (known, f"{package}{known.__module__.removeprefix('ltr.admin')}.{known.__name__}")
    for package in _PACKAGES
    for known in _CLASSES
]
_KEYS_SHOWN = 4
_VERBS = {
    "ATOMnet": ("one target", "track --tracker atom"),
    "DiMPnet": ("one target", "track --tracker dimp"),
    "ToMPnet": ("one target", "track --tracker tomp"),
    "MOTNet": ("many objects", "mot track"),
}


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Everything in a checkpoint file of this engine's or of upstream's, or in a safetensors file; tensors on the CPU.

    Returns:
        At least "net", the state_dict; see upstream's layout for "net_type", "constructor", "epoch", "stats", ...
        A safetensors file has the first few of these, if `convert` wrote it.

    Raises:
        InputError: the file is missing, damaged, not a checkpoint, holds a class or an entry that checkpoints do not
            hold, or would take more memory than its own size. Of a damaged file of a run the newest whole one before
            it is named.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise InputError(f"checkpoint {path}: {why_no_file(path)}")
    if is_tensor_file(path):
        content = read_tensor_checkpoint(path)
        check_content(content, path.stat().st_size, f"checkpoint {path}")
        return unwrap_names(content, path)
    try:
        content = _unpickle(path)
    except InputError as error:
        raise InputError(f"{error}{_name_whole_one_before(path)}") from error
    except Exception as error:
        if refused := refused_class(error):
            reason = f"holds an object of {refused}, which checkpoints do not hold and which could run code"
        else:
            reason = f"not a checkpoint, or cut short ({type(error).__name__}: {str(error).split('. ')[0]})"
            reason += _name_whole_one_before(path)
        raise InputError(f"checkpoint {path}: {reason}") from error
    if not isinstance(content, dict) or not isinstance(content.get("net"), dict):
        got = (
            f"entries {', '.join(map(str, list(content)[:_KEYS_SHOWN]))}" if isinstance(content, dict) else "no entries"
        )
        raise InputError(f"checkpoint {path}: got {got}, expected 'net' with a network's state_dict")
    check_content(content, path.stat().st_size, f"checkpoint {path}")
    return unwrap_names(content, path)


def _unpickle(path: Path) -> Any:
    check_torch_file(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the pickle protocol of files that are no checkpoints
        return load_plain(lambda: torch.load(path, map_location="cpu", weights_only=True), _READABLE)


def _name_whole_one_before(path: Path) -> str:
    for earlier in checkpoints_before(path):
        with contextlib.suppress(Exception):  # damaged as well
            _unpickle(earlier)
            return f": the newest whole one before it is {earlier}: to go on from that, move {path.name} away"
    return ""


def load_network(
    network_dir: str | os.PathLike[str] | None = None,
    checkpoint: int | str | os.PathLike[str] | None = None,
    constructor_fun_name: str | None = None,
    constructor_module: str | None = None,
    **kwargs: Any,
) -> tuple[nn.Module, dict[str, Any]]:
    """Build the network of a checkpoint and give it its weights.

    Args:
        network_dir: a checkpoint file, or a folder of a run, of which the last epoch is taken.
        checkpoint: an epoch in that folder, or a checkpoint file (relative to the folder, when there is one).
        constructor_fun_name, constructor_module: build with this function instead of the stored one.
        kwargs: arguments of the constructor to replace. `backbone_pretrained` is False unless given, since the
            checkpoint has the backbone's weights.

    Returns:
        The network, with `constructor` and `info` set, and the content of the file (`read_checkpoint`).

    Raises:
        InputError: as `read_checkpoint`, and when the file does not fit the network that its constructor builds.
    """
    path = _find_file(network_dir, checkpoint)
    content = read_checkpoint(path)
    return build_network(content, path, constructor_fun_name, constructor_module, **kwargs), content


def build_network(
    content: dict[str, Any],
    path: Path,
    constructor_fun_name: str | None = None,
    constructor_module: str | None = None,
    **kwargs: Any,
) -> nn.Module:
    """The network of a checkpoint that has been read; `path` is for messages, for the rest see `load_network`."""
    constructor = _choose_constructor(content.get("constructor"), path, constructor_fun_name, constructor_module)
    try:
        signature = inspect.signature(constructor.function())
    except InputError as error:
        got = _describe_network(content.get("net_type"), constructor)
        # Of networks beyond the engine the module is imported by their verb alone; in the engine the function lacks.
        hint = "" if constructor.fun_module.partition(".")[0] == "ltr" else verb_hint(content.get("net_type"))
        why = hint or f", which cannot be built here: {error}"
        raise InputError(f"checkpoint {path}: got network {got}{why}") from error
    known = signature.parameters
    unknown = sorted(set(kwargs) - set(known))
    if unknown:
        allowed = ", ".join(known)
        warnings.warn(f"{constructor.fun_name}: no argument {', '.join(unknown)}: allowed are {allowed}", stacklevel=2)
    fresh = {"backbone_pretrained": False} if "backbone_pretrained" in known else {}
    replaced = {**fresh, **{name: value for name, value in kwargs.items() if name in known}}
    positional = list(known)[: len(constructor.args)]
    constructor.kwds = {**constructor.kwds, **dict(zip(positional, constructor.args, strict=False)), **replaced}
    try:
        signature.bind_partial(*constructor.args)
        signature.bind(**constructor.kwds)
    except TypeError as error:
        raise InputError(f"checkpoint {path}: network constructor {constructor.fun_name}: {error}") from error
    constructor.args = ()
    where = f"checkpoint {path}: network constructor {constructor.fun_name}"
    check_arguments(constructor.kwds, where)
    with at_most_of(content["net"], where):
        net = constructor.get()
    load_state(net, content, path)
    net.constructor = constructor
    net.info = content.get("net_info")
    return net


def verb_hint(net_type: str | None) -> str:
    """What to add to an error about a network of another kind: the verb that tracks with it, where there is one."""
    verb = _VERBS.get(net_type or "")
    return f"; it is of {verb[0]}, which `siou-tracking {verb[1]}` tracks" if verb else ""


def load_state(net: nn.Module, content: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Give `net` the weights in a checkpoint's content; `path` is for the message.

    Raises:
        InputError: as `check_state`; `net` is then left as it is.
    """
    check_state(net, content, path)
    net.load_state_dict(content["net"])


def check_state(net: nn.Module, content: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Refuse weights that `net` cannot take, and leave it as it is.

    Raises:
        InputError: another class of network, other keys or shapes, or weights that are not finite; names the first few.
    """
    state: dict[str, Tensor] = content["net"]
    wrong_type = content.get("net_type", type(net).__name__) != type(net).__name__
    differing = _list_differences(state, net.state_dict())
    if wrong_type or differing:
        got = _describe_network(content.get("net_type"), content.get("constructor"))
        expected = _describe_network(type(net).__name__, getattr(net, "constructor", None))
        shown = "; ".join(differing[:_KEYS_SHOWN])
        keys = f": {len(differing)} keys differ: {shown}" if differing else ""
        raise InputError(f"checkpoint {path}: got network {got}, expected {expected}{keys}")
    check_finite(state, path)


def check_finite(state: Mapping[str, Tensor], path: str | os.PathLike[str]) -> None:
    """Raise `InputError` if a weight of the checkpoint at `path` is not finite: its run had diverged."""
    if broken := not_finite(state):
        shown = ", ".join(broken[:_KEYS_SHOWN])
        raise InputError(
            f"checkpoint {path}: {len(broken)} of {len(state)} tensors hold NaN or infinity: {shown}: its training had "
            "diverged, take one from before"
        )


def not_finite(state: Mapping[str, Any]) -> list[str]:
    """Names of the tensors that hold NaN or infinity."""

    def is_finite(tensor: Tensor) -> bool:
        # Torch has no `isfinite` for every float of eight bits.
        return bool((tensor if tensor.element_size() > 1 else tensor.float()).isfinite().all())

    numbers = {key: value for key, value in state.items() if isinstance(value, Tensor)}
    return [
        key
        for key, value in numbers.items()
        if (value.is_floating_point() or value.is_complex()) and not is_finite(value)
    ]


def _find_file(network_dir: str | os.PathLike[str] | None, checkpoint: int | str | os.PathLike[str] | None) -> Path:
    if network_dir is None and (checkpoint is None or isinstance(checkpoint, int)):
        raise InputError("load_network: got no file and no folder, allowed: a checkpoint file or the folder of a run")
    folder = Path(network_dir or ".").expanduser()
    if checkpoint is None:
        return find_checkpoint(folder) if folder.is_dir() else folder
    if isinstance(checkpoint, int):
        return find_checkpoint(folder, checkpoint)
    return folder / Path(checkpoint).expanduser()


def _choose_constructor(stored: object, path: Path, fun_name: str | None, module: str | None) -> NetConstructor:
    """A copy of the stored constructor, or the one asked for; modules that only the caller names are imported."""
    if not isinstance(stored, NetConstructor):
        if fun_name is None or module is None:
            raise InputError(
                f"checkpoint {path}: has no network constructor: give constructor_fun_name and constructor_module"
            )
        stored = NetConstructor(fun_name, module, (), {})
    if module is not None and module.partition(".")[0] != "ltr":
        importlib.import_module(module)
    origin = module or stored.fun_module
    if origin.startswith("dlframework."):
        origin = "ltr." + origin.removeprefix("dlframework.").removeprefix("ltr.")
    return NetConstructor(fun_name or stored.fun_name, origin, tuple(stored.args), dict(stored.kwds))


def _list_differences(got: dict[str, Tensor], expected: dict[str, Tensor]) -> list[str]:
    lines = [f"missing {key}" for key in expected if key not in got]
    lines += [f"unexpected {key}" for key in got if key not in expected]
    for key, value in expected.items():
        if key in got and not isinstance(got[key], Tensor):
            lines.append(f"{key} is a {type(got[key]).__name__} instead of a tensor")
        elif key in got and got[key].shape != value.shape:
            lines.append(f"{key} has shape {tuple(got[key].shape)} instead of {tuple(value.shape)}")
    return lines


def _describe_network(net_type: str | None, constructor: object) -> str:
    function = f" ({constructor.fun_name})" if isinstance(constructor, NetConstructor) else ""
    return f"{net_type or 'of unknown type'}{function}"
