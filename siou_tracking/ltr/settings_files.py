"""Settings files: python modules with `run(settings)`, ours by name or anyone's by path."""

from __future__ import annotations

import builtins
import dataclasses
import importlib
import importlib.resources
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any  # settings of either engine

from siou_tracking.errors import InputError, did_you_mean, missing_package
from siou_tracking.ltr.worker_errors import explain_lost_process, explain_lost_worker, read_worker_error
from siou_tracking.untrusted.reading import read_input

_CONFIGS = "siou_tracking.configs"
_PACKAGE = Path(__file__).resolve().parent.parent
_SMOOTH_IOU = "smooth_iou"
"""The module of `_CONFIGS` that holds a table of settings, where the others are one each."""


@dataclasses.dataclass(frozen=True)
class SettingsFile:
    """A settings file and the two names its run is filed under."""

    path: Path
    module: str
    name: str


def available_settings() -> list[str]:
    """The settings that come with the package, as "module name"."""
    root = _own_folder()
    files = [path.relative_to(root) for path in root.glob("*/*.py") if path.stem != "__init__"]
    rows = [f"{module} {name}" for name, module in _table().items()]
    return sorted([*(f"{path.parent} {path.stem}" for path in files), *rows])


def _own_folder() -> Path:
    return Path(str(importlib.resources.files(_CONFIGS)))


def _table() -> dict[str, str]:
    """Names of the settings that one file holds, and the module that each is filed under."""
    table: dict[str, str] = importlib.import_module(f"{_CONFIGS}.{_SMOOTH_IOU}").SETTINGS
    return table


def find_settings(target: str | os.PathLike[str], name: str | None = None) -> SettingsFile:
    """The settings file that `MODULE NAME` or `FILE.py` means.

    A file is filed under the name of its folder and its own: `my/bbreg/atom.py` is module bbreg, name atom.

    Raises:
        InputError: nothing is there; the message lists what comes with the package and the nearest of it.
    """
    text = os.fspath(target)
    if text.endswith(".py"):
        path = Path(text).expanduser().resolve()
        if name is not None:
            raise InputError(f"settings file {path}: takes no NAME beside it, got '{name}'")
        if not path.is_file():
            raise InputError(f"settings file {path}: no such file")
        return SettingsFile(path, path.parent.name or "settings", path.stem)
    available = available_settings()
    wanted = f"{text} {name}" if name else text
    if wanted not in available:
        home = os.environ.get("PYTRACKING_HOME")
        if home and name and settings_of_checkout(home, text, name):
            raise InputError(f"settings '{wanted}': are a PyTracking checkout's: {_hint_at_checkout()}")
        raise settings_not_found(wanted, available, " (a checkout's own need --checkout DIR)")
    own = _own_folder()
    path = own / f"{_SMOOTH_IOU}.py" if _table().get(str(name)) == text else own / text / f"{name}.py"
    return SettingsFile(path, text, str(name))


def settings_not_found(wanted: str, available: Sequence[str], note: str = "") -> InputError:
    """The error that lists what there is, with a note on it, and names the nearest."""
    hint = did_you_mean(wanted, available, 0.4)
    return InputError(f"settings '{wanted}': not found: allowed are {', '.join(available)}, or a FILE.py{note}{hint}")


def check_inside(*names: str) -> None:
    """Refuse names that lead out of the folder of settings, and checkpoints out of the workspace after them.

    Raises:
        InputError: one has `..` among its parts, or is a path from the root.
    """
    for name in names:
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise InputError(f"settings: got the name '{name}', allowed are names without '..' that begin with no '/'")


def settings_of_checkout(root: str | os.PathLike[str], module: str, name: str) -> SettingsFile | None:
    """The settings file that a PyTracking checkout has under these names, or None.

    Raises:
        InputError: see `check_inside`.
    """
    check_inside(module, name)
    path = Path(root).expanduser() / "ltr" / "train_settings" / module / f"{name}.py"
    return SettingsFile(path.resolve(), module, name) if path.is_file() else None


def load_run(settings_file: SettingsFile) -> Callable[[Any], None]:
    """The file's `run`; call it, and this, inside `engine_imports()`.

    Raises:
        InputError: the file is not python, has no `run`, or imports what the embedded engine does not have.
    """
    try:
        return compile_run(settings_file)
    except (ImportError, AttributeError) as error:
        if missing := missing_part(settings_file, error):
            raise missing from error
        raise


def compile_run(settings_file: SettingsFile) -> Callable[[Any], None]:
    """The file's `run`, with whatever `ltr` and `pytracking` mean where this is called.

    The file is compiled here rather than imported, so that nothing is written beside it.

    Raises:
        InputError: the file is not python, or has no `run`. What its own lines raise is raised as it is.
    """
    path = settings_file.path
    module = ModuleType(f"siou_settings_{settings_file.name}")
    module.__file__ = str(path)
    vars(module)["__builtins__"] = builtins
    try:
        exec(compile(read_input(path, "settings file"), str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        raise InputError(f"settings file {path}: line {error.lineno}: {error.msg}") from error
    return run_function(module, settings_file)


def run_function(module: ModuleType, settings_file: SettingsFile) -> Callable[[Any], None]:
    """`run` of a settings module.

    Raises:
        InputError: it has none.
    """
    run = getattr(module, "run", None)
    if not callable(run):
        raise InputError(f"settings file {settings_file.path}: has no function run(settings)")
    return run


def explain(settings_file: SettingsFile, error: Exception) -> InputError | None:
    """The error to show for one that loading or running the file raised; None when it comes from deeper down."""
    if missing := missing_part(settings_file, error) or explain_lost_worker(error) or explain_lost_process(error):
        return missing
    if worker := read_worker_error(error):
        deepest = next((place for place in reversed(worker.places) if _is_known(place[0], settings_file)), None)
        line = deepest[1] if deepest and deepest[0] == settings_file.path else None
        reason = worker.reason
    else:
        line, reason = _find_own_line(settings_file, error), f"{type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError) and error.name:
            reason = missing_package(error.name)
    if line is None:
        return None
    return InputError(f"settings file {settings_file.path}: line {line}: {reason}")


def _is_known(file: Path, settings_file: SettingsFile) -> bool:
    """Whether a file is the settings file or one of this package's, and not of a library that either calls."""
    return file == settings_file.path or file.is_relative_to(_PACKAGE)


def missing_part(settings_file: SettingsFile, error: Exception) -> InputError | None:
    """The error to show when `error` says that the embedded engine lacks something; None when it says anything else."""
    part = None
    if isinstance(error, ImportError):
        part = _name_missing_import(error)
    elif isinstance(error, AttributeError):
        part = _name_missing_attribute(settings_file, error)
    if part is None:
        return None
    return InputError(
        f"settings file {settings_file.path}: needs {part}, which the embedded engine does not have: "
        f"{_hint_at_checkout()}"
    )


def _hint_at_checkout() -> str:
    home = os.environ.get("PYTRACKING_HOME")
    if home:
        return f"give --checkout to train with the checkout at $PYTRACKING_HOME ({home})"
    return "give a checkout by --checkout DIR"


def _name_missing_import(error: ImportError) -> str | None:
    name = error.name or ""
    if isinstance(error, ModuleNotFoundError):
        return name if name.partition(".")[0] in ("ltr", "pytracking") else None
    if not name.startswith(("siou_tracking.ltr", "pytracking")):
        return None
    wanted = str(error).partition("cannot import name '")[2].partition("'")[0]
    return f"{name.removeprefix('siou_tracking.')}.{wanted}" if wanted else None


def _name_missing_attribute(settings_file: SettingsFile, error: AttributeError) -> str | None:
    """Only what the file itself reads from a module of the engine; the same error deeper down is an error of ours."""
    if _find_own_line(settings_file, error) is None:
        return None
    module = getattr(error, "obj", None)
    if not isinstance(module, ModuleType) or not module.__name__.startswith("siou_tracking.ltr"):
        return None
    return f"{module.__name__.removeprefix('siou_tracking.')}.{error.name}"


def _find_own_line(settings_file: SettingsFile, error: Exception) -> int | None:
    """The line of the file that raised `error`; None when code that the file called did."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None or frame.tb_frame.f_code.co_filename != str(settings_file.path):
        return None
    return frame.tb_lineno
