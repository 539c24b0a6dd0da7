"""Which settings file a training with a checkout means, and its `run` function."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any  # settings of either engine

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.settings_files import (
    SettingsFile,
    available_settings,
    compile_run,
    find_settings,
    run_function,
    settings_not_found,
    settings_of_checkout,
)


def settings_in(checkout: Checkout) -> list[str]:
    """The checkout's own settings, as "module name"."""
    files = (checkout.root / "ltr" / "train_settings").glob("*/*.py")
    return sorted(f"{file.parent.name} {file.stem}" for file in files if file.stem != "__init__")


def find_checkout_settings(checkout: Checkout, target: str | os.PathLike[str], name: str | None = None) -> SettingsFile:
    """The settings that `FILE.py` or `MODULE NAME` mean: the file, else the checkout's own, else this package's.

    Raises:
        InputError: nothing is there; the message lists what there is and the nearest of it.
    """
    text = os.fspath(target)
    if text.endswith(".py"):
        return find_settings(text, name)
    if name is not None and (own := settings_of_checkout(checkout.root, text, name)):
        return own
    wanted = f"{text} {name}" if name else text
    ours = available_settings()
    if wanted in ours:
        return find_settings(text, name)
    raise settings_not_found(wanted, sorted({*settings_in(checkout), *ours}))


def find_imported_settings(checkout: Checkout, module: str) -> Path | None:
    """The file of a settings module of the checkout by the name it is imported by, such as a variant's original."""
    parts = module.split(".")
    if parts[:2] != ["ltr", "train_settings"] or len(parts) != 4:
        return None
    found = settings_of_checkout(checkout.root, parts[2], parts[3])
    return found.path if found else None


def load_checkout_run(checkout: Checkout, settings_file: SettingsFile) -> Callable[[Any], None]:
    """The `run` of a settings file, inside a session with the checkout.

    The checkout's own files are imported under the name its `run_training` imports them by.

    Raises:
        InputError: the file is not python, or has no `run`. What its own lines raise is raised as it is.
    """
    if settings_file != settings_of_checkout(checkout.root, settings_file.module, settings_file.name):
        return compile_run(settings_file)
    try:
        module = importlib.import_module(f"ltr.train_settings.{settings_file.module}.{settings_file.name}")
    except SyntaxError as error:
        raise InputError(f"settings file {error.filename}: line {error.lineno}: {error.msg}") from error
    return run_function(module, settings_file)
