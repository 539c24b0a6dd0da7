"""Checkpoints and readers of a checkout whose packages have other names than PyTracking's."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest
import torch

from siou_tracking.bridge.standins import old_python
from siou_tracking.bridge.standins.checkpoints import checkpoint_loading
from siou_tracking.bridge.standins.packages import images
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from tests.bridge.third_layout import ThirdLayout

KIN = ThirdLayout("kin")
CLASSES = {"settings": ("Settings",), "stats": ("StatValue", "AverageMeter"), "local": ("EnvironmentSettings",)}


@pytest.fixture
def admin(monkeypatch):
    """The package `kin.train.admin`, which has no model_constructor."""
    for name in ("kin", "kin.train", "kin.train.admin", *(f"kin.train.admin.{part}" for part in CLASSES)):
        module = ModuleType(name)
        module.__path__ = []
        for label in CLASSES.get(name.rpartition(".")[2], ()):
            setattr(module, label, type(label, (), {"__module__": name}))
        monkeypatch.setitem(sys.modules, name, module)
    return importlib.import_module("kin.train.admin")


def test_its_checkpoints_are_read_with_its_settings(admin, tmp_path):
    settings = sys.modules["kin.train.admin.settings"].Settings()
    settings.env = sys.modules["kin.train.admin.local"].EnvironmentSettings()
    settings.device = torch.device("cpu")
    torch.save({"net": {"w": torch.ones(2)}, "settings": settings}, tmp_path / "a.pth.tar")
    stand_in, patches = checkpoint_loading("kin.train"), Patches()
    stand_in.apply(patches)
    try:
        loaded = torch.load(tmp_path / "a.pth.tar", map_location="cpu")
        assert type(loaded["settings"]) is type(settings) and loaded["settings"].device == torch.device("cpu")
    finally:
        patches.undo()


def test_its_classes_under_the_name_of_another_package_are_read_as_its_own(admin, tmp_path, monkeypatch):
    """Official files of private copies name the package that their authors had."""
    own = sys.modules["kin.train.admin.stats"].AverageMeter
    theirs = ModuleType("private.code.admin.stats")
    for name in ("private", "private.code", "private.code.admin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "private.code.admin.stats", theirs)
    theirs.AverageMeter = type("AverageMeter", (), {"__module__": "private.code.admin.stats"})
    meter = theirs.AverageMeter()
    meter.avg = 0.5
    torch.save({"net": {}, "stats": {"Loss/total": meter}}, tmp_path / "c.pth.tar")
    patches = Patches()
    checkpoint_loading("kin.train").apply(patches)
    try:
        read = torch.load(tmp_path / "c.pth.tar")["stats"]["Loss/total"]
    finally:
        patches.undo()
    assert type(read) is own and read.avg == 0.5


def test_a_class_of_anything_else_is_refused(admin, tmp_path):
    torch.save({"net": {}, "other": InputError("x")}, tmp_path / "b.pth.tar")
    patches = Patches()
    checkpoint_loading("kin.train").apply(patches)
    try:
        with pytest.raises(InputError, match=r"holds an object of siou_tracking\.errors\.InputError"):
            torch.load(tmp_path / "b.pth.tar")
    finally:
        patches.undo()


def test_its_image_readers_are_the_ones_that_tell_of_errors(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "import_failure", lambda module: "absent")
    assert list(images.jpeg4py(Sources(tmp_path, KIN, frozenset())).after_import) == ["kin.train.data.image_loader"]


def test_modules_that_python_and_setuptools_have_lost(tmp_path, monkeypatch):
    sources = Sources(tmp_path, KIN, frozenset({"imp", "pkg_resources"}))
    monkeypatch.setattr(old_python.importlib.util, "find_spec", lambda name: None)
    module = old_python.imp_module(sources).modules["imp"]("imp")
    assert module.reload is importlib.reload
    with pytest.raises(InputError, match=r"imp\.load_source.*Python 3\.12"):
        module.load_source("a", "b")
    monkeypatch.setattr(old_python, "import_failure", lambda name: None if name == "packaging.version" else "absent")
    resources = old_python.resources(sources).modules["pkg_resources"]("pkg_resources")
    assert resources.packaging.version.parse("1.10") > resources.packaging.version.parse("1.9")
