"""What a checkout's text imports is found without running it, in every form an import has."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.checkout import LAYOUTS, Checkout
from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.bridge.standins import plan
from siou_tracking.bridge.standins.sources import read_sources

KIN = LibLayout()


def write(root, text, name="lib/models/net.py"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_sources(root, KIN)


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("import easydict\n", {"easydict"}),
        ("import numpy as np, timm.models.layers as layers, yaml\n", {"numpy", "timm.models.layers", "yaml"}),
        ("from timm.models.layers import (\n    Mlp,\n)\n", {"timm.models.layers"}),
        ("def f():\n    from einops import rearrange\n", {"einops"}),
        ("try:\n\timport lmdb\nexcept ImportError:\n\tpass\n", {"lmdb"}),
        (b"\xef\xbb\xbfimport wandb\n", {"wandb"}),
        ("from . import this\nfrom .that import x\n", {".", ".that"}),
        ("# import apex\nimportant = 1\nfromage = 2\n", set()),
        (b"name = '\xff\xfe'\nimport thop\n", {"thop"}),
    ],
)
def test_imports_are_found(tmp_path, text, modules):
    assert write(tmp_path, text).imports == modules


def test_the_packages_on_the_way_to_a_module_are_parts_too(tmp_path):
    sources = write(tmp_path, "import timm.models.layers\nimport timmy\n")
    assert sources.parts_of("timm") == ["timm", "timm.models", "timm.models.layers"]
    assert sources.parts_of("wandb") == []


def test_a_checkout_gets_the_packages_that_it_imports_and_no_others(tmp_path):
    write(tmp_path, "import torch\n")
    without = {stand_in.component for stand_in in plan(Checkout(tmp_path, None, LAYOUTS[1]))}
    assert not without & {"lvis", "visdom", "wandb", "TensorList", "torch.rfft", "Precise RoI Pooling"}
    write(tmp_path, "import lvis.lvis\nfrom external.PreciseRoIPooling.pytorch.prroi_pool import PrRoIPool2D\n")
    assert {"lvis", "Precise RoI Pooling"} <= {
        stand_in.component for stand_in in plan(Checkout(tmp_path, None, LAYOUTS[1]))
    }


def test_pytracking_is_told_from_a_descendant_in_its_layout(tmp_path):
    (tmp_path / "ltr").mkdir()
    assert read_sources(tmp_path, PyTrackingLayout()).is_original
    (tmp_path / "util").mkdir()
    assert not read_sources(tmp_path, PyTrackingLayout()).is_original
    assert not read_sources(tmp_path, KIN).is_original


@pytest.mark.parametrize("place", ["lib/train/data/loader.py", "lib/train/trainers/misc.py"])
def test_torch_six_is_supplied_wherever_it_is_imported(tmp_path, place):
    write(tmp_path, "from torch._six import inf, string_classes\n", place)
    found = next(one for one in plan(Checkout(tmp_path, None, LAYOUTS[1])) if one.component == "torch._six")
    module = found.modules["torch._six"]("torch._six")
    assert module.inf == float("inf") and isinstance("", module.string_classes)
