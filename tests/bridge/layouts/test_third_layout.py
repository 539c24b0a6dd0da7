"""A layout is one file and one line: then it is recognized, diagnosed, trained and tracked with as the others are."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch

from siou_tracking.bridge.checkout import LAYOUTS, find_checkout
from siou_tracking.bridge.diagnosis import diagnose_checkout
from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.tracking import CheckoutTracker
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from tests.bridge.fake_checkout import files_of
from tests.bridge.third_layout import ThirdLayout, make_third_checkout
from tests.train_options import train_request


@pytest.fixture
def root(tmp_path):
    LAYOUTS.append(ThirdLayout())
    yield make_third_checkout(tmp_path / "mine")
    LAYOUTS.pop()


@pytest.fixture
def train(root, tiny_got10k, tmp_path):
    def run(module, name, **options):
        options = {"data": {"got10k": tiny_got10k}, "workspace": tmp_path / "w", "quiet": True, **options}
        return train_checkout(find_checkout(root), train_request(module, name, pretrained=False, **options))

    return run


def own_run(root, data, workspace, module, name):
    """The network that the checkout's own `run_training` ends with."""
    checkout = find_checkout(root)
    with checkout_session(checkout, build_environment(workspace, {"got10k": data}), pretrained=False, announce=False):
        run_training = importlib.import_module("mylib.train.run_training").run_training
        seed_everything(3)
        run_training(module, name)
    return read_checkpoint(max(workspace.rglob("*.pth.tar")))["net"]


def test_it_is_recognized_and_named_where_it_is_not(root, tmp_path):
    assert find_checkout(root / "mylib" / "train").root == root.resolve()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(InputError, match=r"or mylib/train/run_training\.py: .* or a clone of mine, which holds mylib/"):
        find_checkout(tmp_path / "other")
    rows = {row[0]: row[1] for row in diagnose_checkout(root)}
    assert rows["My trackers"].startswith(str(root)) and rows["settings"] == "7 of bbreg, dimp, kys, lwl, tomp"
    assert rows["mylib/train/admin/local.py"] == "none" and rows["trackers"] == "1 of still"


@pytest.mark.parametrize(("module", "name"), [("bbreg", "atom"), ("tomp", "tomp50")])
def test_it_trains_as_by_itself_and_with_a_box_loss_beside_it(train, root, tiny_got10k, tmp_path, module, name):
    before = files_of(root)
    own = own_run(root, tiny_got10k, tmp_path / "own", module, name)
    plain = train(module, name, seed=3)
    net = read_checkpoint(plain.checkpoint)["net"]
    assert net.keys() == own.keys() and all(torch.equal(net[key], own[key]) for key in net)
    flagged = train(module, name, seed=3, box_loss="smooth_iou", epochs=1)
    assert flagged.project_path == f"mine/{module}/{name}_smooth_iou" and flagged.stats != plain.stats
    again = train(module, name, seed=3, box_loss="smooth_iou", epochs=2, resume=True)
    assert again.checkpoint.name.endswith("ep0002.pth.tar") and files_of(root) == before


def test_its_options_and_refusals_are_everyones(train):
    assert train("bbreg", "atom", epochs=1, batch_size=2, samples_per_epoch=2, accumulate=2).checkpoint.is_file()
    with pytest.raises(InputError, match="did you mean 'dimp dimp18'"):
        train("dimp", "dimp19")
    with pytest.raises(InputError, match="KYSActor"):
        train("kys", "kys", box_loss="smooth_iou")


def test_its_tracker_tracks(root):
    tracker = CheckoutTracker(find_checkout(root), "still", device="cpu")
    image = np.zeros((40, 40, 3), np.uint8)
    tracker.initialize(image, {"init_bbox": [1, 2, 3, 4]})
    assert tracker.track(image)["target_bbox"] == [1, 2, 3, 4]
    tracker.close()
