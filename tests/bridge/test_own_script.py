"""`use_box_loss` as one line of a training script of the kin that their own `run_training.py` started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from siou_tracking.ltr.admin.loading import read_checkpoint

ROOT = Path(__file__).resolve().parents[2]
LINE = (
    'from siou_tracking import use_box_loss\n    use_box_loss(settings, {call})\n    settings.description = "Training'
)
LOCAL = "class EnvironmentSettings:\n    workspace_dir = {workspace!r}\n    tensorboard_dir = {workspace!r}\n"
START = """
import sys
from importlib.machinery import ModuleSpec

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.standins import plan

# what this machine lacks, as if it were installed
for stand_in in plan(find_checkout({root!r})):
    for name, make in stand_in.modules.items():
        sys.modules[name] = make(name)
        sys.modules[name].__spec__ = ModuleSpec(name, None)
sys.path[:0] = [{root!r}, {root!r} + "/lib/train"]
from lib.train.run_training import run_training

run_training({script!r}, {config!r}, save_dir={workspace!r}, base_seed=0)
"""


class Own:
    """The fake checkout as its user would have it: on a machine with everything, with a `local.py`, and the line."""

    def __init__(self, root: Path, data: Path, workspace: Path) -> None:
        self.root, self.workspace = root, workspace
        self.script = root / "lib" / "train" / "train_script.py"
        self.edit("net.cuda()", "net.cpu()")  # as if the CPU were its GPU
        for actor in (root / "lib" / "train" / "actors").glob("*.py"):
            actor.write_text(actor.read_text().replace(".cuda()", ""))
        self.edit('torch.device("cuda:0")', 'torch.device("cpu")')
        local = LOCAL.format(workspace=str(workspace)) + f"    got10k_dir = {str(data / 'train')!r}\n"
        (root / "lib" / "train" / "admin" / "local.py").write_text(local)

    def edit(self, old: str, new: str) -> None:
        text = self.script.read_text()
        assert old in text
        self.script.write_text(text.replace(old, new))

    def ask(self, call: str) -> None:
        self.edit('settings.description = "Training', LINE.format(call=call))

    def run(self, script: str = "ostrack", config: str = "vitb_256") -> subprocess.CompletedProcess[str]:
        code = START.format(root=str(self.root), script=script, config=config, workspace=str(self.workspace))
        paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        return subprocess.run([sys.executable, "-c", code], env=paths, capture_output=True, text=True, cwd=self.root)

    def checkpoints(self) -> list[Path]:
        return sorted((self.workspace / "checkpoints").rglob("*.pth.tar"))


@pytest.fixture
def own(fake_kin, tiny_got10k, tmp_path):
    return Own(fake_kin.root, tiny_got10k, tmp_path / "workspace")


def test_the_line_trains_in_a_folder_with_a_log_of_its_own_and_continues(own):
    assert own.run().returncode == 0
    own.ask("'smooth_iou', sharpness=8.0")
    done = own.run()
    assert done.returncode == 0, done.stderr
    assert "giou of OSTrackActor -> smooth_iou" in done.stderr + done.stdout
    folder = own.workspace / "checkpoints" / "train" / "ostrack" / "vitb_256_smooth_iou"
    assert [path.parent == folder for path in own.checkpoints()] == [False, True]
    assert {path.name for path in (own.workspace / "logs").iterdir()} == {
        "ostrack-vitb_256.log",
        "ostrack-vitb_256_smooth_iou.log",
    }
    baseline, state = (read_checkpoint(path) for path in own.checkpoints())
    assert state["settings"].box_loss_choice["params"] == {"sharpness": 8.0, "divergence": "bhattacharyya"}
    losses = [content["stats"]["train"]["Loss/giou"].history for content in (baseline, state)]
    assert len(losses[0]) == len(losses[1]) == 2 and losses[0] != losses[1]
    own.edit("cfg.TRAIN.EPOCH, load_latest", "3, load_latest")
    again = own.run()
    assert again.returncode == 0 and "continuing from epoch 2" in again.stdout + again.stderr


def test_the_line_never_continues_a_run_of_another_box_loss(own):
    own.ask("'smooth_iou'")
    assert own.run().returncode == 0
    own.edit("'smooth_iou'", "'smooth_iou', sharpness=9.0")
    done = own.run()
    assert done.returncode != 0
    assert "asks for box loss smooth_iou (sharpness 9.0" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("script", "said"),
    [("stark_st2", "STARKSTActor: trains only the score head"), ("mixformer_vit_online", "trains only the score head")],
)
def test_what_trains_no_boxes_is_refused_with_an_error_status(own, script, said):
    own.ask("'smooth_iou'")
    done = own.run(script, "baseline")
    assert done.returncode != 0 and said in done.stderr.splitlines()[-1]
    assert own.checkpoints() == []


@pytest.mark.parametrize("script", ["artrack", "artrack_seq"])
def test_a_box_term_of_the_module_is_exchanged_too(own, script):
    own.ask("'smooth_iou'")
    done = own.run(script, f"{script}_256")
    assert done.returncode == 0, done.stderr
    assert f"{script}_256_smooth_iou" in str(own.checkpoints()[0])


def test_an_error_ends_the_run_though_the_script_asks_for_fail_safe(own):
    broken = own.root / "lib" / "train" / "actors" / "ostrack.py"
    broken.write_text(broken.read_text().replace('l1_loss = self.objective["l1"](pred, gt)', "raise OSError('gone')"))
    swallowed = own.run()
    assert swallowed.returncode == 0 and "Finished training!" in swallowed.stdout
    own.ask("'smooth_iou'")
    done = own.run()
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == "OSError: gone" and "Finished" not in done.stdout


def test_an_error_that_the_actor_swallows_ends_the_run(own):
    actor = own.root / "lib" / "train" / "actors" / "ostrack.py"
    actor.write_text(actor.read_text().replace('["giou"](pred, gt)', '["giou"](pred, gt).no_such_thing'))
    own.ask("'smooth_iou'")
    done = own.run()
    assert done.returncode != 0
    assert "does not train on the giou that was computed" in done.stderr.splitlines()[-1]
