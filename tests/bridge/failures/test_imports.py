"""An import that fails says which package is missing, or which part of one the stand-in lacks."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.standins.vision import modules as vision
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.retrain import TrainRequest


@pytest.fixture
def train(fake_checkout, tmp_path, monkeypatch):
    """Train the fake checkout with a settings file of the given text; torchvision is absent."""
    monkeypatch.setattr(vision, "import_failure", lambda module: "absent")

    def run(text: str) -> None:
        (tmp_path / "mine.py").write_text(text)
        train_checkout(fake_checkout, TrainRequest(tmp_path / "mine.py", workspace=tmp_path / "w", quiet=True))

    return run


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import wandbx.sdk", "needs the Python package 'wandbx', which is not installed: pip install wandbx"),
        ("import region", "needs the Python package 'region', which is not installed: build the toolkit of pysot"),
        ("import torchvision.utils", r"needs torchvision\.utils, which the stand-in for torchvision does not have"),
        ("from torchvision.utils import make_grid", r"needs torchvision\.utils, which the stand-in"),
        ("from torchvision.ops import nms", r"needs torchvision\.ops\.nms, which the stand-in for torchvision"),
        ("from torchvision.ops.boxes import nms", r"needs torchvision\.ops\.boxes\.nms, which the stand-in"),
        ("import torchvision; torchvision.ops.nms", r"the stand-in for 'torchvision\.ops' has no 'nms'"),
        ("from visdom.server import start; import visdom.utils", "not installed: pip install visdom"),
    ],
)
@pytest.mark.parametrize(
    "place", ["settings", "ltr/trainers/ltr_trainer.py", "ltr/data/sampler.py", "ltr/data/loader.py"]
)
def test_the_package_and_the_importing_line_are_named(train, fake_checkout, line, message, place):
    if place == "settings":
        with pytest.raises(InputError, match=rf"mine\.py: line 1: .*{message}|{message}"):
            train(f"{line}\n")
        return
    path = fake_checkout.root / place
    path.write_text(f"{line}\n{path.read_text()}")
    with pytest.raises(InputError, match=message) as caught:
        train("from ltr.train_settings.bbreg.atom import run\n")
    assert "\n" not in str(caught.value)


def test_a_part_that_the_checkout_lacks_is_told_as_such(train):
    with pytest.raises(InputError, match=r"needs ltr\.dataset\.mine, which checkout .* does not have"):
        train("import ltr.dataset.mine\n")
