"""A layout that the package does not know, in one file, and a checkout in it: the fake one's files, renamed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from siou_tracking.bridge.layouts.base import Layout, python_names
from siou_tracking.ltr.settings_files import SettingsFile, compile_run
from tests.bridge.fake_checkout import make_fake_checkout

_PLACES = {"ltr.models": "mylib.models", "ltr": "mylib.train", "pytracking": "mylib.test"}
_STILL = """class Tracker:
    def initialize(self, image, info):
        self.box = info["init_bbox"]

    def track(self, image, info):
        return {"target_bbox": self.box}
"""


class ThirdLayout(Layout):
    """Packages `TOP.train`, `TOP.test` and `TOP.models`; settings as Python files, trackers as modules."""

    title, project, torchrun = "My trackers", "mine", False
    expected, known_by = "a clone of mine, which holds mylib/", "mylib/train/run_training.py"
    settings_files = "mylib/train/train_settings/*/*.py"

    def __init__(self, top: str = "mylib") -> None:
        self.training, self.tracking, self.models = f"{top}.train", f"{top}.test", f"{top}.models"

    def is_root(self, folder):
        return (folder / self.known_by).is_file()

    def describe_remains(self, folder):
        return "a mylib/ without train/ in it" if (folder / "mylib").is_dir() else None

    def find_settings(self, root, module, name):
        path = root / "mylib" / "train" / "train_settings" / module / f"{name}.py"
        return SettingsFile(path.resolve(), module, name) if path.is_file() else None

    def training_scripts(self, root):
        return sorted(root.glob(self.settings_files))

    def run(self, root, settings_file, request):
        return compile_run(settings_file)

    def trackers(self, root):
        return [f"{name}:default" for _, name in python_names((root / "mylib/test/mine").glob("*.py"))]

    def make_tracker(self, root, request):
        return importlib.import_module(f"mylib.test.mine.{request.name}").Tracker(), None


def make_third_checkout(folder: Path) -> Path:
    """Write a fresh checkout into `folder`; what it trains is what `make_fake_checkout` says."""
    make_fake_checkout(folder)
    for package, place in _PLACES.items():
        target = folder.joinpath(*place.split("."))
        target.parent.mkdir(exist_ok=True)
        folder.joinpath(*package.split(".")).rename(target)
    for path in folder.rglob("*.py"):
        text = path.read_text()
        for package, place in _PLACES.items():
            text = re.sub(rf"(?<![\w.]){re.escape(package)}(?=[. /])(?!\.pth)", place, text)
        path.write_text(text)
    (folder / "mylib/test/mine").mkdir()
    (folder / "mylib/test/mine/still.py").write_text(_STILL)
    return folder
