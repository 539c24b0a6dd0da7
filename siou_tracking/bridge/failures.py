"""What goes wrong inside a checkout, told in one line: which file and line of it, or which data set lacks what."""

from __future__ import annotations

import traceback
from pathlib import Path

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import DATA_SETS
from siou_tracking.ltr.settings_files import SettingsFile

_BRIDGE = Path(__file__).resolve().parent
_SHOWN = 300


def explain_failure(
    error: Exception, checkout: Checkout, settings_file: SettingsFile, environment: object
) -> InputError | None:
    """The error to show for one that a training with a checkout raised; None for a fault of ours.

    Args:
        error: not an `InputError`.
        checkout: that trained.
        settings_file: that it ran.
        environment: `settings.env`: a missing file is named with the data set it belongs to.
    """
    if isinstance(error, ModuleNotFoundError):
        return _explain_module(error, checkout, settings_file)
    if isinstance(error, OSError) and error.filename:
        return _explain_file(error, environment)
    where = _find_place(error, checkout, settings_file)
    if where is None:
        return None
    return InputError(f"{where}: {_shorten_reason(error)}")


def _shorten_reason(error: Exception) -> str:
    """The error in one line; one from a loader's worker holds the worker's whole traceback, of which the end counts."""
    lines = str(error).strip().splitlines() or [""]
    text = lines[-1] if "Original Traceback" in str(error) else f"{type(error).__name__}: {' '.join(lines)}"
    return " ".join(text.split())[:_SHOWN]


def _explain_module(error: ModuleNotFoundError, checkout: Checkout, settings_file: SettingsFile) -> InputError:
    name = error.name or str(error)
    if name.partition(".")[0] in ("ltr", "pytracking"):
        return InputError(f"settings file {settings_file.path}: needs {name}, which checkout {checkout} does not have")
    return InputError(
        f"settings file {settings_file.path}: needs the Python package '{name.partition('.')[0]}', which is not "
        "installed: pip install it"
    )


def _explain_file(error: OSError, environment: object) -> InputError | None:
    path = Path(str(error.filename))
    for name, (attribute, layout) in DATA_SETS.items():
        folder = vars(environment).get(attribute)
        if folder and path.is_relative_to(folder):
            return InputError(
                f"data set '{name}': {path}: {error.strerror}: --data {name}=DIR needs a folder with {layout}"
            )
    return None


def _find_place(error: Exception, checkout: Checkout, settings_file: SettingsFile) -> str | None:
    """The deepest line of the checkout or of the settings file in the traceback.

    None where a line of this package lies deeper, other than the bridge's, which only passes calls on.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file == settings_file.path:
            return f"settings file {file}: line {frame.lineno}"
        if file.is_relative_to(checkout.root):
            return f"PyTracking checkout: {file}: line {frame.lineno}"
        if file.is_relative_to(_BRIDGE.parent) and not file.is_relative_to(_BRIDGE):
            return None
    return None
