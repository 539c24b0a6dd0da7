"""The two files of folders that a checkout asks its user to write, in memory: `admin/local.py` of its training package
and `evaluation/local.py` of its tracking package.

A file of the user's own is the base where it is there and works; one that its author committed is not the user's.
Nothing is written: a checkout alone writes a template over the file when reading it fails for any reason.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any  # attributes of a checkout's objects, whose classes are not known here

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.git_commit import is_as_committed
from siou_tracking.bridge.supply.component import Factory, module_of
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import EnvironmentSettings
from siou_tracking.ltr.run_training import DEFAULT_WORKSPACE

_IN_WORKSPACE = {"tensorboard_dir": "tensorboard", "pretrained_networks": "pretrained_networks"}
_OUTPUTS = {
    "results_path": "tracking_results",
    "segmentation_path": "segmentation_results",
    "result_plot_path": "result_plots",
    "got_packed_results_path": "packed_results",
    "got_reports_path": "reports",
    "tn_packed_results_path": "packed_results",
}
"""Folders that tracking writes to, under the workspace where the user has not named one outside the checkout."""


_UNFILLED = {name: (f"/{part}/", f"/{part}") for name, part in _IN_WORKSPACE.items()}


class OwnFiles:
    """What the user's own two files say, each read once.

    Args:
        checkout: whose files they are.
        report: called with one line for each file that does not work.
    """

    def __init__(self, checkout: Checkout, report: Callable[[str], None]) -> None:
        self.checkout = checkout
        self.report = report
        self._read: dict[str, dict[str, Any]] = {}

    def values(self, module: str, maker: str) -> dict[str, Any]:
        """The plain attributes of what `maker` in the file of `module` makes; empty without a file that works."""
        if module not in self._read:
            self._read[module] = {}  # should the file lead here again while it runs
            self._read[module] = self._run_file(local_file(self.checkout, module), module, maker)
        return self._read[module]

    def _run_file(self, path: Path, module: str, maker: str) -> dict[str, Any]:
        if not path.is_file():
            return {}
        if is_as_committed(path):
            self.report(f"{path}: not used, its author's own folders as committed; give folders as options")
            return {}
        scope = ModuleType(module)
        scope.__file__ = str(path)
        try:
            exec(compile(path.read_bytes(), str(path), "exec"), vars(scope))
            values = _read_attributes(getattr(scope, maker)())
        except (Exception, SystemExit) as error:
            reason = (str(error).strip().splitlines() or [""])[0]
            self.report(f"{path}: not used, it does not run ({type(error).__name__}: {reason}); it stays as it is")
            return {}
        if not self._git_tells() and not _any_is_there(values):
            self.report(f"{path}: not used, none of its folders is on this machine; give folders as options")
            return {}
        return values

    def _git_tells(self) -> bool:
        """Whether a file that is not as committed is known to be the user's: not in an archive without git's data."""
        return self.checkout.commit is not None and shutil.which("git") is not None


class Folders:
    """The values in force: the user's own, overridden by what was given.

    Args:
        own: the user's files.
        training: attributes of the training environment that replace the user's.
        tracking: attributes of the tracking environment that replace the user's.
    """

    def __init__(self, own: OwnFiles, training: Mapping[str, Any], tracking: Mapping[str, Any]) -> None:
        self.own, self.layout = own, own.checkout.layout
        self.given_training, self.given_tracking = dict(training), dict(tracking)
        self.default_workspace = str(DEFAULT_WORKSPACE.absolute())

    def training(self) -> dict[str, Any]:
        """Every attribute of the training environment; folders that nobody gave are left out."""
        own = self.own.values(self.layout.training_local, "EnvironmentSettings")
        values = {name: value for name, value in own.items() if value not in ("", None)}
        if self.given_training.get("workspace_dir"):  # the user's own curves belong beside the user's own workspace
            values.pop("tensorboard_dir", None)
        if "workspace_dir" not in values:  # the template's folders in a workspace that was never filled in
            values = {name: value for name, value in values.items() if value not in _UNFILLED.get(name, ())}
        values.update(self.given_training)
        workspace = Path(values.setdefault("workspace_dir", self.default_workspace))
        for name, part in _IN_WORKSPACE.items():
            values.setdefault(name, str(workspace / part))
        return values

    def tracking(self) -> dict[str, Any]:
        """Attributes of the tracking environment that differ from the checkout's defaults.

        Output folders that lie in the checkout, as its defaults do, are moved to the workspace.
        """
        own = self.own.values(self.layout.tracking_local, "local_env_settings")
        workspace = Path(self.training()["workspace_dir"])
        outputs = {name: str(workspace / folder) for name, folder in _OUTPUTS.items()}
        kept = {name: value for name, value in own.items() if name not in outputs or self._is_outside(value)}
        defaults = self.layout.environment_defaults(self.own.checkout.root, workspace)
        return {**outputs, **defaults, **kept, **self.given_tracking}

    def _is_outside(self, folder: Any) -> bool:
        path = Path(folder or self.own.checkout.root).expanduser()
        return not path.resolve().is_relative_to(self.own.checkout.root)


def local_file(checkout: Checkout, module: str) -> Path:
    """Where the user would have written the file of a layout's `training_local` or `tracking_local`."""
    return checkout.root.joinpath(*module.split(".")).with_suffix(".py")


def environment_values(environment: object) -> dict[str, Any]:
    """The attributes of an environment settings object, or of a mapping, that are set; paths become text."""
    values = dict(environment) if isinstance(environment, Mapping) else vars(environment) if environment else {}
    unusable = [name for name, value in values.items() if not isinstance(value, (str, Path, list, tuple))]
    if unusable:
        raise InputError(f"environment: got {unusable[0]} = {values[unusable[0]]!r}, allowed are folders")
    return {name: _paths_to_text(value) for name, value in values.items() if value != ""}


def training_module(name: str, values: Callable[[], Mapping[str, Any]]) -> Factory:
    """A factory of the module that stands for the file of training folders.

    Args:
        name: of the module.
        values: asked for the folders whenever settings are made.
    """

    class Local(EnvironmentSettings):
        """The folders in force; reading one that nobody gave raises an error that names the option to give."""

        def __init__(self) -> None:
            super().__init__()
            vars(self).update(values())

    Local.__module__, Local.__name__, Local.__qualname__ = name, *["EnvironmentSettings"] * 2

    return module_of(EnvironmentSettings=Local)


def tracking_module(package: str, values: Callable[[], Mapping[str, Any]]) -> Factory:
    """A factory of the module that stands for the file of tracking folders.

    Args:
        package: the tracking package.
        values: as for `training_module`.
    """

    def local_env_settings() -> Any:
        settings = importlib.import_module(f"{package}.evaluation.environment").EnvSettings()
        vars(settings).update(values())
        return settings

    return module_of(local_env_settings=local_env_settings)


def _read_attributes(holder: Any) -> dict[str, Any]:
    """Attributes without those that Python gives every object; properties and class attributes too."""
    names = [name for name in dir(holder) if not name.startswith("_")]
    values = {name: getattr(holder, name) for name in names}
    return {name: _paths_to_text(value) for name, value in values.items() if not callable(value)}


def _any_is_there(values: Mapping[str, Any]) -> bool:
    paths = [Path(value).expanduser() for value in values.values() if isinstance(value, str) and value]
    return any(path.is_absolute() and path.exists() for path in paths)


def _paths_to_text(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_paths_to_text(part) for part in value] if isinstance(value, (list, tuple)) else value
