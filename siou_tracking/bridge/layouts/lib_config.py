"""The configuration of a training script: one object a script for the whole process, which a yaml file is read into."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any  # a checkout's configuration

import torch

from siou_tracking.bridge.layouts.yaml_choice import reading_without_choice
from siou_tracking.bridge.making.shared_config import content_of, set_content
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError, did_you_mean
from siou_tracking.log import get_logger
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.first_step import before_first_step
from siou_tracking.retrain.request import TrainRequest

logger = get_logger(__name__)

Config = dict[str, Any]
_READ = "update_config_from_file"
_SAMPLES, _VALIDATION, _BATCH = "DATA.TRAIN.SAMPLE_PER_EPOCH", "DATA.VAL.SAMPLE_PER_EPOCH", "TRAIN.BATCH_SIZE"
_OPTIONS = {"batch_size": _BATCH, "workers": "TRAIN.NUM_WORKER", "samples_per_epoch": _SAMPLES}
"""Field of a request to where the configurations of the kin have it. Epochs are counted by the trainer as well."""


@contextlib.contextmanager
def configured(settings_file: SettingsFile, request: TrainRequest) -> Iterator[None]:
    """Inside the block what a request asks for is put into the script's configuration once its yaml has been read.

    On exit the configuration is as it was: another run in this process begins with the defaults.

    Args:
        settings_file: its module names the script.
        request: its numbers, and the values with a dot in their name.

    Raises:
        InputError: the configuration has no place for what is asked for; before the first step, too, where a script
            reads its configuration in a way that is not known.
    """
    label = f"{settings_file.module} {settings_file.name}"
    asked = [f"--{field.replace('_', '-')}" for field in _OPTIONS if getattr(request, field) is not None]
    asked += [f"--set {name}" for name in _dotted(request)]
    module = _import(settings_file.module)
    applied: list[bool] = []

    def check() -> None:
        if asked and not applied:
            raise InputError(f"{', '.join(asked)}: {label} reads its configuration without {_READ}: leave them out")

    patches = Patches()
    stop_watching = before_first_step(check)
    with contextlib.nullcontext() if module is None else _kept(module.cfg):
        if module is not None and hasattr(module, _READ):

            def apply() -> None:
                _apply(module.cfg, request, label)
                applied.append(True)

            patches.set(module, _READ, _then(reading_without_choice(getattr(module, _READ)), apply))
        try:
            yield
        finally:
            patches.undo()
            stop_watching()


def _import(script: str) -> Any:
    name = f"lib.config.{script}.config"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if name.startswith(error.name or "?"):  # no configuration of this name: the script may have it elsewhere
            return None
        raise
    return module if isinstance(getattr(module, "cfg", None), dict) else None


def _then(read: Callable[..., Any], act: Callable[[], object]) -> Callable[..., Any]:
    @functools.wraps(read)
    def read_and_act(*args: Any, **options: Any) -> Any:
        result = read(*args, **options)
        act()
        return result

    return read_and_act


@contextlib.contextmanager
def _kept(config: Config) -> Iterator[None]:
    """Put a configuration back in place, part by part: scripts and parameter files hold the objects themselves."""
    before = [(part, content_of(part)) for part in _parts(config)]
    lists = [(value, list(value)) for part, _ in before for value in part.values() if isinstance(value, list)]
    try:
        yield
    finally:
        for part, content in before:
            set_content(part, content)
        for value, entries in lists:
            value[:] = entries


def _parts(config: Config) -> Iterator[Config]:
    yield config
    for value in config.values():
        if isinstance(value, dict):
            yield from _parts(value)


def _dotted(request: TrainRequest) -> dict[str, Any]:
    return {name: value for name, value in request.values.items() if "." in name}


def _apply(config: Config, request: TrainRequest, label: str) -> None:
    for field, path in _OPTIONS.items():
        value = getattr(request, field)
        if value is not None:
            _assign(config, path, _usable_workers(value) if field == "workers" else value, f"--{field}", label)
    if request.epochs is not None and _holder(config, "TRAIN.EPOCH") is not None:
        _assign(config, "TRAIN.EPOCH", request.epochs, "--epochs", label)
    if request.samples_per_epoch is not None and (validation := _holder(config, _VALIDATION)) is not None:
        # A quarter, at least a batch, at most its own.
        size, own = _read(config, _BATCH) * distributed.world_size(), validation["SAMPLE_PER_EPOCH"]
        validation["SAMPLE_PER_EPOCH"] = max(size, min(own, request.samples_per_epoch // 4))
    for name, value in _dotted(request).items():
        _assign_value(config, name, value, label)


def _assign(config: Config, path: str, value: Any, option: str, label: str) -> None:
    holder = _holder(config, path)
    if holder is None:
        raise InputError(
            f"{option.replace('_', '-')}: the configuration of {label} has no {path}: leave the option out, or give "
            f"the name that it has by --set{did_you_mean(path, _names(config))}"
        )
    holder[path.rpartition(".")[2]] = value


def _assign_value(config: Config, path: str, value: Any, label: str) -> None:
    """A value of the user's own, which must be of the kind that is there."""
    holder = _holder(config, path)
    if holder is None:
        near = did_you_mean(path, _names(config))
        raise InputError(f"--set {path}: the configuration of {label} has no such name{near}")
    own = holder[path.rpartition(".")[2]]
    if isinstance(own, float) and type(value) is int:
        value = float(value)
    kinds = (list, tuple) if isinstance(own, (list, tuple)) else type(own)
    if isinstance(own, Mapping) or (own is not None and value is not None and not _is_kind(value, kinds)):
        kind = "one of the names in it" if isinstance(own, Mapping) else f"a {type(own).__name__} such as {own!r}"
        raise InputError(f"--set {path}: {label}: got {value!r}, allowed is {kind}")
    holder[path.rpartition(".")[2]] = value


def _is_kind(value: Any, kinds: Any) -> bool:
    return isinstance(value, kinds) and (kinds is bool or not isinstance(value, bool))


def _holder(config: Config, path: str) -> Config | None:
    """What holds the last part of a name such as TRAIN.EPOCH; None where there is no such name."""
    *parts, last = path.split(".")
    node: Any = config
    for part in parts:
        node = node.get(part) if isinstance(node, Mapping) else None
    return node if isinstance(node, dict) and last in node else None


def _read(config: Config, path: str) -> Any:
    holder = _holder(config, path)
    return 1 if holder is None else holder[path.rpartition(".")[2]]


def _names(config: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Every name of a value, with dots."""
    names = []
    for name, value in config.items():
        names += _names(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [f"{prefix}{name}"]
    return names


def _usable_workers(wanted: int) -> int:
    """Some of the kin put a batch together in memory that only a worker has: 1 instead of 0 there."""
    collate = getattr(importlib.import_module("lib.train.data.loader"), "ltr_collate_stack1", None)
    if wanted > 0 or collate is None:
        return wanted
    try:
        collate([torch.zeros(1), torch.zeros(1)])
    except AttributeError:
        logger.info("--workers 0: this checkout makes batches in a worker only: 1 worker")
        return 1
    return 0
