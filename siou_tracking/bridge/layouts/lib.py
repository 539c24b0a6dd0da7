"""The layout of STARK, OSTrack, MixFormer, ODTrack and dozens more: `lib/train`, `lib/test` and settings as yaml files.

Known by reading and running ten of them.
"""

from __future__ import annotations

import contextlib
import glob
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # a checkout's settings, parameters and trackers, whose classes are not known here

from siou_tracking.bridge.layouts.base import Layout, TrackerRequest, python_names
from siou_tracking.bridge.making.by_signature import Places, make_called_tracker
from siou_tracking.bridge.supply.component import Factory, module_of
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.request import TrainRequest

_RUN = "lib.train.run_training"
_TRAINER = Path("lib", "train", "trainers", "base_trainer.py")
_EXPERIMENTS = re.compile(r"""experiments(?:/|["']\s*,\s*["'])([\w.-]+)""")
_DATA_SETS = {
    "lasot": ("lasot",),
    "lasot_ext": ("lasot_extension_subset", "lasot_ext"),
    "got10k": ("got10k_val",),
    "got10k_test": ("got10k_test",),
    "trackingnet": ("trackingnet",),
    "otb2015": ("otb",),
    "otb2013": ("otb",),
    "otb50": ("otb",),
    "nfs": ("nfs",),
    "uav123": ("uav",),
    "tnl2k": ("tnl2k",),
    **dict.fromkeys(("vot2016", "vot2018", "vot2019"), ("vot20",)),  # the VOT that they have parameters for
}
"""Benchmark -> what checkouts call it, the most usual name first."""
_ANY, _BEST_KNOWN = "video", "lasot"
"""What their own demonstrations say for other data, and the data that all of them have parameters for."""


class LibLayout(Layout):
    """The kin of PyTracking whose packages are `lib.train` and `lib.test`."""

    title = "PyTracking's kin"
    expected = "one of its kin (OSTrack, STARK, MixFormer, ...), which holds lib/train and lib/test"
    training, tracking, project = "lib.train", "lib.test", "train"
    torchrun = True
    copies_trackers = True

    def packages(self, root: Path) -> frozenset[str]:
        return super().packages(root) | {"_init_paths"}

    def modules(self) -> dict[str, Factory]:
        """What their scripts import from beside themselves to put the checkout on the path, where it is already."""
        return {"_init_paths": module_of()}

    def find_root(self, folder: Path) -> Path | None:
        for candidate in (folder, folder.parent if folder.name == "lib" else folder):
            if any((candidate / "lib" / "train").glob("run_training*.py")) and (candidate / _TRAINER).is_file():
                return candidate
        return None

    def describe_remains(self, folder: Path) -> str | None:
        inside = sorted(path for path in folder.glob("*/") if self.find_root(path) is not None)
        if inside:
            return f"a folder of checkouts: give {' or '.join(str(path) for path in inside[:3])}"
        if (folder / "lib" / "train").is_dir() or (folder / "lib" / "test").is_dir():
            return "an incomplete checkout: lib/ without train/run_training.py or train/trainers/base_trainer.py"
        return None

    def settings(self, root: Path) -> list[str]:
        return [f"{script} {config}" for script, config in python_names((root / "experiments").glob("*/*.yaml"))]

    def find_settings(self, root: Path, module: str, name: str) -> SettingsFile | None:
        path = root / "experiments" / module / f"{name}.yaml"
        return SettingsFile(path.resolve(), module, name) if path.is_file() else None

    def run(self, root: Path, settings_file: SettingsFile, request: TrainRequest) -> Callable[[Any], None]:
        """The checkout's own `run_training`, which makes and fills the settings and calls its training script."""
        run_training = importlib.import_module(_RUN).run_training
        known = inspect.signature(run_training).parameters

        def run(settings: Any) -> None:
            offered = {
                "local_rank": distributed.local_rank() if distributed.world_size() > 1 else -1,
                "save_dir": settings.env.workspace_dir,
                "base_seed": request.seed,
            }
            with _handing_out(settings):
                run_training(
                    settings_file.module,
                    settings_file.name,
                    **{name: value for name, value in offered.items() if name in known},
                )

        return run

    def environment_defaults(self, root: Path, workspace: Path) -> dict[str, str]:
        return {"prj_dir": str(root), "save_dir": str(workspace)}

    def trackers(self, root: Path) -> list[str]:
        """Module NAME of both packages, and a yaml file PARAM of the folders that NAME's parameters read."""
        found: set[str] = set()
        for file in (root / "lib" / "test" / "parameter").glob("*.py"):
            if (root / "lib" / "test" / "tracker" / file.name).is_file() and not file.stem.startswith("_"):
                files = [path for folder in _experiments_of(root, file) for path in folder.glob("*.yaml")]
                found.update(f"{file.stem}:{param}" for _, param in python_names(files))
        return sorted(found)

    def make_tracker(self, root: Path, request: TrackerRequest) -> tuple[Any, Path | None]:
        places = Places("lib.test.parameter", "lib.test.tracker", root / "output", "lib/test/evaluation/local.py")
        return make_called_tracker(request, places, _data_sets(root, request.dataset))


def _experiments_of(root: Path, parameters: Path) -> list[Path]:
    """The folders of yaml files that a file of parameters names; where it puts the name together, those that begin
    with its own."""
    named = [root / "experiments" / name for name in _EXPERIMENTS.findall(parameters.read_text("utf-8", "replace"))]
    return [folder for folder in named if folder.is_dir()] or sorted(
        (root / "experiments").glob(f"{glob.escape(parameters.stem)}*")
    )


def _data_sets(root: Path, dataset: str | None) -> list[str]:
    """What the checkout calls a benchmark, and in whose place it may be put: parameters of some depend on it."""
    known = _DATA_SETS.get(dataset or "") or _DATA_SETS.get((dataset or "").removesuffix("_test"), (_ANY,))
    loaders = root / "lib" / "test" / "evaluation" / "datasets.py"
    text = loaders.read_text("utf-8", "replace") if loaders.is_file() else ""
    name = next((one for one in known if re.search(rf"\b{one}\b", text)), known[0])
    return list(dict.fromkeys([name, _BEST_KNOWN]))


@contextlib.contextmanager
def _handing_out(settings: Any) -> Iterator[None]:
    """Inside the block the first settings that the checkout makes are these, so that the caller holds the run's own."""
    module = importlib.import_module("lib.train.admin.settings")
    patches = Patches()

    def make() -> Any:
        patches.undo()  # pickling looks the class up by its name
        return settings

    patches.set(module, "Settings", make)
    try:
        yield
    finally:
        patches.undo()
