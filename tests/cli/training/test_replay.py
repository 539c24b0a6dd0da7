"""A loss that is not finite leaves a file, and `replay FILE` makes its step again and tells what was not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from siou_tracking.cli.main import main
from siou_tracking.ltr.admin.loading import read_checkpoint

SETTINGS = """
import torch
from ltr.actors import BaseActor
from ltr.trainers import LTRTrainer
from pytracking import TensorDict

class Loader:
    name, training, epoch_interval, stack_dim, batch_size = "train", True, 1, 1, 2
    dataset = range(6)
    def __len__(self): return 3
    def __iter__(self):
        for step in range(3):
            scale = torch.tensor([0.0 if step == 1 else 1.0])
            yield TensorDict(train_images=torch.randn(1, 2), scale=scale, names=["a"])

class Actor(BaseActor):
    def __call__(self, data):
        data["added"] = data
        hidden = self.net(data["train_images"])
        fine, bad = (hidden**2).mean(), (hidden / data["scale"]).mean()
        loss = fine + bad
        return loss, {"Loss/total": loss.detach(), "Loss/fine": fine.detach(), "Loss/bad": bad.detach()}

def run(settings):
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5), torch.nn.Linear(2, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    LTRTrainer(Actor(net, None), [Loader()], optimizer, settings).train(2, load_latest=True)
"""


@pytest.fixture
def diverged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The file of a training that ends in its second step."""
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/noise.py").write_text(SETTINGS)
    assert main(["train", str(tmp_path / "toy/noise.py"), "--workspace", str(tmp_path / "w"), "--device", "cpu"]) == 2
    file = tmp_path / "w/checkpoints/ltr/toy/noise/failed_step000002_of_epoch0001.pth"
    told = capsys.readouterr().err
    assert "iteration 2: the loss is " in told and "Loss/bad is " in told
    assert told.endswith(f"; siou-tracking replay {file} makes the step again\n") and told.count("\n") == 1
    return file


def test_the_step_is_made_again_to_the_last_bit(diverged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(diverged.parents[5].rglob("*"))
    settings = str(diverged.parents[5] / "toy/noise.py")
    assert main(["replay", str(diverged), "--settings", settings]) == 0
    told = capsys.readouterr().out
    recorded = read_checkpoint(diverged)["failed_step"]
    assert set(recorded["batch"]) == {"train_images", "scale", "names", "epoch"}
    assert torch.equal(recorded["batch"]["scale"], torch.zeros(1))
    assert f"epoch 1, loader 'train', step 2: {recorded['reason']}" in told
    assert "Sequential: all 4 tensors were finite before the step" in told
    assert "Loss/bad: inf  NOT FINITE" in told or "Loss/bad: -inf  NOT FINITE" in told
    (fine,) = [line for line in told.splitlines() if line.startswith("Loss/fine: ")]
    assert not fine.endswith("NOT FINITE")
    assert "first layer whose output is not finite: none" in told
    assert "gradients that are not finite: 4 of 4: 0.weight" in told
    main(["replay", str(diverged), "--settings", settings])
    assert capsys.readouterr().out == told  # with dropout, whose random numbers are those of the step
    assert sorted(diverged.parents[5].rglob("*")) == before


def change(file: Path, **entries: object) -> None:
    content = torch.load(file, weights_only=False)
    content["failed_step"].update(entries)
    torch.save(content, file)


def test_code_runs_only_where_the_command_line_names_it(diverged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(diverged)]) == 2
    assert "noise.py, whose code would run: give --settings " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"batch": 3}, "batch: got 3, expected dict"),
        ({"engine": "checkout"}, "was made with a checkout: give --checkout DIR"),
        ({"request": {"module": "", "name": None, "box_loss": None}}, "no train verb began the training"),
        ({"request": {}}, "request: KeyError: 'module'"),
    ],
)
def test_a_file_that_says_otherwise_is_refused_in_one_line(diverged, capsys, entries, message) -> None:
    from siou_tracking.ltr.admin.aliases import engine_imports

    with engine_imports():
        change(diverged, **entries)
    assert main(["replay", str(diverged), "--settings", str(diverged.parents[5] / "toy/noise.py")]) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1


def test_a_checkpoint_is_no_failed_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"net": {}}, tmp_path / "a.pth")
    assert main(["replay", str(tmp_path / "a.pth")]) == 2
    assert "replay: " in (told := capsys.readouterr().err) and "got a checkpoint, allowed is the file of" in told


def test_a_checkouts_step_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.bridge.fake_checkout import make_fake_checkout

    make_fake_checkout(tmp_path / "checkout")
    (tmp_path / "toy").mkdir()
    settings = tmp_path / "toy/noise.py"
    settings.write_text(SETTINGS)
    checkout = ["--checkout", str(tmp_path / "checkout")]
    assert main(["train", str(settings), *checkout, "--workspace", str(tmp_path / "w"), "--device", "cpu"]) == 2
    (file,) = tmp_path.rglob("failed_step000002_of_epoch0001.pth")
    assert main(["replay", str(file), *checkout, "--settings", str(settings)]) == 0
    told = capsys.readouterr().out
    assert "Loss/bad: inf  NOT FINITE" in told or "Loss/bad: -inf  NOT FINITE" in told
    assert "gradients that are not finite: 4 of 4: 0.weight" in told
    assert main(["replay", str(file), "--settings", str(settings)]) == 2
    assert "was made with a checkout: give --checkout DIR" in capsys.readouterr().err
