"""A checkout's own trainer learns the box loss asked for, by flag or by one line, and is as it was afterwards."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import siou_tracking
from siou_tracking.bridge.checkout import LAYOUTS, Checkout
from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.retarget import retargeting, use_box_loss
from siou_tracking.bridge.run_overrides import overriding
from siou_tracking.bridge.session import checkout_session
from siou_tracking.errors import InputError
from siou_tracking.losses import smooth_iou
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.settings_files import find_settings
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from tests.bridge.fake_checkout import files_of

SMOOTH_IOU = BoxLossChoice("smooth_iou")
LINE = "import ltr.train_settings.{module}.{name} as original\nfrom siou_tracking import use_box_loss\n\n\n"
# The fake checkout's setting of the same family, for each setting that we bring.
FAMILY = {
    "bbreg": {"atom": "atom", "atom_paper": "atom", "atom_gmm_sampl": "atom"},
    "dimp": {
        "dimp18": "dimp18",
        "dimp50": "dimp18",
        "prdimp18": "prdimp18",
        "prdimp50": "prdimp18",
        "super_dimp": "prdimp18",
        "super_dimp_simple": "prdimp18",
    },
    "tomp": {"tomp50": "tomp50", "tomp101": "tomp50"},
    "tamos": {"tamos_resnet50": "tomp50", "tamos_swin_base": "tomp50"},
}


class Runs:
    """The fake checkout's own `run_training`, in sessions."""

    def __init__(self, checkout: Checkout, data: Path, workspace: Path) -> None:
        self.checkout, self.workspace = checkout, workspace
        self.environment = build_environment(workspace, {"got10k": data})

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        with checkout_session(self.checkout, self.environment, pretrained=False, announce=False):
            yield

    def train(self, module: str, name: str, flag: BoxLossChoice | None = None) -> None:
        """By the checkout's own `run_training`."""
        seed_everything(0)
        with contextlib.nullcontext() if flag is None else retargeting(LAYOUTS[0], flag):
            importlib.import_module("ltr.run_training").run_training(module, name)

    def last(self, path: str) -> dict:
        """The newest checkpoint of a project path."""
        return read_checkpoint(sorted((self.workspace / "checkpoints" / "ltr" / path).iterdir())[-1])

    def write(self, module: str, name: str, text: str) -> None:
        """A settings file in the checkout."""
        (self.checkout.root / "ltr" / "train_settings" / module / f"{name}.py").write_text(text)

    def write_line(self, original: str, call: str) -> None:
        """A settings file bbreg mine that trains `original` with `use_box_loss(settings, <call>)`."""
        module, name = original.split(".")
        body = f"def run(settings):\n    use_box_loss(settings, {call})\n    original.run(settings)\n"
        self.write("bbreg", "mine", LINE.format(module=module, name=name) + body)


@pytest.fixture
def runs(fake_checkout: Checkout, tiny_got10k: Path, tmp_path: Path) -> Runs:
    return Runs(fake_checkout, tiny_got10k, tmp_path / "workspace")


def hooked() -> list[str]:
    """Which of the two methods of the checkout in session are not its own."""
    trainer = importlib.import_module("ltr.trainers").BaseTrainer
    return [name for name in ("__init__", "train") if hasattr(vars(trainer)[name], "__wrapped__")]


def test_flag_trains_in_a_folder_of_its_own_and_files_what_was_trained(runs: Runs):
    with runs.session():
        runs.train("bbreg", "atom", BoxLossChoice("smooth_iou", {"sharpness": 8.0}))
    state = runs.last("bbreg/atom_smooth_iou")
    assert not (runs.workspace / "checkpoints/ltr/bbreg/atom").exists()
    assert (state["actor_type"], state["net_type"], state["epoch"]) == ("AtomActor", "ATOMnet", 2)
    assert state["settings"].box_loss_choice == {
        "name": "smooth_iou",
        "role": "score",
        "params": {"sharpness": 8.0, "divergence": "bhattacharyya"},
        "weight": None,
    }
    assert {"Loss/total", "Loss/iou", "IoU/mean", "IoU/top_scored"} <= set(state["stats"]["train"])
    assert all(isinstance(value, float) for value in state["stats"]["train"]["IoU/mean"].history)


def test_a_checkpoint_names_no_class_of_this_package(runs: Runs):
    with runs.session():
        runs.train("dimp", "prdimp18", SMOOTH_IOU)
    for path in runs.workspace.rglob("*.pth.tar"):
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        assert names and not any(name.startswith("siou") for name in names), names


def test_without_a_choice_nothing_is_replaced_and_no_bit_changes(runs: Runs):
    with runs.session():
        runs.train("dimp", "dimp18")
        theirs = runs.last("dimp/dimp18")
        shutil.rmtree(runs.workspace / "checkpoints")
        with retargeting(LAYOUTS[0]):
            assert hooked() == []
            runs.train("dimp", "dimp18")
    ours = runs.last("dimp/dimp18")
    assert all(torch.equal(tensor, ours["net"][name]) for name, tensor in theirs["net"].items())
    assert ours["stats"]["train"]["Loss/total"].history == theirs["stats"]["train"]["Loss/total"].history
    assert set(ours["stats"]["train"]) == set(theirs["stats"]["train"])


@pytest.mark.parametrize(("module", "name"), [(m, n) for m, names in FAMILY.items() for n in names])
def test_our_settings_run_unchanged_beside_the_checkouts_own(runs: Runs, module: str, name: str):
    folder = runs.checkout.root / "ltr" / "train_settings"
    like = FAMILY[module][name]
    source = folder / ("tomp" if like == "tomp50" else module) / f"{like}.py"
    (folder / module).mkdir(exist_ok=True)
    (folder / module / "__init__.py").touch()
    runs.write(module, name, source.read_text().replace("train(2,", "train(1,"))
    runs.write(module, f"{name}_smooth_iou", find_settings(module, f"{name}_smooth_iou").path.read_text())
    before = files_of(runs.checkout.root)
    with runs.session():
        runs.train(module, f"{name}_smooth_iou")
        assert hooked() == ["__init__", "train"]
    state = runs.last(f"{module}/{name}_smooth_iou")
    role = {"atom": "score", "dimp18": "score", "prdimp18": "density", "tomp50": "loss"}[like]
    assert state["settings"].box_loss_choice["role"] == role
    assert "IoU/mean" in state["stats"]["train"]
    assert files_of(runs.checkout.root) == before


def test_the_line_under_our_command_is_undone_with_the_block(runs: Runs):
    runs.write_line("bbreg.atom", "'smooth_iou'")
    with runs.session():
        with retargeting(LAYOUTS[0]):
            runs.train("bbreg", "mine")
            assert hooked() == ["__init__", "train"]
        assert hooked() == []
    assert runs.last("bbreg/mine_smooth_iou")["settings"].box_loss == "smooth_iou"


def test_flag_wins_over_the_line(runs: Runs):
    runs.write_line("bbreg.atom", "'giou'")
    with runs.session():
        runs.train("bbreg", "mine", SMOOTH_IOU)
    assert runs.last("bbreg/mine_smooth_iou")["settings"].box_loss_choice["name"] == "smooth_iou"


def test_everything_is_undone_after_an_error(runs: Runs):
    with runs.session():
        with pytest.raises(RuntimeError), retargeting(LAYOUTS[0], SMOOTH_IOU):
            assert hooked() == ["__init__", "train"]
            raise RuntimeError
        assert hooked() == []


def test_a_line_read_while_other_changes_are_in_force_is_undone_with_them(runs: Runs):
    runs.write_line("bbreg.atom", "'smooth_iou'")
    request = TrainRequest("bbreg", "mine")
    for blocks in (
        (retargeting(LAYOUTS[0]), overriding(LAYOUTS[0], request)),
        (overriding(LAYOUTS[0], request), retargeting(LAYOUTS[0])),
    ):
        shutil.rmtree(runs.workspace, ignore_errors=True)
        with runs.session():
            with blocks[0], blocks[1]:
                runs.train("bbreg", "mine")
            assert hooked() == []


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [("kys", "kys", "KYSActor: trains no box term"), ("lwl", "lwl_stage1", "LWLActor: learns masks")],
)
def test_trackers_that_cannot_are_refused_before_anything_is_written(runs: Runs, module: str, name: str, message: str):
    refused = pytest.raises(InputError, match=message)
    with runs.session(), refused:
        runs.train(module, name, SMOOTH_IOU)
    assert not (runs.workspace / "checkpoints").exists()


@pytest.mark.parametrize("by", ["flag", "line"])
def test_an_error_in_training_reaches_the_user(runs: Runs, by: str):
    """The checkout alone prints it ten times and ends as if nothing had happened."""
    broken = runs.checkout.root / "ltr" / "train_settings" / "bbreg" / "atom.py"
    broken.write_text(broken.read_text().replace("nn.MSELoss()", "nn.NLLLoss()"))
    runs.write_line("bbreg.atom", "'smooth_iou'")
    with runs.session():
        if by == "flag":
            with pytest.raises((RuntimeError, ValueError)):
                runs.train("bbreg", "atom", SMOOTH_IOU)
        else:
            with pytest.raises((RuntimeError, ValueError)):
                runs.train("bbreg", "mine")


def test_the_line_lets_a_run_of_the_checkouts_own_continue_and_end_well(runs: Runs, capsys):
    runs.write_line("bbreg.atom", "'smooth_iou'")
    path = runs.checkout.root / "ltr" / "train_settings" / "bbreg" / "atom.py"
    with runs.session():
        runs.train("bbreg", "mine")
    path.write_text(path.read_text().replace("train(2,", "train(3,"))
    with runs.session():
        runs.train("bbreg", "mine")
    printed = capsys.readouterr().out
    assert "continuing from epoch 2" in printed
    assert "crashed" not in printed
    assert runs.last("bbreg/mine_smooth_iou")["epoch"] == 3


@pytest.mark.parametrize(("module", "name"), [("bbreg", "atom"), ("dimp", "dimp18"), ("tomp", "tomp50")])
def test_the_packages_settings_run_unchanged_in_the_checkouts_folder(runs: Runs, module: str, name: str):
    ours = find_settings(module, f"{name}_smooth_iou").path
    shutil.copy(ours, runs.checkout.root / "ltr" / "train_settings" / module / f"{name}_smooth_iou.py")
    with runs.session():
        runs.train(module, f"{name}_smooth_iou")
    assert runs.last(f"{module}/{name}_smooth_iou")["settings"].box_loss_choice["name"] == "smooth_iou"


def test_the_line_never_continues_a_run_of_another_box_loss(runs: Runs):
    for sharpness in (4.0, 9.0):
        runs.write_line("bbreg.atom", f"'smooth_iou', sharpness={sharpness}")
        with runs.session():
            if sharpness == 4.0:
                runs.train("bbreg", "mine")
                continue
            with pytest.raises(InputError, match=r"sharpness 4.0.*asks for box loss smooth_iou \(sharpness 9.0"):
                runs.train("bbreg", "mine")
    assert runs.last("bbreg/mine_smooth_iou")["settings"].box_loss_params == {"sharpness": 4.0}


def test_the_proposals_of_a_checkout_get_the_similarity_as_target(runs: Runs):
    seen = []
    with runs.session():
        actor = importlib.import_module("ltr.actors").AtomActor
        call = actor.__call__
        actor.__call__ = lambda self, data: seen.append(data.copy()) or call(self, data)
        runs.train("bbreg", "atom", SMOOTH_IOU)
    for data in seen:
        target = smooth_iou(data["test_proposals"], data["test_anno"].unsqueeze(2), "xywh", sharpness=32.0)
        assert torch.equal(data["proposal_iou"], 2 * target - 1)
    assert len(seen) >= 4


def test_the_line_is_exported_and_only_stores_for_the_embedded_engine(tmp_path: Path):
    assert siou_tracking.use_box_loss is use_box_loss
    settings = Settings(build_environment(tmp_path))
    use_box_loss(settings, "siou", sharpness=2.0)
    assert (settings.box_loss, settings.box_loss_params) == ("smooth_iou", {"sharpness": 2.0})


def test_settings_of_nobody_are_refused():
    with pytest.raises(InputError, match="no training package is importable as 'ltr'"):
        use_box_loss(SimpleNamespace(), "smooth_iou")


def test_a_refused_run_of_the_checkouts_own_ends_with_an_error_status(runs: Runs, tiny_got10k: Path):
    runs.write_line("kys.kys", "'smooth_iou'")
    script = f"""
from siou_tracking.bridge.checkout import LAYOUTS, find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.settings_search import find_checkout_settings
folders = {{"workspace_dir": {str(runs.workspace)!r}, "got10k_dir": {runs.environment.got10k_dir!r}}}
with checkout_session(find_checkout({str(runs.checkout.root)!r}), folders, pretrained=False):
    import ltr.run_training
    ltr.run_training.run_training("bbreg", "mine")
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.rstrip().splitlines()[-1].endswith("put its checkpoint where the kys settings read dimp50.pth")
