"""A checkout's trackers as ours: found by name, on the CPU, with their own random numbers, leaving nothing behind."""

from __future__ import annotations

import gc
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.tracking import CheckoutTracker, checkout_trackers
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers import Tracker, build_tracker
from siou_tracking.trackers import available_trackers as ours_or_theirs
from siou_tracking.trackers.follow import run_frames
from tests.bridge.fake_checkout import files_of

FRAME = np.zeros((72, 96, 3), np.uint8)
BOX = [3.0, 4.0, 20.0, 10.0]

NOISY = """
import random
import numpy, torch
from pytracking.tracker.base import BaseTracker

class Noisy(BaseTracker):
    def initialize_features(self):
        if self.params.net.net is None:
            self.params.net.initialize()
    def initialize(self, image, info):
        self.initialize_features()
        self.seen = []
        return {"time": 0.0}
    def track(self, image, info=None):
        self.seen.append(info["previous_output"]["target_bbox"])
        weight = torch.ones(1, requires_grad=True)
        (2 * weight).backward()
        draw = random.random() + numpy.random.rand() + float(torch.rand(()))
        return {"target_bbox": [draw, float(weight.grad), 5, 5], "object_presence_score": 0.5}

def get_tracker_class():
    return Noisy
"""


@pytest.fixture
def networks(fake_checkout, fake_networks: Path) -> Path:
    """The folder a checkout looks for networks in, with one for each of its trackers; `noisy:one` and `:two` draw."""
    root = fake_checkout.root / "pytracking"
    (root / "tracker/noisy").mkdir()
    (root / "tracker/noisy/__init__.py").write_text(NOISY)
    (root / "parameter/noisy").mkdir()
    for name in ("__init__", "one", "two"):
        text = (root / "parameter/dimp/dimp18.py").read_text() if name != "__init__" else ""
        (root / f"parameter/noisy/{name}.py").write_text(text)
    return Path(shutil.copytree(fake_networks, root / "networks"))


def names_left() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in ("ltr", "pytracking")]


def test_every_parameter_file_of_a_tracker_is_listed(fake_checkout, networks):
    expected = ["atom:default", "dimp:dimp18", "noisy:one", "noisy:two"]
    assert checkout_trackers(fake_checkout) == expected
    assert ours_or_theirs(fake_checkout.root) == expected


def test_it_tracks_on_the_cpu_from_the_first_box_and_leaves_nothing(fake_checkout, networks):
    before = files_of(fake_checkout.root)
    tracker = build_tracker("dimp:dimp18", pytracking=fake_checkout.root)
    assert isinstance(tracker, Tracker)
    assert tracker.initialize(FRAME, {"init_bbox": BOX})["target_bbox"] == BOX
    assert tracker.track(FRAME)["target_bbox"] == BOX
    assert tracker.network == networks / "dimp18.pth"
    assert names_left()
    tracker.close()
    tracker.close()
    assert not names_left()
    with pytest.raises(InputError, match="dimp:dimp18: track: called after close"):
        tracker.track(FRAME)
    assert files_of(fake_checkout.root) == before


@pytest.mark.gpu
def test_a_gpu_is_used_by_default(fake_checkout, networks):
    tracker = CheckoutTracker(fake_checkout, "dimp")
    assert run_frames(tracker, [FRAME] * 2, BOX)[0].tolist() == [BOX] * 2
    assert all(value.is_cuda for value in tracker.inner.params.net.net.parameters())


def test_the_session_ends_with_the_last_tracker_in_whatever_order_they_go(fake_checkout, networks):
    first = CheckoutTracker(fake_checkout, "dimp", "dimp18", device="cpu")
    second = CheckoutTracker(fake_checkout, "atom", device="cpu")
    del first
    gc.collect()
    assert run_frames(second, [FRAME] * 3, BOX)[0].tolist() == [BOX] * 3
    del second
    gc.collect()
    assert not names_left()


def test_what_the_user_changed_meanwhile_stays(fake_checkout, networks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    tracker = CheckoutTracker(fake_checkout, "dimp:dimp18", device="cpu")
    (tmp_path / "elsewhere").mkdir()
    os.chdir(tmp_path / "elsewhere")
    sys.path.append("/my/modules")
    sys.path.append(f"{fake_checkout.root}/pytracking/..")  # as the checkout's own modules do
    with torch.no_grad():
        tracker.close()
        assert not torch.is_grad_enabled()
    assert Path.cwd() == tmp_path / "elsewhere"
    assert "/my/modules" in sys.path and not [entry for entry in sys.path if str(fake_checkout.root) in entry]


def test_equal_seeds_give_equal_boxes_and_the_process_keeps_its_random_numbers(fake_checkout, networks):
    def boxes(seed: int | None) -> list:
        return run_frames(CheckoutTracker(fake_checkout, "noisy:one", seed=seed), [FRAME] * 4, BOX)[0].tolist()

    seed_everything(1)
    expected = random.random(), np.random.rand(), float(torch.rand(()))
    seed_everything(1)
    first = boxes(5)
    assert (random.random(), np.random.rand(), float(torch.rand(()))) == expected
    assert boxes(5) == first != boxes(6)
    drawn = []
    for fresh in (True, False):  # also where the tracker was made before the seed was set
        seed_everything(9)
        tracker = CheckoutTracker(fake_checkout, "noisy:one", seed=None)
        if not fresh:
            seed_everything(9)
        drawn.append(run_frames(tracker, [FRAME] * 4, BOX)[0].tolist())
    assert drawn[0] == drawn[1] != first


def test_two_trackers_in_turns_do_not_disturb_each_other(fake_checkout, networks):
    def tracker() -> CheckoutTracker:
        return CheckoutTracker(fake_checkout, "noisy", "one", seed=2)

    alone = run_frames(tracker(), [FRAME] * 4, BOX)[0][1:].tolist()
    pair = tracker(), tracker()
    for one in pair:
        one.initialize(FRAME, {"init_bbox": BOX})
    turns = [[one.track(FRAME)["target_bbox"] for one in pair] for _ in range(3)]
    assert [row[0] for row in turns] == [row[1] for row in turns] == alone


def test_a_tracker_is_told_its_last_answer_and_may_use_gradients(fake_checkout, networks):
    tracker = CheckoutTracker(fake_checkout, "noisy", "one")
    with torch.no_grad():
        tracker.initialize(FRAME, {"init_bbox": BOX})
        answers = [tracker.track(FRAME) for _ in range(2)]
    assert tracker.inner.seen == [BOX, answers[0]["target_bbox"]]
    assert answers[0]["object_presence_score"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "dipm:dimp18"}, "unknown tracker of .*'dipm'.*did you mean 'dimp'"),
        ({"name": "dimp:dimp81"}, "'dimp:dimp81': .*not there, allowed are dimp:dimp18; did you mean 'dimp:dimp18'"),
        ({"name": "dimp18"}, "a parameter file: did you mean 'dimp:dimp18'"),
        ({"name": "noisy"}, "got no parameter file, allowed are noisy:one, noisy:two"),
        ({"name": "static"}, "unknown tracker of .*'static'"),
        ({"name": "dimp", "device": "cuda:99"}, "device 'cuda:99': not here"),
        ({"name": "dimp", "device": "toaster"}, "not a device name"),
        ({"name": "dimp", "weights": "/no/such.pth"}, r"weights: /no/such\.pth: no such file"),
    ],
)
def test_what_cannot_be_built_says_why_and_opens_nothing(fake_checkout, networks, arguments, message):
    with pytest.raises(InputError, match=message):
        build_tracker(**arguments, pytracking=fake_checkout.root)
    assert not names_left()


def test_a_missing_network_is_named_with_the_folders_that_were_looked_in(fake_checkout, networks, tmp_path):
    (networks / "dimp18.pth").unlink()
    with pytest.raises(InputError, match=rf"its network dimp18\.pth was not found in {networks} .*--weights FILE"):
        CheckoutTracker(fake_checkout, "dimp")
    local = fake_checkout.root / "pytracking/evaluation/local.py"
    local.write_text(
        "from pytracking.evaluation.environment import EnvSettings\ndef local_env_settings():\n"
        "    settings = EnvSettings()\n"
        f"    settings.network_path = [{str(tmp_path / 'a')!r}, {str(tmp_path / 'b')!r}]\n    return settings\n"
    )
    with pytest.raises(InputError, match=f"not found in {tmp_path / 'a'} and {tmp_path / 'b'} "):
        CheckoutTracker(fake_checkout, "dimp")
    (tmp_path / "b").mkdir()
    (networks / "atom_default.pth").rename(tmp_path / "b/atom_default.pth")
    tracker = CheckoutTracker(fake_checkout, "atom")
    assert tracker.network == tmp_path / "b/atom_default.pth"
    assert run_frames(tracker, [FRAME] * 2, BOX)[0].tolist() == [BOX] * 2


def test_weights_replace_the_network_of_the_parameter_file(fake_checkout, networks, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (networks / "dimp18.pth").rename(run / "DiMPnet_ep0003.pth.tar")
    for weights in (run, run / "DiMPnet_ep0003.pth.tar"):
        tracker = CheckoutTracker(fake_checkout, "noisy:one", weights=weights)
        assert tracker.network == run / "DiMPnet_ep0003.pth.tar"
    (run / "DiMPnet_ep0003.pth.tar").write_bytes(b"no checkpoint")
    with pytest.raises(InputError, match=r"ep0003\.pth\.tar: not a checkpoint, or cut short"):
        CheckoutTracker(fake_checkout, "noisy:one", weights=run)


def test_a_network_that_is_not_finite_is_refused(fake_checkout, networks, tmp_path):
    content = read_checkpoint(networks / "dimp18.pth")
    next(value for value in content["net"].values() if value.is_floating_point()).view(-1)[0] = float("nan")
    write_checkpoint(tmp_path / "diverged.pth", content)
    with pytest.raises(InputError, match=r"diverged\.pth: 1 of \d+ tensors hold NaN or infinity: .*had diverged"):
        CheckoutTracker(fake_checkout, "noisy:one", weights=tmp_path / "diverged.pth")


def test_weights_saved_from_a_wrapper_are_taken_and_that_is_said(fake_checkout, networks, tmp_path, capsys):
    content = read_checkpoint(networks / "dimp18.pth")
    content["net"] = {f"module.{name}": value for name, value in content["net"].items()}
    write_checkpoint(tmp_path / "wrapped.pth", content)
    tracker = CheckoutTracker(fake_checkout, "noisy:one", weights=tmp_path / "wrapped.pth")
    assert tracker.network == tmp_path / "wrapped.pth"
    tracker.close()
    assert "'module.' before every name in it is left out" in capsys.readouterr().err


def test_a_parameter_file_that_does_not_run_is_named(fake_checkout, networks):
    (fake_checkout.root / "pytracking/parameter/noisy/one.py").write_text("def parameters():\n    1 / 0\n")
    (fake_checkout.root / "pytracking/parameter/noisy/two.py").write_text("import no_such_package_anywhere\n")
    for param, reason in (("one", "ZeroDivisionError: division by zero"), ("two", "needs the .*anywhere'")):
        with pytest.raises(InputError, match=f"tracker noisy:{param}: its parameter file (raises )?{reason}"):
            CheckoutTracker(fake_checkout, "noisy", param)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.track(FRAME), "called before initialize"),
        (lambda t: t.initialize(FRAME, {}), "'init_bbox' is missing"),
        (lambda t: t.initialize(FRAME[..., :2], {"init_bbox": BOX}), r"got shape \(72, 96, 2\)"),
        (lambda t: t.initialize(FRAME / 255, {"init_bbox": BOX}), "numbers of type float64"),
        (lambda t: t.initialize(FRAME, {"init_bbox": [1, 2, np.nan, 4]}), "dimp:dimp18: .*four finite numbers"),
        (lambda t: t.initialize(FRAME, {"init_bbox": [1, 2, 3]}), "four finite numbers"),
        (lambda t: t.initialize(FRAME, {"init_bbox": [1, 2, 3, -4]}), "height -4, both must be positive"),
        (lambda t: t.initialize(FRAME, {"init_bbox": [500, 2, 3, 4]}), "outside the image"),
    ],
)
def test_unusable_calls_are_refused(fake_checkout, networks, call, message):
    with pytest.raises(InputError, match=message):
        call(CheckoutTracker(fake_checkout, "dimp"))


def test_a_script_may_end_while_it_holds_a_tracker(fake_checkout, networks):
    script = (
        "from siou_tracking.bridge.checkout import find_checkout\n"
        "from siou_tracking.bridge.tracking import CheckoutTracker\n"
        f"tracker = CheckoutTracker(find_checkout({str(fake_checkout.root)!r}), 'dimp:dimp18', device='cpu')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr


def test_the_flag_that_upstream_shows_to_its_debugger_is_told(fake_checkout, networks):
    tracker = CheckoutTracker(fake_checkout, "dimp", "dimp18", device="cpu")
    tracker.initialize(FRAME, {"init_bbox": BOX})
    assert "flag" not in tracker.track(FRAME)
    tracker.inner.debug_info = {"flag": "not_found", "max_score": 0.125}
    answer = tracker.track(FRAME)
    assert (answer["flag"], answer["score"], answer["target_bbox"]) == ("not_found", 0.125, BOX)
    tracker.inner.debug_info = {"is_lost_clf": True}
    assert tracker.track(FRAME)["flag"] == "not_found"
