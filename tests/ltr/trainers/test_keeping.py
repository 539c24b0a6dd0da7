"""--keep N and --keep-best NAME: what stays in a run's folder, and that nothing goes before the new one is safe."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.trainers import checkpoints
from siou_tracking.ltr.trainers.keeping import Keeping
from siou_tracking.retrain import TrainRequest

LOADERS = [SimpleNamespace(name="train", training=True), SimpleNamespace(name="val", training=False)]


def stats(train: float, val: float | None = None) -> dict:
    def meters(value: float) -> dict:
        return {name: SimpleNamespace(history=[value], has_new_data=True) for name in ("Loss/total", "IoU/mean")}

    idle = {name: SimpleNamespace(history=[9.0], has_new_data=False) for name in ("Loss/total", "IoU/mean")}
    return {"train": meters(train), "val": idle if val is None else meters(val)}


def epochs_after(folder: Path, keeping: Keeping, values: list[dict]) -> list[int]:
    for epoch, value in enumerate(values, 1):
        (folder / f"Net_ep{epoch:04d}.pth.tar").touch()
        keeping.after_epoch(folder, "Net", epoch, LOADERS, value)
    return sorted(int(path.name[6:10]) for path in folder.glob("Net_ep*"))


FALLING = [stats(train, val) for train, val in ((5, 1), (4, 3), (3, 2), (2, 4), (1, 5))]


@pytest.mark.parametrize(
    ("keep", "best", "kept"),
    [
        (None, None, [1, 2, 3, 4, 5]),
        (3, None, [3, 4, 5]),
        (9, None, [1, 2, 3, 4, 5]),
        (2, "Loss/total", [1, 4, 5]),  # of val, which does not train
        (2, "IoU/mean", [4, 5]),
        (2, "val/IoU/mean:min", [1, 4, 5]),
        (1, "train/IoU/mean", [1, 5]),
        (1, "train/Loss/total:max", [1, 5]),
        (1, "train/Loss/total", [5]),
    ],
)
def test_the_last_few_and_the_best_stay(tmp_path: Path, keep, best, kept) -> None:
    assert epochs_after(tmp_path, Keeping(keep, best), FALLING) == kept
    if best is not None:
        noted = json.loads((tmp_path / "best.json").read_text())
        assert noted["epoch"] in kept and noted["value"] == noted["values"][str(noted["epoch"])]


def test_an_epoch_without_the_statistic_or_with_nan_is_never_the_best(tmp_path: Path) -> None:
    values = [stats(1, 3), stats(1), stats(1, float("nan")), stats(1, 4)]
    assert epochs_after(tmp_path, Keeping(1, "val/Loss/total"), values) == [1, 4]
    assert json.loads((tmp_path / "best.json").read_text()) == {
        "statistic": "val/Loss/total",
        "better": "lower",
        "epoch": 1,
        "value": 3.0,
        "values": {"1": 3.0, "4": 4.0},
    }


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"statistic": "Loss/total", "better": "lower", "values": 3}'])
def test_a_record_that_is_not_ours_is_written_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "best.json").write_text(content)
    assert epochs_after(tmp_path, Keeping(1, "Loss/total"), FALLING[:2]) == [1, 2]


def test_the_older_ones_go_only_after_the_new_one_is_safe(make_trainer, monkeypatch, tmp_path: Path) -> None:
    with request_active(TrainRequest("", keep=1)):
        trainer = make_trainer()
    trainer.train(2)
    assert trainer.latest_checkpoint is not None
    assert [path.name for path in trainer.checkpoint_folder.glob("*.tar")] == ["TinyNet_ep0002.pth.tar"]

    def fails(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.torch, "save", fails)
    with pytest.raises(InputError, match="checkpoint of epoch 2 is whole"):
        trainer.train(3)
    assert {path.name for path in trainer.checkpoint_folder.iterdir()} == {
        "TinyNet_ep0002.pth.tar",
        "TinyNet_ep0002.safetensors",
        "stats.jsonl",
    }


def test_a_continued_run_still_knows_the_best(make_trainer) -> None:
    with request_active(TrainRequest("", keep=1, keep_best="Loss/total")):
        for epochs in (1, 2, 3, 6):
            trainer = make_trainer(lr=0.0)
            trainer.train(epochs, load_latest=True)
    with request_active(TrainRequest("", keep=1, keep_best="Loss/total")):
        whole = make_trainer(lr=0.0)
        whole.settings.project_path = "ltr/tests/whole"
        whole.train(6)
    names = [sorted(p.name for p in one.checkpoint_folder.iterdir()) for one in (trainer, whole)]
    assert names[0] == names[1]
    noted = [(one.checkpoint_folder / "best.json").read_text() for one in (trainer, whole)]
    assert noted[0] == noted[1] and set(json.loads(noted[0])["values"]) == {"2", "4", "6"}  # val is run every other


def test_a_statistic_that_there_is_not_ends_the_run_with_its_first_batch(make_trainer) -> None:
    with request_active(TrainRequest("", keep=1, keep_best="train/Loss/totl")):
        trainer = make_trainer()
    trainer.loaders = trainer.loaders[:1]
    with pytest.raises(InputError, match=r"unknown statistic of --keep-best 'train/Loss/totl'.*did you mean 'train/Lo"):
        trainer.train(3)
    assert trainer.epoch == 1 and trainer.latest_checkpoint is None
    assert not Path(trainer.settings.env.tensorboard_dir).exists()  # nothing is left of a run that was refused


@pytest.mark.parametrize(("name", "told"), [("Loss/totl", 1), ("val/Loss/total", 0)])
def test_a_statistic_that_only_a_later_loader_may_have_is_told_once(name: str, told: int, make_trainer, capsys) -> None:
    with request_active(TrainRequest("", keep=1, keep_best=name)):
        trainer = make_trainer(lr=0.0)
    trainer.train(1)  # val is run in every other epoch
    captured = capsys.readouterr()
    assert (captured.out + captured.err).count(f"note: --keep-best {name}: not among train/Loss/total") == told


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": 0}, "--keep: got 0, allowed are whole numbers from 1 to 9999"),
        ({"keep_best": "Loss/total"}, "--keep-best Loss/total: every epoch's checkpoint is kept: give --keep N"),
        ({"keep": 2, "keep_best": ":min"}, "--keep-best: got ':min', expected the name of a statistic"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainRequest("", **options)
