"""TensorBoard files that a checkout's trainer begins when it is made, moved where its run is filed when it trains."""

from __future__ import annotations

import contextlib
import os
from typing import Any  # a checkout's trainers, whose classes are not known here

from siou_tracking.bridge.run_start import curves_folder, set_run_aside


def refile_curves(trainer: Any, before: str) -> None:
    """Let a trainer that was filed under the project path `before` write its curves where its run is filed now."""
    names = _take_back(trainer, before)
    _begin(trainer, names)


def set_refiled_run_aside(trainer: Any) -> None:
    """As `set_run_aside`, for a trainer that has begun its curves where its run is filed now."""
    names = _take_back(trainer, trainer.settings.project_path)
    set_run_aside(trainer.settings)
    _begin(trainer, names)


def close_curves(trainer: Any) -> None:
    """Upstream leaves its TensorBoard files open, with a thread each, until the process ends."""
    for writer in getattr(getattr(trainer, "tensorboard_writer", None), "writer", {}).values():
        writer.close()


def _take_back(trainer: Any, project_path: str) -> list[str]:
    """Remove the curves that the trainer began; the names of their loaders, none where it writes no curves."""
    names = list(getattr(getattr(trainer, "tensorboard_writer", None), "writer", {}))
    close_curves(trainer)
    for name in names:
        folder = curves_folder(trainer.settings, project_path) / name
        # TensorBoard's names end in the number of the process, and of the file in it: the last one is the trainer's.
        begun = sorted(folder.glob(f"events.out.tfevents.*.{os.getpid()}.*"), key=lambda path: int(path.suffix[1:]))
        for path in begun[-1:]:
            path.unlink()
        for place in (folder, folder.parent):
            with contextlib.suppress(OSError):  # not there, or others' files are in it
                place.rmdir()
    return names


def _begin(trainer: Any, names: list[str]) -> None:
    if names:
        trainer.tensorboard_writer = type(trainer.tensorboard_writer)(
            str(curves_folder(trainer.settings, trainer.settings.project_path)), names
        )
