"""A training of the kin: their own `run_training`, with what was asked for as its arguments."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # a checkout's settings, whose classes are not known here

from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.untrusted.reading import peek

_OURS = frozenset({"script_name", "config_name", "local_rank", "save_dir", "base_seed"})
"""Arguments of `run_training` that options say."""


def make_run(module: str, settings_file: SettingsFile, request: TrainRequest) -> Callable[[Any], None]:
    """What trains, given the settings that the checkout is to fill.

    Args:
        module: that has `run_training`.
        settings_file: a yaml of its `experiments/`.
        request: its values that are arguments of `run_training` are handed to it, such as `script_name_prv` or
            `stage1_model`; others are put into the settings.

    Raises:
        InputError: a value that an option says.
    """
    run_training = importlib.import_module(module).run_training
    code = Path(inspect.getfile(run_training)).parents[1]
    known = inspect.signature(run_training).parameters
    if taken := sorted(_OURS.intersection(request.values)):
        raise InputError(f"--set {taken[0]}: is said by SCRIPT CONFIG, --workspace, --seed and torchrun")
    for name in request.values:
        if name not in known and "." not in name and not _is_read(code, name):
            allowed = ", ".join(sorted(set(known) - _OURS))
            raise InputError(
                f"--set {name}: nothing in {code} reads settings.{name}: allowed are {allowed}, and names with dots of "
                f"{settings_file.path.name}"
            )
    own = distributed.local_rank() if distributed.world_size() > 1 else -1
    offered = {
        "local_rank": own,
        # They add the number of the process on its machine, which is not enough with several machines.
        "base_seed": request.seed + distributed.rank() - max(own, 0),
        **request.values,
    }

    def run(settings: Any) -> None:
        arguments = {"save_dir": settings.env.workspace_dir, **offered}
        with _handing_out(settings):
            run_training(
                settings_file.module,
                settings_file.name,
                **{name: value for name, value in arguments.items() if name in known},
            )

    return run


def _is_read(code: Path, name: str) -> bool:
    """Whether some file mentions an attribute of settings, by a dot or as text."""
    mention = re.compile(rf"settings\.{name}\b|[\"']{name}[\"']".encode())
    return any(mention.search(peek(path)) for path in code.rglob("*.py"))


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
