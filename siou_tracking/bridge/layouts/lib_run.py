"""A training of the kin: their own `run_training`, with what was asked for as its arguments."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # a checkout's settings, whose classes are not known here

import torch

from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.request import TrainRequest

_OURS = frozenset({"script_name", "config_name", "local_rank", "save_dir", "base_seed"})
"""Arguments of `run_training` that options say."""


def make_run(root: Path, settings_file: SettingsFile, request: TrainRequest) -> Callable[[Any], None]:
    """What trains, given the settings that the checkout is to fill.

    Args:
        root: of the checkout.
        settings_file: a yaml of its `experiments/`.
        request: its values that are arguments of `run_training` are handed to it, such as `script_name_prv` or
            `stage1_model`; others are put into the settings.

    Raises:
        InputError: a settings file that is no yaml of the checkout, or a value that an option says.
    """
    if settings_file.path.suffix != ".yaml":
        raise InputError(
            f"settings {settings_file.path}: checkout {root} trains its own experiments/SCRIPT/CONFIG.yaml, given as "
            "SCRIPT CONFIG"
        )
    run_training = importlib.import_module(_find_module(root)).run_training
    known = inspect.signature(run_training).parameters
    if taken := sorted(_OURS.intersection(request.values)):
        raise InputError(f"--set {taken[0]}: is said by SCRIPT CONFIG, --workspace, --seed and torchrun")
    offered = {
        "local_rank": distributed.local_rank() if distributed.world_size() > 1 else -1,
        "base_seed": request.seed,
        **request.values,
    }

    def run(settings: Any) -> None:
        arguments = {"save_dir": settings.env.workspace_dir, **offered}
        with _handing_out(settings), _on_device(request.device):
            run_training(
                settings_file.module,
                settings_file.name,
                **{name: value for name, value in arguments.items() if name in known},
            )

    return run


def _find_module(root: Path) -> str:
    """The module of `run_training`; of several files the one with that very name."""
    stems = sorted(path.stem for path in (root / "lib" / "train").glob("run_training*.py"))
    return f"lib.train.{'run_training' if 'run_training' in stems else stems[0]}"


@contextlib.contextmanager
def _handing_out(settings: Any) -> Iterator[None]:
    """Inside the block the first settings that the checkout makes are these, so that the caller holds the run's own."""
    module = importlib.import_module("lib.train.admin.settings")
    patches = Patches()

    def make(*args: object, **options: object) -> Any:
        patches.undo()  # pickling looks the class up by its name
        return settings

    patches.set(module, "Settings", make)
    try:
        yield
    finally:
        patches.undo()


def _on_device(name: str | None) -> contextlib.AbstractContextManager[object]:
    """Their scripts say `.cuda()`, which means the current device; under torchrun that is the process's own already."""
    device = torch.device("cpu" if name is None or distributed.is_joined() else name)
    return torch.cuda.device(device) if device.type == "cuda" and device.index else contextlib.nullcontext()
