"""The layout of STARK, OSTrack, MixFormer, ODTrack and dozens more: `lib/train`, `lib/test` and settings as yaml files.

Known by reading and running ten of them.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # a checkout's settings, parameters and trackers, whose classes are not known here

from siou_tracking.bridge.layouts.base import Layout, TrackerRequest, python_names
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.request import TrainRequest

_RUN = "lib.train.run_training"
_TRAINER = Path("lib", "train", "trainers", "base_trainer.py")


class LibLayout(Layout):
    """The kin of PyTracking whose packages are `lib.train` and `lib.test`."""

    title = "PyTracking's kin"
    expected = "one of its kin (OSTrack, STARK, MixFormer, ...), which holds lib/train and lib/test"
    training, tracking, models, project = "lib.train", "lib.test", "lib.models", "train"
    torchrun = True

    def packages(self, root: Path) -> frozenset[str]:
        return super().packages(root) | {"_init_paths"}

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
        """Parameter module NAME of the tracking package, and a yaml file PARAM under the same name."""
        names = {file.stem for file in (root / "lib" / "test" / "parameter").glob("*.py")} - {"__init__"}
        found = python_names((root / "experiments").glob("*/*.yaml"))
        return [f"{name}:{param}" for name, param in found if name in names]

    def make_tracker(self, root: Path, request: TrackerRequest) -> tuple[Any, Path | None]:
        raise InputError(f"tracker {request.label}: checkout {root}: trackers of this layout do not run yet")


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
