"""The layout of visionml/pytracking: packages `ltr` and `pytracking`, settings and parameters as Python files."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # a checkout's settings, parameters and trackers, whose classes are not known here

import torch
from torch import nn

from siou_tracking.bridge.failures.making import blame_on
from siou_tracking.bridge.layouts.base import Layout, python_names
from siou_tracking.bridge.making.request import TrackerRequest
from siou_tracking.bridge.networks import find_network, find_weights, network_holders
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import check_finite, read_checkpoint
from siou_tracking.ltr.settings_files import SettingsFile, compile_run, run_function, settings_of_checkout
from siou_tracking.retrain.request import TrainRequest

_TRACKER = Path("pytracking", "evaluation", "tracker.py")
_TRAINER = Path("ltr", "run_training.py")


class PyTrackingLayout(Layout):
    """ATOM, DiMP, PrDiMP, KYS, ToMP, TaMOs, and what was built beside them."""

    title = "PyTracking"
    expected = "a clone of github.com/visionml/pytracking, which holds pytracking/ and ltr/"
    training, tracking, models, project = "ltr", "pytracking", "ltr.models", "ltr"
    known_by = f"{_TRACKER.as_posix()} and {_TRAINER.as_posix()}"
    importable = True
    settings_files = "ltr/train_settings/*/*.py"
    torchrun = False

    def is_root(self, folder: Path) -> bool:
        return (folder / _TRACKER).is_file() and (folder / _TRAINER).is_file()

    def is_original(self, root: Path) -> bool:
        """A descendant in its layout brings a package `util`."""
        return not (root / "util").is_dir()

    def describe_remains(self, folder: Path) -> str | None:
        package = next((one for one in (folder / "pytracking", folder) if (one / "__init__.py").is_file()), folder)
        has_tracker = (folder / _TRACKER).is_file() or (folder / "evaluation" / "tracker.py").is_file()
        if has_tracker and folder.name != "test":
            parent = folder if (folder / _TRACKER).is_file() else folder.absolute().parent
            if (parent / "ltr").is_dir():
                return (
                    "a pytracking/ beside an ltr/ without run_training.py (PyPI's 'ltr' is a learning-to-rank package)"
                )
            return "an incomplete checkout: pytracking/ without ltr/ beside it"
        if (package / "tracking.py").is_file() or (package / "webhook.py").is_file():
            return "PyPI's 'pytracking', an e-mail click tracker"
        if (folder / "ltr").is_dir() or folder.name == "ltr":
            if (folder / _TRAINER).is_file() or (folder / _TRAINER.name).is_file():
                return "an incomplete checkout: ltr/ without pytracking/ beside it"
            return "an ltr/ without run_training.py, such as PyPI's 'ltr', a learning-to-rank package"
        return None

    def training_scripts(self, root: Path) -> list[Path]:
        return sorted(root.glob(self.settings_files))

    def find_settings(self, root: Path, module: str, name: str) -> SettingsFile | None:
        return settings_of_checkout(root, module, name)

    def find_imported_settings(self, root: Path, module: str) -> Path | None:
        parts = module.split(".")
        if parts[:2] != ["ltr", "train_settings"] or len(parts) != 4:
            return None
        found = settings_of_checkout(root, parts[2], parts[3])
        return found.path if found else None

    def run(self, root: Path, settings_file: SettingsFile, request: TrainRequest) -> Callable[[Any], None]:
        """The `run` of a settings file; the checkout's own are imported by the name `run_training` imports them by."""
        if settings_file != settings_of_checkout(root, settings_file.module, settings_file.name):
            return compile_run(settings_file)
        try:
            module = importlib.import_module(f"ltr.train_settings.{settings_file.module}.{settings_file.name}")
        except SyntaxError as error:
            raise InputError(f"settings file {error.filename}: line {error.lineno}: {error.msg}") from error
        return run_function(module, settings_file)

    def trackers(self, root: Path) -> list[str]:
        """Folder pytracking/tracker/NAME and file pytracking/parameter/NAME/PARAM.py."""
        found = python_names((root / "pytracking" / "parameter").glob("*/*.py"))
        made = root / "pytracking" / "tracker"
        return [f"{name}:{param}" for name, param in found if (made / name / "__init__.py").is_file()]

    def make_tracker(self, root: Path, request: TrackerRequest) -> tuple[Any, Path | None]:
        label, device = request.label, request.device
        with blame_on(f"tracker {label}: its parameter file"):
            params = importlib.import_module(f"pytracking.parameter.{request.name}.{request.param}").parameters()
        holders = network_holders(params)
        network = _choose_network(holders, request)
        _settle_params(params, holders, device)
        with blame_on(f"tracker {label}: making it"):
            tracker = importlib.import_module(f"pytracking.tracker.{request.name}").get_tracker_class()(params)
        tracker.visdom = None
        load = getattr(tracker, "initialize_features", None)
        if load is not None:
            on_device = torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()
            with on_device, blame_on(f"weights: {network}: tracker {label}: loading it"), _explain_network(network):
                load()
                for holder in holders:
                    if isinstance(getattr(holder, "net", None), nn.Module):
                        check_finite(holder.net.state_dict(), holder.net_path)
        return tracker, network


@contextlib.contextmanager
def _explain_network(network: Path | None) -> Iterator[None]:
    """Where the file itself is what is wrong, say so instead of what the checkout's code made of it."""
    try:
        yield
    except Exception:
        if network is not None:
            read_checkpoint(network)
        raise


def _choose_network(holders: list[Any], request: TrackerRequest) -> Path | None:
    """Give every holder the whole path of its file; `weights` replaces that of the first. Returns the first's."""
    label = request.label
    if request.weights is not None and not holders:
        raise InputError(f"weights: tracker {label}: got '{request.weights}', it takes none")
    with blame_on(f"tracker {label}: its checkout's pytracking.evaluation"):
        folders = importlib.import_module("pytracking.evaluation.environment").env_settings().network_path
    for index, holder in enumerate(holders):
        if index == 0 and request.weights is not None:
            holder.net_path = str(find_weights(request.weights))
        elif holder.net_path is not None:
            holder.net_path = str(find_network(holder.net_path, folders, label))
    return Path(holders[0].net_path) if holders and holders[0].net_path else None


def _settle_params(params: Any, holders: list[Any], device: torch.device) -> None:
    """Every parameter file asks for a GPU and may ask for windows; settle both before anything is built."""
    gpu = device.type == "cuda"
    params.use_gpu, params.device = gpu, device.type
    params.debug, params.visualization = 0, False
    for holder in (*holders, *(getattr(getattr(params, "features", None), "features", None) or [])):
        if hasattr(holder, "use_gpu"):
            holder.use_gpu = gpu
