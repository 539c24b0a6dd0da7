"""What a trainer of a checkout calls its checkpoints: the class of its network in most, a name of its own in some."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
from pathlib import Path
from typing import Any  # a checkout's trainers, and arguments of torch.save

import torch

from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.ltr.admin.multigpu import unwrap

_USUAL = re.compile(r"type\(net\)\.__name__")
_NAME = re.compile(r"(?P<net>.+)_ep\d+\.")


class _Saving(BaseException):
    """Ends a save that is only asked for its file; no `except Exception` on the way holds it."""

    def __init__(self, file: object) -> None:
        super().__init__()
        self.name = Path(file).name if isinstance(file, (str, os.PathLike)) else ""


def saved_name(trainer: Any) -> str:
    """What stands before `_ep0001.pth.tar`; a trainer whose code takes it from elsewhere is let begin to save once."""
    if "saved_as" not in vars(trainer):
        usual = type(unwrap(trainer.actor.net)).__name__
        trainer.saved_as = usual if _is_usual(type(trainer)) else _ask(trainer) or usual
    return str(trainer.saved_as)


def _is_usual(trainer: Any) -> bool:
    try:
        return _USUAL.search(inspect.getsource(inspect.unwrap(trainer.save_checkpoint))) is not None
    except (OSError, TypeError, AttributeError):
        return True


def _ask(trainer: Any) -> str | None:
    def save(content: object, file: object, *args: object, **options: object) -> None:
        raise _Saving(file)

    patches = Patches()
    patches.set(torch, "save", save)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            trainer.save_checkpoint()
    except _Saving as saving:
        match = _NAME.match(saving.name)
        return match["net"] if match else None
    except Exception:  # its own trouble is told when it saves
        return None
    finally:
        patches.undo()
    return None
