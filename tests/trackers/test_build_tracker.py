import sys

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.trackers import available_trackers, build_tracker
from siou_tracking.trackers.follow import run_frames
from tests.mot.tracking.tracked import write_network


def test_static_repeats_the_first_box(square_sequence):
    frames, truth = square_sequence
    boxes, _ = run_frames(build_tracker("static"), frames, truth[0])
    assert (boxes == truth[0]).all()


@pytest.mark.parametrize("name", [name for name in available_trackers() if name.startswith("opencv-")])
def test_opencv_trackers_return_a_finite_box_for_every_frame(square_sequence, name):
    frames, _ = square_sequence
    boxes, _ = run_frames(build_tracker(name), frames[:4], [-4, 60, 32, 24])
    assert np.isfinite(boxes).all() and (boxes[:, 2:] > 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "atm"}, "did you mean 'atom'"),
        ({"name": "atom:light", "weights": "x"}, "did you mean 'lite'"),
        ({"name": "atom"}, "weights: tracker atom: got none"),
        ({"name": "atom", "weights": "no/such.pth.tar"}, "not found"),
        ({"name": "atom:lite", "param": "lite", "weights": "x"}, "as well"),
        ({"name": "atom", "weights": "x", "device": "toaster"}, "device 'toaster': not a device name"),
        ({"name": "static", "device": "cuda:99"}, "device 'cuda:99': not here"),
        ({"name": "static", "param": "fast"}, "allowed is none"),
        ({"name": "static", "amp": "bf16"}, "amp bf16: tracker static: allowed for atom, dimp, tomp of this package"),
        ({"name": "opencv-mil", "compiled": True}, "compile: tracker opencv-mil: allowed for atom, dimp, tomp"),
        ({"name": "atom:default", "pytracking": "x", "amp": "bf16"}, "amp bf16: tracker of a checkout: allowed for"),
        ({"name": "static", "weights": "x.pth"}, "it takes none"),
        ({"name": "no_such_module_here:Tracker"}, "no module named"),
        ({"name": "json:Tracker"}, "no class 'Tracker'"),
        ({"name": "json:JSONDecoder"}, "initialize/track or with init/update"),
    ],
)
def test_what_cannot_be_built_says_why(arguments, message):
    with pytest.raises(InputError, match=message):
        build_tracker(**arguments)


def test_weights_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "other.pth.tar"
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(InputError):
        build_tracker("atom", weights=path)


def test_a_network_of_many_objects_is_named_with_its_verb(tmp_path, monkeypatch):
    write_network(tmp_path / "mot.pth.tar")
    with pytest.raises(InputError, match=r"got a MOTNet, allowed is an ATOMnet .* many objects, which .*mot track"):
        build_tracker("atom", weights=tmp_path / "mot.pth.tar")
    monkeypatch.delitem(sys.modules, "siou_tracking.mot.models.net")  # as from the command line of `track`
    with pytest.raises(InputError, match=r"got network MOTNet \(mot_net\); it is of many objects, which .*mot track"):
        build_tracker("atom", weights=tmp_path / "mot.pth.tar")


OWN = """
class Mine:
    def __init__(self, seed, device=None):
        self.seed = seed
    def initialize(self, image, info):
        self.box = info["init_bbox"]
    def track(self, image, info=None):
        x, y, w, h = self.box
        return {"target_bbox": [x + self.seed, y, w, h]}

class Theirs:
    def init(self, image, box):
        self.size, self.box = image.size, box
    def update(self, image):
        assert image.size == self.size
        return self.box + 1

class Needy:
    def __init__(self, model_file):
        pass
"""


def test_a_class_of_the_users_own_is_found_in_the_current_folder(tmp_path, monkeypatch, square_sequence):
    frames, truth = square_sequence
    (tmp_path / "own_trackers_for_test.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    mine, _ = run_frames(build_tracker("own_trackers_for_test:Mine", seed=3), frames[:2], truth[0])
    assert (mine[1] - truth[0]).tolist() == [3, 0, 0, 0]
    theirs, _ = run_frames(build_tracker("own_trackers_for_test:Theirs"), frames[:2], truth[0])
    assert (theirs[1] - truth[0]).tolist() == [1, 1, 1, 1]
    with pytest.raises(InputError, match="constructor needs model_file"):
        build_tracker("own_trackers_for_test:Needy")
