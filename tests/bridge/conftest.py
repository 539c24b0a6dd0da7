"""A fake checkout for every test of the bridge, and the real one where the machine has it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
import torch

from siou_tracking.bridge.checkout import Checkout, find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.scenes import write_got10k
from tests.bridge.fake_checkout import make_fake_checkout, make_fake_kin
from tests.reference_data import reference_checkout


@pytest.fixture(autouse=True)
def tests_off_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m pytest` in `tests/` puts it on the path, and its folder `ltr` would pass for a package."""
    tests = str(Path(__file__).parent.parent)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != tests])


@pytest.fixture(scope="session")
def pytracking_home() -> Checkout:
    """A real checkout of visionml/pytracking."""
    return find_checkout(reference_checkout())


@pytest.fixture
def fake_checkout(tmp_path: Path) -> Checkout:
    """A fresh fake checkout in a folder whose name has a space."""
    return find_checkout(make_fake_checkout(tmp_path / "py tracking"))


@pytest.fixture
def fake_kin(tmp_path: Path) -> Checkout:
    """A fresh fake checkout of the layout `lib/train`, `lib/test`."""
    return find_checkout(make_fake_kin(tmp_path / "kin"))


@pytest.fixture(scope="session")
def fake_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network for each of the fake checkout's trackers, under the names their parameter files give."""
    folder = tmp_path_factory.mktemp("networks")
    checkout = find_checkout(make_fake_checkout(tmp_path_factory.mktemp("builder") / "checkout"))
    with checkout_session(checkout, pretrained=False, announce=False):
        for module, build, name in (
            ("ltr.models.tracking.dimpnet", "dimpnet18", "dimp18.pth"),
            ("ltr.models.bbreg.atom", "atom_resnet18", "atom_default.pth"),
        ):
            net = getattr(importlib.import_module(module), build)()
            content = {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor}
            torch.save(content, folder / name)
    return folder


@pytest.fixture(scope="session")
def tiny_got10k(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a GOT-10k whose `train/` has two sequences of 8 frames."""
    root = tmp_path_factory.mktemp("tiny_got10k")
    write_got10k(root, "train", 2, length=8, size=(96, 72), progress=False)
    return root
