"""Networks are tested on the half of the targets that they were not trained on, and compared target by target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.lite_presets import pairs
from experiments.loss_ablation.plan import QUICK, Parts
from experiments.real_data import Training
from siou_tracking.benchmarks import load_sequences
from siou_tracking.errors import InputError
from siou_tracking.scenes import write_got10k
from siou_tracking.trackers import build_tracker

VIDEOS = ("a-horse", "x-bmx", "MOT16-11 person 1", "MOT16-09 person 2", "a-goat", "MOT16-11 person 3", "a-car")


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seven training targets and one to validate on; few generated sequences, of few frames."""
    root = tmp_path / "real"
    (root / "train" / "coco").mkdir(parents=True)
    for split, count in (("train", len(VIDEOS)), ("val", 1)):
        write_got10k(root / "train" / "got10k", split, count, length=3, size=(64, 64), progress=False)
    rows = [f"GOT-10k_Train_{number:06d}\t{video}\t3" for number, video in enumerate(VIDEOS, 1)]
    lines = ["folder\tfrom\tframes", *rows[:3], "GOT-10k_Val_000001\ta-cow\t3", *rows[3:]]
    (root / "train" / "SEQUENCES.tsv").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(pairs, "GENERATED", 1)
    monkeypatch.setattr(pairs, "FRAMES", 2)
    return root


def numbers(names: Any) -> list[int]:
    return sorted(int(name[-6:]) for name in names)


def test_a_video_is_in_one_half(real: Path) -> None:
    halves = pairs.cut(real / "train" / "SEQUENCES.tsv")
    assert [numbers(half) for half in halves] == [[1, 2, 3, 6, 7], [4, 5]]


def test_a_list_that_does_not_say_which_video_is_refused(tmp_path: Path) -> None:
    listing = tmp_path / "SEQUENCES.tsv"
    with pytest.raises(InputError, match=r"SEQUENCES\.tsv: no such file"):
        pairs.cut(listing)
    listing.write_text("folder\tfrom\na\tb\nc\n")
    with pytest.raises(InputError, match=r"SEQUENCES\.tsv:3: got 1 column"):
        pairs.cut(listing)


def test_no_target_is_trained_on_and_tested_on(real: Path, tmp_path: Path) -> None:
    units = pairs.list_units([pairs.PLAIN, "both"], real, tmp_path / "parts")
    assert len({unit.file for unit in units}) == 4
    for unit in units:
        _, _, training, tests = unit.arguments
        trained = {one.name for one in load_sequences("got10k", training.got10k, "train")}
        tested = {one.name for one in tests["real"]}
        assert not trained & tested and len(trained | tested) == len(VIDEOS) + 1
        assert len(tests["generated"]) == 1


def test_every_loss_is_trained_and_tracks_all_that_it_is_tested_on(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def train_one(plan: object, parts: Parts, family: str, loss: str, seed: int) -> Path:
        asked.append(f"{family} {loss} {seed}")
        return tmp_path / loss

    monkeypatch.setattr(pairs, "train_one", train_one)
    monkeypatch.setattr(pairs, "build", lambda tracker, weights, changes: build_tracker("static"))
    got10k = real / "train" / "got10k"
    tests = {"real": load_sequences("got10k", got10k, "val"), "generated": load_sequences("got10k", got10k, "train")}
    found = pairs.train_and_track(QUICK, tmp_path, Training(got10k, got10k), tests)
    assert asked == ["atom_lite iou 0", "atom_lite smooth_iou 0"] and set(found) == set(pairs.LOSSES)
    still = pairs.overlaps(build_tracker("static"), tests["generated"])
    for loss in pairs.LOSSES:
        assert list(found[loss]["real"]) == ["GOT-10k_Val_000001"]
        assert list(found[loss]["generated"].values()) == pytest.approx([100 * one for one in still], abs=0.01)


def test_a_target_counts_once_with_the_mean_of_its_networks() -> None:
    def part(**targets: tuple[float, float]) -> dict[str, dict[str, dict[str, float]]]:
        return {
            loss: {"real": {name: values[at] for name, values in targets.items()}}
            for at, loss in enumerate(pairs.LOSSES)
        }

    plain = [part(first=(10, 14), common=(20, 24)), part(second=(30, 34), common=(40, 44))]
    better = [part(first=(11, 15), common=(21, 25)), part(second=(33, 37), common=(43, 47))]
    row = pairs.summary(better, plain)["real"]
    assert row["targets"] == 3 and row["ao"] == pytest.approx((13 + 35 + 34) / 3, abs=0.05)
    assert row["change"] == 2.0  # the mean of 1, 3 and 2
    assert row["error"] == pytest.approx(1 / 3**0.5, abs=0.05)
    assert row["each"] == [16.0, 20.0, 38.0, 42.0]


def test_another_way_to_draw_pairs_is_refused(real: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown pairs 'al'.*all"):
        pairs.list_units(["al"], real, tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_a_way_asked_for_twice_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def list_units(names: list[str], real: Path, root: Path) -> None:
        asked.extend(names)
        raise InputError("enough")

    monkeypatch.setattr(pairs, "list_units", list_units)
    monkeypatch.setattr("sys.argv", ["pairs", "--real", str(tmp_path), "--pairs", "all", "flip", "all", pairs.PLAIN])
    assert pairs.main() == 2 and asked == [pairs.PLAIN, "all", "flip"]
