"""Curves that a trainer began go where its run is filed, and those of other runs stay."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from siou_tracking.bridge.run.curves import refile_curves, set_refiled_run_aside


class Curves:
    """Begins a file for each loader, as TensorBoard names them."""

    made = 0

    def __init__(self, directory, names):
        self.writer = {name: SimpleNamespace(close=lambda: None) for name in names}
        for name in names:
            folder = Path(directory) / name
            folder.mkdir(parents=True, exist_ok=True)
            Curves.made += 1
            (folder / f"events.out.tfevents.1.host.{os.getpid()}.{Curves.made}").touch()


@pytest.fixture
def trainer(tmp_path):
    env = SimpleNamespace(tensorboard_dir=str(tmp_path / "tb"), workspace_dir=str(tmp_path))
    settings = SimpleNamespace(env=env, project_path="ltr/toy/mine")
    return SimpleNamespace(settings=settings, tensorboard_writer=Curves(str(tmp_path / "tb/ltr/toy/mine"), ["train"]))


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_begun_curves_leave_nothing_where_they_were(trainer, tmp_path):
    trainer.settings.project_path = "ltr/toy/mine_smooth_iou"
    refile_curves(trainer, "ltr/toy/mine")
    assert [path.name for path in (tmp_path / "tb/ltr/toy").iterdir()] == ["mine_smooth_iou"]


def test_curves_of_an_earlier_run_of_the_same_process_stay(trainer, tmp_path):
    earlier = names(tmp_path / "tb")
    trainer.tensorboard_writer = Curves(str(tmp_path / "tb/ltr/toy/mine"), ["train"])
    trainer.settings.project_path = "ltr/toy/mine_smooth_iou"
    refile_curves(trainer, "ltr/toy/mine")
    assert names(tmp_path / "tb/ltr/toy/mine") == [earlier[0].rpartition("mine/")[2]]


def test_a_run_that_is_set_aside_keeps_its_curves_alone(trainer, tmp_path):
    earlier = names(tmp_path / "tb/ltr/toy/mine")
    trainer.tensorboard_writer = Curves(str(tmp_path / "tb/ltr/toy/mine"), ["train"])
    set_refiled_run_aside(trainer)
    assert names(tmp_path / "tb/ltr/toy/mine.old-1") == earlier
    assert len(names(tmp_path / "tb/ltr/toy/mine")) == 1


def test_a_trainer_without_curves_is_left_alone(trainer):
    del trainer.tensorboard_writer
    refile_curves(trainer, "ltr/toy/mine")
    assert not hasattr(trainer, "tensorboard_writer")
