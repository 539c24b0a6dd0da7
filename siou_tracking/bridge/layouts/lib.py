"""The layout of STARK, OSTrack, MixFormer, ODTrack and dozens more: `lib/train`, `lib/test` and settings as yaml files.

Known by reading and running ten of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any  # a checkout's settings, parameters and trackers, whose classes are not known here

import torch

from siou_tracking.bridge.layouts import lib_trackers
from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.layouts.lib_config import configured
from siou_tracking.bridge.layouts.lib_run import make_run
from siou_tracking.bridge.layouts.lib_scripts import find_run_training, main_scripts, scripts
from siou_tracking.bridge.making.request import TrackerRequest
from siou_tracking.bridge.reading.weight_files import named_weights
from siou_tracking.bridge.supply.component import Factory, module_of
from siou_tracking.ltr.settings_files import SettingsFile, check_inside
from siou_tracking.retrain.request import TrainRequest

_TRAINER = Path("lib", "train", "trainers", "base_trainer.py")
_SETTINGS = "experiments"


class LibLayout(Layout):
    """The kin of PyTracking whose packages are `lib.train` and `lib.test`."""

    title = "PyTracking's kin"
    expected = "one of its kin (OSTrack, STARK, MixFormer, ...), which holds lib/train and lib/test"
    training, tracking, models, project = "lib.train", "lib.test", "lib.models", "train"
    known_by = "lib/train/run_training.py"
    settings_files = f"{_SETTINGS}/*/*.yaml"
    torchrun, loader_options, says_cuda, copies_trackers = True, False, True, True
    variables = MappingProxyType({"LOCAL_RANK": "-1"})

    def packages(self, root: Path) -> frozenset[str]:
        return super().packages(root) | {"_init_paths"}

    def modules(self) -> dict[str, Factory]:
        """What their scripts import from beside themselves to put the checkout on the path, where it is already."""
        return {"_init_paths": module_of()}

    def is_root(self, folder: Path) -> bool:
        return not self._missing(folder)

    def _missing(self, folder: Path) -> list[str]:
        """What it is known by and `folder` lacks."""
        scripts = (folder / "lib" / "train").glob("run_training*.py")
        return ([] if any(scripts) else ["lib/train/run_training.py"]) + (
            [] if (folder / _TRAINER).is_file() else [_TRAINER.as_posix()]
        )

    def describe_remains(self, folder: Path) -> str | None:
        if (folder / "lib" / "train").is_dir():
            return f"an incomplete checkout: lib/train is there without {' and '.join(self._missing(folder))}"
        if renamed := sorted(folder.glob("*/train/trainers/base_trainer.py")):
            name = renamed[0].relative_to(folder).parts[0]
            return f"a checkout whose packages are called {name}.train and not lib.train"
        if (folder / "lib" / "test" / "evaluation").is_dir():
            return "a checkout published without its training code: lib/test is there without lib/train"
        return None

    def find_settings(self, root: Path, module: str, name: str) -> SettingsFile | None:
        """`module` is a folder of settings or the script that they are of, as in ROMTrack where these differ."""
        check_inside(module, name)
        name = name.removesuffix(self.settings_suffix)
        folders = [root / _SETTINGS / module]
        if (root / "lib" / "config" / module).is_dir():
            folders += sorted((root / _SETTINGS).glob(f"{module}*/"))
        for path in (folder / f"{name}.yaml" for folder in folders):
            if path.is_file():
                return SettingsFile(path.resolve(), _script_of(root, path.parent.name), name)
        return None

    def training_scripts(self, root: Path) -> list[Path]:
        return scripts(self.run_training(root)) or super().training_scripts(root)

    def entries(self, root: Path) -> list[Path]:
        found = main_scripts(self.run_training(root))
        return [*super().entries(root), *(found if len(found) == 1 else [])]  # of several, the settings say which

    def run_training(self, root: Path) -> Path:
        """The file with the function that starts a training."""
        return find_run_training(root, self.packages(root), self.supplied())

    def weight_files(self, root: Path) -> dict[str, list[Path]]:
        return named_weights(root, root.glob(self.settings_files), (root / "lib" / "models").rglob("*.py"))

    def run(self, root: Path, settings_file: SettingsFile, request: TrainRequest) -> Callable[[Any], None]:
        """The checkout's own `run_training`, which fills the settings and calls its training script."""
        return make_run(f"{self.training}.{self.run_training(root).stem}", settings_file, request)

    def configured(self, settings_file: SettingsFile, request: TrainRequest) -> contextlib.AbstractContextManager[None]:
        return configured(settings_file, request)

    def device(self, settings: Any) -> Any:
        """They ask for a GPU by number, whether there is one or not."""
        return super().device(settings) if torch.cuda.is_available() else torch.device("cpu")

    def data_code(self, root: Path) -> list[Path]:
        return [root / "lib" / "train" / "base_functions.py", *super().data_code(root)]

    def environment_defaults(self, root: Path, workspace: Path) -> dict[str, str]:
        return {"prj_dir": str(root), "save_dir": str(workspace)}

    def trackers(self, root: Path) -> list[str]:
        return lib_trackers.list_trackers(root)

    def make_tracker(self, root: Path, request: TrackerRequest) -> tuple[Any, Path | None]:
        return lib_trackers.make_tracker(root, request)


def _script_of(root: Path, folder: str) -> str:
    """The script that the settings in a folder are of: of its name, else the longest that its name begins with."""
    scripts = {path.name for path in (root / "lib" / "config").glob("*/")}
    begun = [name for name in scripts if folder.startswith(name)]
    return folder if folder in scripts or not begun else max(begun, key=len)
