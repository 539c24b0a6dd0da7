"""The same with a real checkout, where the machine has one: its own run and its own evaluation give our numbers."""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.settings_search import find_checkout_settings
from siou_tracking.bridge.tracking import CheckoutTracker, checkout_trackers
from siou_tracking.bridge.training import train_checkout
from siou_tracking.cli.data.example import write_example
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import check_finite, read_checkpoint
from siou_tracking.ltr.trainers.divergence import TrainingDiverged
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from siou_tracking.scenes import write_got10k
from siou_tracking.trackers.follow import run_frames

SETTINGS = {
    "bbreg": ("atom", "atom_paper", "atom_prob_ml", "atom_gmm_sampl"),
    "dimp": ("dimp18", "dimp50", "prdimp18", "prdimp50", "super_dimp", "super_dimp_simple"),
    "tomp": ("tomp50", "tomp101"),
    "tamos": ("tamos_resnet50",),
}
ATOM = """
from torch import nn, optim
from ltr import actors
from ltr.data import LTRLoader, processing, sampler
from ltr.data import transforms as tfm
from ltr.dataset import Got10k
from ltr.models.bbreg import atom
from ltr.trainers import LTRTrainer

def run(settings):
    transform = tfm.Transform(tfm.ToTensorAndJitter(0.2), tfm.Normalize(mean=[0.4] * 3, std=[0.2] * 3))
    proposals = {"min_iou": 0.1, "boxes_per_frame": 16, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}
    process = processing.ATOMProcessing(
        search_area_factor=5.0, output_sz=288, center_jitter_factor={"train": 0, "test": 4.5},
        scale_jitter_factor={"train": 0, "test": 0.5}, mode="sequence", proposal_params=proposals, transform=transform)
    samples = sampler.ATOMSampler([Got10k(settings.env.got10k_dir, seq_ids=[0, 1])], [1], samples_per_epoch=2,
                                  max_gap=50, processing=process)
    loader = LTRLoader("train", samples, batch_size=2, shuffle=True, drop_last=True, stack_dim=1)
    net = atom.atom_resnet18(backbone_pretrained=True)
    actor = actors.AtomActor(net=net, objective=nn.MSELoss())
    optimizer = optim.Adam(net.bb_regressor.parameters(), lr=1e-3)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=15, gamma=0.2)
    LTRTrainer(actor, [loader], optimizer, settings, scheduler).train(1, load_latest=True, fail_safe=True)
"""


@pytest.fixture(autouse=True)
def untouched(pytracking_home) -> Iterator[None]:
    """Nothing may appear in the checkout, ignored files included."""

    def state() -> str:
        command = ["git", "-C", str(pytracking_home.root), "status", "--porcelain", "--ignored"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    before = state()
    yield
    assert state() == before


def test_its_trackers_and_settings_are_found(pytracking_home):
    assert {"atom:default", "dimp:dimp50", "dimp:super_dimp", "tomp:tomp101"} <= set(checkout_trackers(pytracking_home))
    for module, names in SETTINGS.items():
        for name in names:
            path = find_checkout_settings(pytracking_home, module, name).path
            assert path == pytracking_home.root / "ltr/train_settings" / module / f"{name}.py"


@pytest.mark.slow
def test_a_training_step_is_the_checkouts_own_to_the_last_bit(pytracking_home, tmp_path):
    write_got10k(tmp_path / "got10k", "train", 2, length=22, size=(160, 120), progress=False)
    file = tmp_path / "mine" / "atom.py"
    file.parent.mkdir()
    file.write_text(ATOM)
    data = {"got10k": tmp_path / "got10k"}
    with checkout_session(pytracking_home, build_environment(tmp_path / "own", data), pretrained=False, announce=False):
        settings = importlib.import_module("ltr.admin.settings").Settings()
        settings.module_name, settings.script_name, settings.project_path = "mine", "atom", "ltr/mine/atom"
        scope: dict = {}
        exec(ATOM, scope)
        seed_everything(4)
        scope["run"](settings)
    theirs = read_checkpoint(tmp_path / "own/checkpoints/ltr/mine/atom/ATOMnet_ep0001.pth.tar")
    options = {"data": data, "workspace": tmp_path / "ours", "seed": 4, "pretrained": False, "quiet": True}
    ours = train_checkout(pytracking_home, TrainRequest(file, **options))
    assert ours.stats["train"] == {key: value.history for key, value in theirs["stats"]["train"].items()}
    net = read_checkpoint(ours.checkpoint)["net"]
    assert all(torch.equal(net[key], value) for key, value in theirs["net"].items())
    flagged = train_checkout(pytracking_home, TrainRequest(file, box_loss=BoxLossChoice("smooth_iou"), **options))
    assert flagged.project_path == "ltr/mine/atom_smooth_iou"
    assert flagged.stats["train"]["Loss/iou"] != ours.stats["train"]["Loss/iou"]


@pytest.mark.slow
def test_a_late_line_is_learned_in_a_folder_of_its_own_and_divergence_ends_the_run(pytracking_home, tmp_path):
    write_got10k(tmp_path / "got10k", "train", 2, length=22, size=(160, 120), progress=False)
    folder = tmp_path / "mine"
    folder.mkdir()
    made = "LTRTrainer(actor, [loader], optimizer, settings, scheduler)"
    late = f"trainer = {made}\n    from siou_tracking import use_box_loss\n    use_box_loss(settings, 'smooth_iou')\n"
    (folder / "late.py").write_text(ATOM.replace(f"{made}.train", f"{late}    trainer.train"))
    diverging = ATOM.replace("optim.Adam(", "optim.SGD(").replace("lr=1e-3", "lr=1e12").replace("train(1,", "train(3,")
    (folder / "diverging.py").write_text(diverging)
    options = {"data": {"got10k": tmp_path / "got10k"}, "workspace": tmp_path / "w", "pretrained": False, "quiet": True}
    result = train_checkout(pytracking_home, TrainRequest(folder / "late.py", **options))
    assert read_checkpoint(result.checkpoint)["settings"].box_loss_choice["name"] == "smooth_iou"
    for kind in ("checkpoints", "tensorboard"):
        assert [path.name for path in (tmp_path / "w" / kind / "ltr/mine").iterdir()] == ["late_smooth_iou"]
    with pytest.raises(TrainingDiverged, match=r"epoch [123]"):
        train_checkout(pytracking_home, TrainRequest(folder / "diverging.py", **options))
    for path in (tmp_path / "w/checkpoints/ltr/mine").glob("diverging/*"):
        check_finite(read_checkpoint(path)["net"], path)


@pytest.mark.slow
def test_its_dimp18_trains_on_the_example_data_of_which_every_list_names_more(pytracking_home, tmp_path, capsys):
    write_example(tmp_path / "example", frames=24, progress=False)
    for module, name in (("dimp", "dimp18"), ("bbreg", "atom")):
        request = TrainRequest(
            *(module, name),
            box_loss=BoxLossChoice("smooth_iou"),
            data={"all": tmp_path / "example"},
            workspace=tmp_path / "w",
            **{"epochs": 1, "samples_per_epoch": 2, "batch_size": 2, "workers": 0, "pretrained": False},
        )
        result = train_checkout(pytracking_home, request)
        assert np.isfinite(result.stats["train"]["Loss/total"]).all()
    assert "1117 of 1120 sequences are left out" in capsys.readouterr().err


@pytest.fixture
def frames(tmp_path: Path) -> list[Path]:
    """Six images of a textured square that moves."""
    texture = np.random.default_rng(0).integers(0, 255, (30, 30, 3), dtype=np.uint8)
    paths = [tmp_path / f"{number:08d}.png" for number in range(1, 7)]
    for number, path in enumerate(paths):
        image = np.full((150, 200, 3), 70, np.uint8)
        image[60:90, 40 + 4 * number : 70 + 4 * number] = texture
        cv2.imwrite(str(path), image)
    return paths


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "param", "module", "build"),
    [
        ("dimp", "dimp18", "ltr.models.tracking.dimpnet", "dimpnet18"),
        ("atom", "default", "ltr.models.bbreg.atom", "atom_resnet18"),
    ],
)
def test_boxes_are_those_of_the_checkouts_own_evaluation(pytracking_home, frames, tmp_path, name, param, module, build):
    network = tmp_path / "network.pth"
    folders = {"network_path": str(tmp_path), "results_path": str(tmp_path / "results")}
    with checkout_session(pytracking_home, tracking=folders, pretrained=False, announce=False):
        seed_everything(0)
        net = getattr(importlib.import_module(module), build)(backbone_pretrained=False)
        torch.save({"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor}, network)
        theirs = own_evaluation(name, param, network, frames)
    images = [cv2.imread(str(path))[:, :, ::-1] for path in frames]
    ours, _ = run_frames(
        CheckoutTracker(pytracking_home, name, param, network, "cpu", seed=3), images, [40, 60, 30, 30]
    )
    assert ours.tolist() == [list(map(float, box)) for box in theirs]
    assert ours.tolist()[1:] != [[40, 60, 30, 30]] * 5


def own_evaluation(name: str, param: str, network: Path, frames: list[Path]) -> list[list[float]]:
    """Boxes of `pytracking.evaluation.Tracker.run_sequence`, on the CPU, drawing from seed 3 once the net is loaded."""
    evaluation = importlib.import_module("pytracking.evaluation")
    tracker = evaluation.Tracker(name, param)
    read, create = tracker.get_parameters, tracker.create_tracker

    def on_the_cpu():
        params = read()
        params.use_gpu = False
        for holder in [params.net] if hasattr(params, "net") else params.features.features:
            holder.use_gpu, holder.net_path = False, str(network)
        return params

    def loaded(params):
        made = create(params)
        made.initialize_features()
        seed_everything(3)
        return made

    tracker.get_parameters, tracker.create_tracker = on_the_cpu, loaded
    truth = np.array([[40, 60, 30, 30]] * len(frames), dtype=np.float64)
    sequence = evaluation.Sequence("square", [str(path) for path in frames], "mine", truth)
    return tracker.run_sequence(sequence)["target_bbox"]
