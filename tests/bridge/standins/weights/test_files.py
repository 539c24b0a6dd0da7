"""Weights that networks of a checkout ask for: the user's, its own, none, or one line on what is missing."""

from __future__ import annotations

import importlib
import sys
import urllib.error

import numpy as np
import pytest
import torch
from torch import nn

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.standins.weights.absent import NoWeights
from siou_tracking.bridge.standins.weights.files import weight_files
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.backbone.pretrained import FOLDER_VARIABLE, pretrained_weights
from tests.bridge.third_layout import ThirdLayout

KIN = ThirdLayout("kin")
URL = "https://host/files/mae.pth?download=1"
FILES = {
    "utils/misc.py": "def is_main_process():\n    return True\n",
    "models/net.py": f"""
import numpy, torch
from torch import nn
from torch.hub import load_state_dict_from_url
from kin.utils.misc import is_main_process

def plain(path):
    net = nn.Linear(2, 1)
    net.load_state_dict(torch.load(path, map_location="cpu")["model"], strict=True)
    return net

def renamed(path):
    net = nn.Linear(2, 1)
    kept = {{}}
    for name, value in torch.load(path)["model"].items():
        kept[name] = value
    missing, unexpected = net.load_state_dict(kept, strict=False)
    net.missing = missing
    return net

def downloaded(path):
    net = nn.Linear(2, 1)
    net.load_state_dict(load_state_dict_from_url("{URL}", map_location="cpu")["model"])
    return net

def on_rank_zero(path):
    return computing(path) if is_main_process() else nn.Linear(2, 1)

def computing(path):
    weights = torch.load(path)["model"]
    weights["weight"] = weights["weight"].float() * 2
    return plain(path)

def cautious(path):
    try:
        return plain(path)
    except Exception:
        return nn.Linear(2, 1)

def arrays(path):
    return torch.from_numpy(numpy.load(path)["w"].transpose([1, 0]))
""",
    "test/tracker.py": """
import torch
from kin.models import net

def track(build, path, checkpoint):
    network = getattr(net, build)(path)
    network.load_state_dict(torch.load(checkpoint)["net"], strict=True)
    return network
""",
    "train/trainers/base_trainer.py": """
class BaseTrainer:
    def __init__(self, actor):
        self.actor = actor
""",
}
STATE = {"weight": torch.tensor([[3.0, 4.0]]), "bias": torch.tensor([5.0])}


@pytest.fixture
def kin(tmp_path, monkeypatch):
    """Opens the stand-in on a fake checkout; gives a function that imports a module of it."""
    root = tmp_path / "checkout"
    for name, text in FILES.items():
        path = root / "kin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(root)
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    patches = Patches()

    def start(pretrained=True):
        found = weight_files(Sources(root, KIN, frozenset()), pretrained)
        found.apply(patches)
        for name, change in found.after_import.items():
            if name.startswith("kin."):
                change(importlib.import_module(name), patches)
        return lambda module: importlib.import_module(f"kin.{module}")

    start.root = root
    yield start
    patches.undo()
    for name in [name for name in sys.modules if name.partition(".")[0] == "kin"]:
        del sys.modules[name]


def save(path, key="model"):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({key: STATE}, path)
    return path


def is_state(net):
    return all(torch.equal(net.state_dict()[name], value) for name, value in STATE.items())


@pytest.mark.parametrize("build", ["plain", "renamed", "downloaded", "on_rank_zero", "cautious"])
def test_without_pretrained_weights_networks_stay_as_they_were_drawn(kin, tmp_path, build):
    net = kin(pretrained=False)("models.net")
    torch.manual_seed(1)
    expected = nn.Linear(2, 1)
    torch.manual_seed(1)
    found = getattr(net, build)("/YOUR/DIR/mae.pth")
    assert torch.equal(found.weight, expected.weight) and torch.equal(found.bias, expected.bias)
    if build == "renamed":
        assert found.missing == ["weight", "bias"]


def test_a_file_that_is_there_is_not_read_where_none_is_wanted(kin, tmp_path):
    assert not is_state(kin(pretrained=False)("models.net").plain(save(tmp_path / "mae.pth")))


@pytest.mark.parametrize(("build", "name"), [("computing", "mae.pth"), ("arrays", "vit.npz")])
def test_networks_that_compute_with_the_weights_are_refused(kin, build, name):
    with pytest.raises(InputError, match=rf"^--no-pretrained: /DIR/{name}: the checkout computes with its content"):
        getattr(kin(pretrained=False)("models.net"), build)(f"/DIR/{name}")


@pytest.mark.parametrize("pretrained", [True, False])
@pytest.mark.parametrize("build", ["plain", "renamed", "downloaded", "on_rank_zero"])
def test_a_network_to_track_asks_for_nothing_and_gets_its_checkpoint(kin, tmp_path, pretrained, build):
    checkpoint = save(tmp_path / "net.pth.tar", "net")
    assert is_state(kin(pretrained)("test.tracker").track(build, "/absent/mae.pth", checkpoint))


def test_a_checkpoint_must_be_there_and_fit(kin, tmp_path):
    track = kin(pretrained=False)("test.tracker").track
    with pytest.raises(FileNotFoundError):
        track("plain", "/absent/mae.pth", tmp_path / "absent.pth.tar")
    torch.save({"net": {}}, tmp_path / "empty.pth.tar")
    with pytest.raises(RuntimeError, match="Missing key"):
        track("plain", "/absent/mae.pth", tmp_path / "empty.pth.tar")


def test_the_file_at_its_place_is_read_and_a_relative_one_in_the_checkout_too(kin, tmp_path, monkeypatch):
    net = kin()("models.net")
    save(kin.root / "pretrained" / "mae.pth")
    monkeypatch.chdir(tmp_path)
    assert is_state(net.plain(kin.root / "pretrained" / "mae.pth")) and is_state(net.plain("pretrained/mae.pth"))


@pytest.mark.parametrize("given", ["file", "folder", "variable"])
@pytest.mark.parametrize("build", ["plain", "downloaded"])
def test_the_users_own_file_is_taken(kin, tmp_path, monkeypatch, given, build):
    net, own = kin()("models.net"), save(tmp_path / "own" / "mae.pth")
    if given == "variable":
        monkeypatch.setenv(FOLDER_VARIABLE, str(own.parent))
    source = {"file": own, "folder": own.parent, "variable": True}[given]
    with pretrained_weights(source):
        assert is_state(getattr(net, build)("/YOUR/DIR/mae.pth"))


def test_one_file_answers_for_one_name_and_a_folder_must_have_it(kin, tmp_path):
    net, own = kin()("models.net"), save(tmp_path / "own" / "mine.pth")
    with pretrained_weights(own):
        assert is_state(net.plain("/DIR/mae.pth")) and is_state(net.plain("/DIR/mae.pth"))
        with pytest.raises(InputError, match=r"asks for mae\.pth and deit\.pth: give a folder with both"):
            net.plain("/DIR/deit.pth")
    with pretrained_weights(own.parent), pytest.raises(InputError, match=r"^--pretrained: \S+own: no file mae\.pth"):
        net.plain("/DIR/mae.pth")


def test_an_absent_file_is_named_with_its_place_and_where_it_comes_from(kin):
    net, place = kin()("models.net"), kin.root / "kin" / "models" / ".." / ".." / "pretrained_models" / "mae.pth"
    with pytest.raises(InputError) as caught:
        net.plain(str(place))
    assert str(caught.value) == (
        f"pretrained weights: mae.pth: not found at {kin.root}/pretrained_models/mae.pth: put it there or give "
        "--pretrained FILE; --no-pretrained starts from random weights"
    )
    (kin.root / "README.md").write_text("Download [MAE](https://host/mae.pth) into `pretrained_models`.\n")
    with pytest.raises(InputError, match=r"give --pretrained FILE \(from https://host/mae\.pth\); --no-pretrained"):
        net.plain(str(place))


def test_a_download_that_fails_is_one_line(kin, monkeypatch):
    def fail(*args, **options):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    with pytest.raises(
        InputError, match=r"^pretrained weights: mae\.pth: not on this machine, and the download of http"
    ):
        kin()("models.net").downloaded(None)


def test_an_error_that_a_network_swallows_ends_the_run_before_it_trains(kin, tmp_path):
    load = kin()
    net, trainer = load("models.net"), load("train.trainers.base_trainer").BaseTrainer
    net.cautious("/DIR/mae.pth")
    with pytest.raises(InputError, match=r"mae\.pth: not found"):
        trainer(actor=None)
    net.cautious(save(tmp_path / "second.pth"))  # the checkout's second choice is there
    assert trainer(actor=1).actor == 1


def test_other_code_reads_as_ever(kin, tmp_path):
    kin(pretrained=False)
    np.save(tmp_path / "x.npy", np.arange(3))
    assert np.load(tmp_path / "x.npy").tolist() == [0, 1, 2] and is_state_file(save(tmp_path / "x.pth"))
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "absent.pth")
    with pytest.raises(RuntimeError, match="Missing key"):
        nn.Linear(1, 1).load_state_dict({})


def is_state_file(path):
    return torch.equal(torch.load(path)["model"]["bias"], STATE["bias"])


@pytest.mark.parametrize(
    "use",
    [
        lambda w: w["a"].shape,
        lambda w: w["a"][:, 1:],
        lambda w: w["a"] * 2,
        lambda w: torch.cat([w["a"], w["b"]]),
        lambda w: nn.functional.interpolate(w["a"], 3),
        lambda w: torch.zeros(2) + w["a"],
        lambda w: w.pop("a").float(),
    ],
)
def test_every_use_of_absent_weights_names_their_file(use):
    with pytest.raises(InputError, match=r"^--no-pretrained: \S+: "):
        use(NoWeights("x.pth"))


def test_absent_weights_are_empty_all_the_way_down():
    weights = NoWeights("x.pth")
    del weights["head.bias"]
    assert not weights and not list(weights["model"]["net"].items()) and weights.pop("epoch", 3) == 3
