"""What a training with a checkout raised: which file and line of it, or which data set lacks what."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any  # a folder, or several

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.failures.imports import explain_import
from siou_tracking.bridge.standins.weights.absent import NoWeights
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import DATA_SETS, layout_of
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.worker_errors import explain_lost_process, explain_lost_worker, read_worker_error

_BRIDGE = Path(__file__).resolve().parent.parent
_SHOWN = 300


def explain_failure(
    error: Exception, checkout: Checkout, settings_file: SettingsFile, folders: Mapping[str, Any]
) -> InputError | None:
    """The error to show for one that a training with a checkout raised; None for a fault of ours.

    Args:
        error: not an `InputError`.
        checkout: that trained.
        settings_file: that it ran.
        folders: of the training environment: a missing file is named with the data set it belongs to.
    """
    if needed := explain_import(error):
        return InputError(f"{_place_of_import(error, checkout, settings_file)}: {needed}")
    if isinstance(error, ModuleNotFoundError):
        return InputError(
            f"settings file {settings_file.path}: needs {error.name}, which checkout {checkout} does not have"
        )
    if lost := explain_lost_worker(error) or explain_lost_process(error):
        return lost
    missing: tuple[Path, str] | None = None
    if worker := read_worker_error(error):
        places, reason, missing = worker.places, worker.reason, worker.missing
    else:
        frames = traceback.extract_tb(error.__traceback__)
        places = [(Path(frame.filename), frame.lineno or 0) for frame in frames]
        line = frames[-1].line if frames else None  # which says more than an assertion without words
        reason = f"{type(error).__name__}: {' '.join((str(error) or line or '').split())}"[:_SHOWN]
        if isinstance(error, OSError) and error.filename:
            missing = Path(str(error.filename)), str(error.strerror)
    if missing and (data := _explain_file(*missing, folders)):
        return data
    where = _find_place(places, checkout, settings_file)
    return None if where is None else InputError(f"{where}: {reason}{_hint(error)}")


def _hint(error: Exception) -> str:
    """What may be behind an error of the line that raised it."""
    if isinstance(error, AttributeError) and type(error.obj).__name__ == "Settings":
        return f": nothing sets it: --set {error.name}=VALUE does"
    *_, values = [{}, *(frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__))]
    for value in values.values():
        if isinstance(value, NoWeights):
            return f": --no-pretrained left out {value.source} there: if that is why, give --pretrained FILE"
    return ""


def _explain_file(path: Path, reason: str, folders: Mapping[str, Any]) -> InputError | None:
    names = {attribute: name for name, (attribute, _) in DATA_SETS.items()}
    for attribute, folder in folders.items():
        if not isinstance(folder, str) or not attribute.endswith("_dir") or not path.is_relative_to(folder):
            continue
        name = names.get(attribute, attribute.removesuffix("_dir"))
        layout = layout_of(name) if name in DATA_SETS else f"what the checkout reads from {attribute}"
        if attribute not in ("workspace_dir", "tensorboard_dir"):
            return InputError(f"data set '{name}': {path}: {reason}: --data {name}=DIR needs a folder with {layout}")
    return None


def _find_place(places: Iterable[tuple[Path, int]], checkout: Checkout, settings_file: SettingsFile) -> str | None:
    """The deepest line of the checkout or of the settings file among the calls that led to an error.

    None where a line of this package lies deeper, other than the bridge's, which only passes calls on.
    """
    for file, line in reversed(list(places)):
        if file == settings_file.path:
            return f"settings file {file}: line {line}"
        if file.is_relative_to(checkout.root):
            return f"checkout: {file}: line {line}"
        if file.is_relative_to(_BRIDGE.parent) and not file.is_relative_to(_BRIDGE):
            return None
    return None


def _place_of_import(error: Exception, checkout: Checkout, settings_file: SettingsFile) -> str:
    frames = [(Path(frame.filename), frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    return _find_place(frames, checkout, settings_file) or f"settings file {settings_file.path}"
