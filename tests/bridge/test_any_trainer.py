"""Whatever class trains, of either engine: it learns the box loss asked for or does not begin, and files no NaN."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.losses import SmoothIoULoss
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.settings import trained_box_loss
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.ltr.trainers.divergence import TrainingDiverged
from tests.bridge.any_trainer import write_settings
from tests.bridge.fake_checkout import files_of
from tests.train_options import train_request

LINE = "use_box_loss(settings, 'smooth_iou')"
MADE = "trainer = {}(*parts(settings))"


@pytest.fixture(params=["embedded", "checkout"])
def train_file(request: pytest.FixtureRequest, fake_checkout, tmp_path: Path) -> Callable[..., TrainResult]:
    """Train a settings file of `any_trainer` with one of the engines."""

    def run(body: str, lr: float = 0.1, **options) -> TrainResult:
        options = {"workspace": tmp_path / "w", "seed": 1, **options}
        asked = train_request(write_settings(tmp_path, body, lr), **options)
        return train(asked) if request.param == "embedded" else train_checkout(fake_checkout, asked)

    return run


def filed(result: TrainResult) -> str:
    """The box loss that a checkpoint says it was trained with."""
    choice = trained_box_loss(read_checkpoint(result.checkpoint))
    return "none" if choice is None else choice["name"]


def weights(result: TrainResult) -> torch.Tensor:
    return read_checkpoint(result.checkpoint)["net"]["layer.weight"]


ASKED = {
    "by flag": ("{made}; trainer.train(2)", {"box_loss": "smooth_iou"}),
    "before the trainer": (f"{LINE}; {{made}}; trainer.train(2)", {}),
    "after the trainer": (f"{{made}}; {LINE}; trainer.train(2)", {}),
    "by hand": ("{made}; settings.box_loss = 'smooth_iou'; trainer.train(2)", {}),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("trainer", ["MyTrainer", "LTRTrainer", "KeepsItsActor", "TakesMore", "StepsWithNothing"])
def test_every_trainer_learns_the_box_loss_in_a_folder_of_its_own(train_file, tmp_path, trainer, asked, request):
    body, options = ASKED[asked]
    made = MADE.format(trainer)
    if asked == "by hand" and request.node.callspec.params["train_file"] == "checkout":
        with pytest.raises(InputError, match=r"smooth_iou: settings ltr/toy/mine: not learned .*call use_box_loss"):
            train_file(body.format(made=made), **options)
        return
    plain = train_file(f"{made}; trainer.train(2)", workspace=tmp_path / "plain")
    before = files_of(tmp_path / "plain")
    ours = train_file(body.format(made=made), **options)
    assert ours.project_path == "ltr/toy/mine_smooth_iou"
    assert (filed(plain), filed(ours)) == ("none", "smooth_iou")
    assert not torch.equal(weights(plain), weights(ours))
    again = train_file(body.format(made=made), workspace=tmp_path / "plain", **options)
    assert torch.equal(weights(again), weights(ours)), "went on from the baseline's checkpoint"
    after = files_of(tmp_path / "plain")
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_asked_late_and_afresh_keeps_both_earlier_runs(train_file, tmp_path, moment):
    made = MADE.format("LTRTrainer")
    body = f"{LINE}; {made}; trainer.train(1)" if moment == "before" else f"{made}; {LINE}; trainer.train(1)"
    train_file(body, seed=2)
    train_file(body, resume=False)
    runs = sorted(path.name for path in (tmp_path / "w/checkpoints/ltr/toy").iterdir())
    assert runs == ["mine_smooth_iou", "mine_smooth_iou.old-1"]
    curves = tmp_path / "w/tensorboard/ltr/toy"
    assert sorted(path.name for path in curves.iterdir()) == runs
    assert all(len(list((curves / run / "train").iterdir())) == 1 for run in runs)


@pytest.mark.parametrize("first", ["embedded", "checkout"])
def test_a_run_goes_on_in_the_other_engine_with_its_own_box_loss_alone(fake_checkout, tmp_path, first):
    file = write_settings(tmp_path, f"{MADE.format('LTRTrainer')}; trainer.train(9, load_latest=True)")
    named = file.rename(file.with_name("mine_smooth_iou.py"))  # then the box loss leaves its folder as it is

    def run(engine: str, **options) -> TrainResult:
        asked = train_request(named, workspace=tmp_path / "w", **options)
        return train(asked) if engine == "embedded" else train_checkout(fake_checkout, asked)

    second = "checkout" if first == "embedded" else "embedded"
    run(first, epochs=1, box_loss="smooth_iou")
    with pytest.raises(InputError, match=r"with box loss smooth_iou .*asks for the settings file's own box loss"):
        run(second, epochs=2)
    assert run(second, epochs=2, box_loss="smooth_iou").checkpoint.name == "Net_ep0002.pth.tar"


UNHEARD = {
    "alone": (f"{LINE}; {MADE.format('Alone')}; trainer.train(1)", "trained by no trainer of the engine"),
    "stubborn": (f"{LINE}; {MADE.format('Stubborn')}; trainer.train(1)", "trained by no trainer of the engine"),
    "late for its own train": (
        f"{MADE.format('TrainsByItself')}; {LINE}; trainer.train(1)",
        "not learned by the actor",
    ),
    "another actor is called": (
        f"{LINE}; {MADE.format('CallsAnother')}; trainer.train(1)",
        "not in the step that Calls",
    ),
    "no training": (f"{LINE}; parts(settings)", "trained by no trainer of the engine"),
}


REGRESSING = "trainer = MyTrainer(*regressing(settings)); trainer.train(1)"


def test_an_actor_of_no_known_class_learns_the_box_loss_told_by_its_shape(train_file, capsys) -> None:
    result = train_file(REGRESSING, lr=1e-4, box_loss="smooth_iou")
    assert filed(result) == "smooth_iou"
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("box loss: ")]
    assert len(lines) == 2
    assert lines[0].startswith("box loss: giou of Regresses -> smooth_iou (sharpness 256.0, divergence bhattacharyya)")
    assert lines[1].startswith("box loss: first batch: mean smooth_iou ")


def test_an_error_of_the_box_loss_that_an_actor_swallows_ends_the_run(train_file, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(SmoothIoULoss, "forward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train_file(REGRESSING, box_loss="smooth_iou")
    assert not list((tmp_path / "w").rglob("*.pth.tar"))


@pytest.mark.parametrize("case", UNHEARD)
def test_a_run_that_never_gets_its_box_loss_ends_before_the_first_step(train_file, tmp_path, case, capsys):
    body, message = UNHEARD[case]
    with pytest.raises(InputError, match=f"box loss smooth_iou: settings ltr/toy/mine.*: {message}"):
        train_file(body)
    assert "a step was made" not in capsys.readouterr().out
    assert not list(tmp_path.glob("w/**/*.pth.tar"))


def test_the_flag_is_refused_as_well_and_leaves_the_baselines_folder_alone(train_file, tmp_path, capsys):
    body = "import pathlib; folder = pathlib.Path(settings.env.workspace_dir, settings.project_path)"
    body += f"; folder.mkdir(parents=True); {MADE.format('Alone')}; trainer.train(1)"
    with pytest.raises(InputError, match="trained by no trainer of the engine"):
        train_file(body, box_loss="smooth_iou")
    assert "a step was made" not in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "w/ltr/toy").iterdir()] == ["mine_smooth_iou"]


@pytest.mark.parametrize("trainer", ["MyTrainer", "LTRTrainer"])
def test_asking_after_the_training_is_an_error(train_file, trainer):
    made = MADE.format(trainer)
    with pytest.raises(InputError, match=r"not learned by the actor|asked for after epoch 1"):
        train_file(f"{made}; trainer.train(1); {LINE}")
    with pytest.raises(InputError, match="asked for after epoch 1 was trained without it"):
        train_file(f"{made}; trainer.train(1); {LINE}; trainer.train(2)", resume=False)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"epochs": 1}, "--epochs"),
        ({"resume": False}, "--fresh"),
        ({"resume": True, "epochs": 3}, "--epochs, --resume"),
    ],
)
def test_options_that_a_train_of_its_own_never_sees_are_refused_before_the_first_step(
    train_file, tmp_path, options, named
):
    body = f"{MADE.format('TrainsByItself')}; trainer.train(1)"
    with pytest.raises(InputError, match=rf"^{named}: TrainsByItself has a train\(\) of its own"):
        train_file(body, **options)
    assert not list(tmp_path.glob("w/**/*.pth.tar"))
    assert train_file(body).checkpoint.name == "Net_ep0001.pth.tar"


def test_two_box_losses_for_one_trainer_are_refused(train_file, tmp_path):
    with pytest.raises(InputError, match=r"box loss giou: AtomActor: was given smooth_iou when its trainer was made"):
        train_file(f"{LINE}; {MADE.format('MyTrainer')}; use_box_loss(settings, 'giou'); trainer.train(1)")
    assert not list(tmp_path.glob("w/**/*.pth.tar"))


def test_a_run_without_a_box_loss_may_be_trained_by_anyone(train_file, capsys):
    with pytest.raises(InputError, match=r"run\(settings\) made no trainer"):
        train_file(f"{MADE.format('Alone')}; trainer.train(1)")
    assert "a step was made" in capsys.readouterr().out


@pytest.mark.parametrize("trainer", ["MyTrainer", "LTRTrainer", "TrainsByItself"])
@pytest.mark.parametrize("options", [{}, {"box_loss": "smooth_iou"}], ids=["own loss", "box loss"])
def test_a_run_that_diverges_ends_and_files_nothing(train_file, tmp_path, trainer, options):
    with pytest.raises(TrainingDiverged, match=r"training diverged: epoch 1.*no checkpoint was written"):
        train_file(f"{MADE.format(trainer)}; trainer.train(3)", lr=1e36, **options)
    assert not list(tmp_path.glob("w/**/*.pth.tar"))


@pytest.mark.parametrize("trainer", ["MyTrainer", "LTRTrainer"])
def test_the_checkpoints_from_before_stay(train_file, tmp_path, trainer):
    made = MADE.format(trainer)
    good = train_file(f"{made}; trainer.train(1)")
    before = good.checkpoint.read_bytes()
    with pytest.raises(TrainingDiverged, match=r"epoch 2.*the last good checkpoint is .*Net_ep0001\.pth\.tar"):
        train_file(
            f"{made}; trainer.load_checkpoint(); optimizer = trainer.optimizer.param_groups[0]; "
            "optimizer['lr'] = 1e36; trainer.train(2)"
        )
    assert [path.read_bytes() for path in good.checkpoint.parent.glob("*.pth.tar")] == [before]


@pytest.mark.parametrize("how", ["resume", "load_latest", "weights"])
def test_weights_that_are_not_finite_are_never_gone_on_from(train_file, tmp_path, how):
    made = MADE.format("LTRTrainer")
    result = train_file(f"{made}; trainer.train(1)")
    spoil(result.checkpoint)
    body, options = f"{made}; trainer.train(2, load_latest={how == 'load_latest'})", {}
    if how == "resume":
        options = {"resume": True}
    elif how == "weights":
        options = {"weights": result.checkpoint, "workspace": tmp_path / "other"}
    with pytest.raises(
        InputError, match=r"checkpoint .*Net_ep0001.*1 of 2 tensors hold NaN or infinity: layer\.weight"
    ):
        train_file(body, **options)
    assert len(list(tmp_path.rglob("*.pth.tar"))) == 1


@pytest.fixture
def own_run(fake_checkout, tmp_path: Path) -> Callable[..., Path]:
    """Train a settings file of `any_trainer` by the checkout's own `run_training`; the folder of all its runs."""

    def run(body: str, lr: float = 0.1) -> Path:
        folder = fake_checkout.root / "ltr/train_settings"
        write_settings(folder, body, lr)
        environment = build_environment(tmp_path / "w")
        with checkout_session(fake_checkout, environment, pretrained=False, announce=False):
            importlib.import_module("ltr.run_training").run_training("toy", "mine")
        return tmp_path / "w/checkpoints/ltr/toy"

    return run


@pytest.mark.parametrize("trainer", ["MyTrainer", "LTRTrainer", "TakesMore"])
@pytest.mark.parametrize("order", [f"{LINE}; {{made}}", f"{{made}}; {LINE}"], ids=["before", "after"])
def test_a_checkouts_own_run_learns_the_box_loss_too(own_run, trainer, order):
    runs = own_run(f"{order.format(made=MADE.format(trainer))}; trainer.train(1)")
    assert [path.name for path in runs.iterdir()] == ["mine_smooth_iou"]
    content = read_checkpoint(runs / "mine_smooth_iou/Net_ep0001.pth.tar")
    assert content["settings"].box_loss_choice["name"] == "smooth_iou"


def test_a_checkouts_own_run_by_a_class_of_nobodys_ends_before_the_first_step(own_run, capsys):
    with pytest.raises(InputError, match="trained by no trainer of the engine"):
        own_run(f"{LINE}; {MADE.format('Alone')}; trainer.train(1)")
    assert "a step was made" not in capsys.readouterr().out
    own_run(f"{MADE.format('Alone')}; trainer.train(1)")  # the settings that asked are gone, and their demand with them
    assert "a step was made" in capsys.readouterr().out


def test_a_checkouts_own_run_that_calls_another_actor_ends_before_the_first_step(own_run, capsys):
    with pytest.raises(InputError, match=r"not in the step that CallsAnother makes: let it call its own self\.actor"):
        own_run(f"{LINE}; {MADE.format('CallsAnother')}; trainer.train(1)")
    assert "a step was made" not in capsys.readouterr().out


def test_a_checkouts_own_run_that_diverges_ends_and_files_nothing(own_run):
    with pytest.raises(TrainingDiverged):
        own_run(f"{LINE}; {MADE.format('LTRTrainer')}; trainer.train(3)", lr=1e36)


def spoil(path: Path) -> None:
    """Put NaN into the file's weights, in place."""
    content = read_checkpoint(path)
    content["net"]["layer.weight"][0, 1] = float("nan")
    write_checkpoint(path, content)
