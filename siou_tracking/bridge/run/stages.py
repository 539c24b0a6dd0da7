"""Trainings in stages: a script that begins with the network of an earlier one, and when a script saves its own."""

from __future__ import annotations

import ast
import inspect
import os
import textwrap
from pathlib import Path
from typing import Any  # a checkout's trainers and settings

from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.losses import available_box_losses
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoints

logger = get_logger(__name__)

_PREVIOUS = "project_path_prv"


def may_be_stage(trainer: Any, net: nn.Module, content: dict[str, Any]) -> bool:
    """Whether a checkpoint that lacks some of a network may be an earlier stage's, with which `trainer` can begin."""
    own, given = net.state_dict(), content.get("net", {})
    known = "load_previous_ckpt" in inspect.signature(trainer.train).parameters
    return known and 0 < len(given) < len(own) and all(name in own for name in given)


def find_stage(settings: Any, folder: Path) -> None:
    """Point a script at the stage before it where that was trained with a box loss, and so has a folder of its own.

    Args:
        settings: of the run; `project_path_prv` is the stage's project path.
        folder: of the run's own checkpoints.

    Raises:
        InputError: nobody said which stage, or it left no checkpoint.
    """
    give = "give --weights FILE, a checkpoint of the stage before it"
    previous = getattr(settings, _PREVIOUS, None)
    if previous is None:
        raise InputError(
            f"{settings.project_path}: begins with the network of an earlier stage: {give}, or --set script_name_prv="
            "SCRIPT --set config_name_prv=CONFIG for one in this workspace"
        )
    checkpoints = folder.parents[len(Path(settings.project_path).parts) - 1]
    there = [path for path in _names_of(previous) if find_checkpoints(checkpoints / path)]
    if not there or (previous not in there and len(there) > 1):
        found = f"it has {' and '.join(there)}: name one by --set config_name_prv=" if there else "no checkpoint there"
        raise InputError(f"stage {previous}: {checkpoints / previous}: {found}; or {give}")
    if previous not in there:
        setattr(settings, _PREVIOUS, there[0])
        logger.info(f"the stage before it is {there[0]}")


def _names_of(previous: str) -> list[str]:
    return [previous, *(f"{previous}_{loss}" for loss in available_box_losses())]


def load_stage(net: nn.Module, content: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Load what an earlier stage's checkpoint has of a network; heads that only this stage has stay as they are.

    Raises:
        InputError: it has none of the network's values, or one of another shape.
    """
    own, given = net.state_dict(), content["net"]
    common = [name for name in given if name in own]
    if not common:
        raise InputError(
            f"weights {path}: has no value of {type(net).__name__}: got {next(iter(given), 'nothing')}, ..."
        )
    if wrong := [name for name in common if own[name].shape != given[name].shape]:
        shapes = f"{tuple(given[wrong[0]].shape)}, expected {tuple(own[wrong[0]].shape)}"
        raise InputError(f"weights {path}: {wrong[0]}: got shape {shapes}")
    net.load_state_dict({name: given[name] for name in common}, strict=False)
    if missing := sorted({name.partition(".")[0] for name in own if name not in given}):
        logger.info(f"not in {path}, begin as they are: {', '.join(missing)}")


def when_saved(trainer: Any) -> str:
    """Which epochs leave a checkpoint, in the words of the trainer's own code; '' where it is not said or each does."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(type(trainer).train))))
    except (OSError, TypeError, SyntaxError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and _saves(node) and "epoch" in ast.unparse(node.test):
            both = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else []
            about = [ast.unparse(part) for part in both or [node.test] if "epoch" in ast.unparse(part)]
            return f"this checkout saves one where {' and '.join(about)}"
    return ""


def _saves(node: ast.If) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr == "save_checkpoint" for one in ast.walk(node))
