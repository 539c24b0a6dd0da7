"""A PyTracking checkout under torchrun: two processes with half a batch each are one with the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.bridge.run.torchrun import histories, last_checkpoint, train, write_settings


@pytest.fixture
def words(fake_checkout, tiny_got10k):
    """The options of every training here."""
    return ("--checkout", fake_checkout.root, "--data", f"got10k={tiny_got10k}", "--epochs", 3)


def check_equal(one: dict, two: dict, tolerance: float) -> None:
    assert one["net"].keys() == two["net"].keys() and one["net_type"] == two["net_type"]
    for name, tensor in one["net"].items():
        assert torch.allclose(tensor, two["net"][name], rtol=0, atol=tolerance), name
    ours, theirs = histories(one), histories(two)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert values == pytest.approx(theirs[name], rel=tolerance, abs=tolerance), name


def test_two_processes_with_half_a_batch_each_equal_one_with_the_whole(words, tmp_path):
    file = write_settings(tmp_path, "tomp.tomp50", fixed=True)
    few = ("--samples-per-epoch", 4, "--box-loss", "smooth_iou")
    train(1, file, *words, *few, "--workspace", tmp_path / "one", "--batch-size", 4)
    told = train(2, file, *words, *few, "--workspace", tmp_path / "two", "--batch-size", 2)
    check_equal(last_checkpoint(tmp_path / "one"), last_checkpoint(tmp_path / "two"), 1e-5)
    assert told.count("2 processes: batches of 2 in each, 4 together") == 1
    assert told.count("trained to epoch 3") == told.count("settings: ") == told.count("Finished training!") == 1
    announced = [line for line in told.splitlines() if "box loss" in line]
    assert announced and len(announced) == len(set(announced))
    assert len(list((tmp_path / "two").rglob("events.out.*"))) == 2  # of train and val, one process's


@pytest.mark.slow
@pytest.mark.parametrize("original", ["bbreg.atom", "dimp.dimp18", "dimp.prdimp18"])
@pytest.mark.parametrize("loss", [(), ("--box-loss", "smooth_iou")])
def test_every_kind_of_actor_trains_in_two_processes_as_in_one(words, tmp_path, original, loss):
    file = write_settings(tmp_path, original, fixed=True)
    few = ("--samples-per-epoch", 4, *loss)
    train(1, file, *words, *few, "--workspace", tmp_path / "one", "--batch-size", 4)
    train(2, file, *words, *few, "--workspace", tmp_path / "two", "--batch-size", 2)
    check_equal(last_checkpoint(tmp_path / "one"), last_checkpoint(tmp_path / "two"), 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kill", [(0, 3), (1, 6)])
def test_a_killed_process_is_started_again_and_the_end_is_that_of_a_whole_run(words, tmp_path, kill):
    few = ("--samples-per-epoch", 8, "--batch-size", 2, "--fresh")
    train(2, write_settings(tmp_path / "a"), *words, *few, "--workspace", tmp_path / "whole")
    broken = write_settings(tmp_path / "b", kill=kill)
    told = train(2, broken, *words, *few, "--workspace", tmp_path / "killed", restarts=1)
    assert told.count("continuing from epoch 1") == (kill[1] > 4)
    check_equal(last_checkpoint(tmp_path / "whole"), last_checkpoint(tmp_path / "killed"), 0.0)
    assert not list((tmp_path / "killed").rglob("*.old-*"))


@pytest.mark.slow
def test_a_process_killed_before_the_earlier_run_is_set_aside_does_not_go_on_with_it(words, tmp_path):
    place = ("--workspace", tmp_path / "w", "--batch-size", 2)
    train(1, write_settings(tmp_path / "a"), *words[:-1], 2, *place)
    train(2, write_settings(tmp_path / "a", kill=(0, 0)), *words[:-1], 1, *place, "--fresh", restarts=1)
    (kept,) = (tmp_path / "w/checkpoints").rglob("*.old-1")
    assert len(list(kept.iterdir())) == 3
    (own,) = [path for path in (tmp_path / "w/checkpoints").rglob("*.pth.tar") if kept not in path.parents]
    assert own.name.endswith("_ep0001.pth.tar")


@pytest.mark.slow
def test_runs_go_on_from_each_others_checkpoints_and_a_fresh_one_keeps_them(words, tmp_path):
    file, place = write_settings(tmp_path), ("--workspace", tmp_path / "w", "--batch-size", 2)
    train(2, file, *words[:-1], 1, *place)
    assert "continuing from epoch 1" in train(1, file, *words[:-1], 2, *place)
    assert train(2, file, *words, *place).count("continuing from epoch 2") == 1
    assert train(2, file, *words[:-1], 1, *place, "--fresh").count("the earlier run is kept in") == 1
    kept = sorted(path.relative_to(tmp_path / "w") for path in (tmp_path / "w").rglob("*.old-1"))
    assert [path.parts[0] for path in kept] == ["checkpoints", "tensorboard"]
    assert len(list((tmp_path / "w" / kept[0]).iterdir())) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("parts", "DiMPActor: its gradients are not averaged over processes"),
        ("loss", "training diverged: epoch 1, loader 'train', iteration 1: the loss is nan"),
        ("second", "shares.py: line "),
    ],
)
def test_what_goes_wrong_is_told_once_and_ends_all(words, tmp_path, broken, message):
    file = write_settings(tmp_path, broken=broken)
    told = train(2, file, *words, "--workspace", tmp_path / "w", "--batch-size", 2, code=1)
    lines = [line for line in told.splitlines() if line.startswith("siou-tracking: ")]
    assert len(lines) == 1 and message in lines[0]
    assert not list(Path(tmp_path / "w").rglob("*.pth.tar"))


@pytest.mark.slow
def test_a_batch_without_equal_shares_is_refused_once(words, tmp_path):
    told = train(3, "dimp", "dimp18", *words, "--workspace", tmp_path / "w", code=1)
    assert told.count("a batch of 2 has no equal shares for 3 processes: give --batch-size N, of each process") == 1
