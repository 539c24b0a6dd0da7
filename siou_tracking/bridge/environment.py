"""The two files of folders that a checkout asks its user to write, in memory: `ltr/admin/local.py` for training and
`pytracking/evaluation/local.py` for tracking.

A file of the user's own is the base where it is there and works. Nothing is written: a checkout alone writes a template
over the file when reading it fails for any reason.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import EnvironmentSettings

TRAINING_MODULE = "ltr.admin.local"
TRACKING_MODULE = "pytracking.evaluation.local"
DEFAULT_WORKSPACE = "workspace"
_OUTPUTS = {
    "results_path": "tracking_results",
    "segmentation_path": "segmentation_results",
    "result_plot_path": "result_plots",
    "got_packed_results_path": "packed_results",
    "got_reports_path": "reports",
    "tn_packed_results_path": "packed_results",
}
"""Folders that tracking writes to, under the workspace where the user has not said otherwise."""


class Folders:
    """The values in force: the user's own, overridden by what was given.

    Args:
        checkout: whose files are read.
        training: attributes of the training environment that replace the user's.
        tracking: attributes of the tracking environment that replace the user's.
        report: called with one line for each file of the user's that does not work.
    """

    def __init__(
        self,
        checkout: Checkout,
        training: Mapping[str, Any],
        tracking: Mapping[str, Any],
        report: Callable[[str], None],
    ) -> None:
        self.checkout = checkout
        self.report = report
        self.training, self.tracking = dict(training), dict(tracking)
        self._own_training: dict[str, Any] | None = None
        self._own_tracking: dict[str, Any] | None = None

    def training_values(self) -> dict[str, Any]:
        """Every attribute of the training environment; folders that nobody gave are left out."""
        if self._own_training is None:
            self._own_training = self._read(TRAINING_MODULE, "EnvironmentSettings")
        own = {name: value for name, value in self._own_training.items() if value not in ("", None)}
        values = {**own, **self.training}
        workspace = Path(values.get("workspace_dir") or DEFAULT_WORKSPACE).expanduser().absolute()
        values["workspace_dir"] = str(workspace)
        values.setdefault("tensorboard_dir", str(workspace / "tensorboard"))
        values.setdefault("pretrained_networks", str(workspace / "pretrained_networks"))
        return values

    def tracking_values(self) -> dict[str, Any]:
        """Attributes of the tracking environment that differ from the checkout's defaults."""
        if self._own_tracking is None:
            self._own_tracking = self._read(TRACKING_MODULE, "local_env_settings")
        own = self._own_tracking or self._outputs()
        return {**own, **self.tracking}

    def _outputs(self) -> dict[str, str]:
        workspace = Path(self.training_values()["workspace_dir"])
        return {name: str(workspace / folder) for name, folder in _OUTPUTS.items()}

    def _read(self, module: str, maker: str) -> dict[str, Any]:
        """The plain attributes of what the user's file makes; empty where there is none or it does not work."""
        path = self.checkout.root.joinpath(*module.split(".")).with_suffix(".py")
        if not path.is_file():
            return {}
        scope = ModuleType(module)
        scope.__file__ = str(path)
        try:
            exec(compile(path.read_bytes(), str(path), "exec"), vars(scope))
            return _plain_attributes(getattr(scope, maker)())
        except Exception as error:
            reason = (str(error).strip().splitlines() or [""])[0]
            self.report(f"{path}: not used, it does not run ({type(error).__name__}: {reason}); it was left as it is")
            return {}


def environment_values(environment: Any) -> dict[str, Any]:
    """The attributes of an environment settings object, or of a mapping, that are set; paths become text."""
    values = dict(environment) if isinstance(environment, Mapping) else vars(environment) if environment else {}
    unusable = [name for name, value in values.items() if not isinstance(value, (str, Path, list, tuple))]
    if unusable:
        raise InputError(f"environment: got {unusable[0]} = {values[unusable[0]]!r}, allowed are folders")
    return {name: _as_text(value) for name, value in values.items() if value != ""}


def training_module(values: Callable[[], Mapping[str, Any]]) -> Callable[[str], ModuleType]:
    """A factory of the module that stands for `ltr/admin/local.py`.

    Args:
        values: asked for the folders whenever settings are made.
    """

    class Local(EnvironmentSettings):
        """The folders in force; reading one that nobody gave raises an error that names the option to give."""

        def __init__(self) -> None:
            super().__init__()
            vars(self).update(values())

    Local.__module__, Local.__name__, Local.__qualname__ = TRAINING_MODULE, *["EnvironmentSettings"] * 2

    def make(name: str) -> ModuleType:
        module = ModuleType(name)
        module.EnvironmentSettings = Local
        return module

    return make


def tracking_module(values: Callable[[], Mapping[str, Any]]) -> Callable[[str], ModuleType]:
    """A factory of the module that stands for `pytracking/evaluation/local.py`; `values` as in `training_module`."""

    def local_env_settings() -> Any:
        settings = importlib.import_module("pytracking.evaluation.environment").EnvSettings()
        vars(settings).update(values())
        return settings

    def make(name: str) -> ModuleType:
        module = ModuleType(name)
        module.local_env_settings = local_env_settings
        return module

    return make


def _plain_attributes(holder: Any) -> dict[str, Any]:
    """Attributes without those that Python gives every object; properties and class attributes too."""
    names = [name for name in dir(holder) if not name.startswith("_")]
    values = {name: getattr(holder, name) for name in names}
    return {name: _as_text(value) for name, value in values.items() if not callable(value)}


def _as_text(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_as_text(part) for part in value] if isinstance(value, (list, tuple)) else value
