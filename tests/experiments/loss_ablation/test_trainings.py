"""Every loss of a seed trains on the same data, made once of real and of generated sequences."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from experiments.loss_ablation import trainings
from experiments.loss_ablation.families import FAMILIES
from experiments.loss_ablation.plan import FULL, QUICK, Parts, tracker_name
from experiments.loss_ablation.trainings import HELDOUT, make_plan, prepare_data, train_one
from experiments.real_data import Training
from siou_tracking.errors import InputError
from siou_tracking.losses import describe
from siou_tracking.ltr import run_training
from siou_tracking.ltr.dataset import Got10k
from siou_tracking.ltr.run_training import TrainResult
from siou_tracking.ltr.settings_files import available_settings
from siou_tracking.retrain import TrainRequest
from siou_tracking.scenes import write_got10k
from siou_tracking.trackers import build_tracker


def test_a_family_knows_which_losses_its_head_takes() -> None:
    assert FAMILIES["atom_lite"].check("siou") == "smooth_iou"
    with pytest.raises(InputError, match="take piou_v1"):
        FAMILIES["atom_lite"].check("piou")
    with pytest.raises(InputError, match="'dio'"):
        FAMILIES["atom_lite"].check("dio")
    with pytest.raises(InputError, match="take piou_v1"):
        FAMILIES["dimp_lite"].check("piou")
    assert FAMILIES["tomp_lite"].check("piou") == "piou"


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_of_settings_and_a_preset_that_there_are(name: str) -> None:
    family = FAMILIES[name]
    assert f"{family.module} {family.settings}" in available_settings()
    assert family.check(family.baseline) == family.baseline
    with pytest.raises(InputError, match=r"weights: no/such\.pth\.tar: not found"):
        build_tracker(family.tracker, family.param, weights="no/such.pth.tar")


def test_parts_of_another_plan_are_others() -> None:
    assert FULL.key() != QUICK.key() == QUICK.key()
    assert re.fullmatch(r"atom_lite-2-giou\+5-l1-[0-9a-f]{8}-seed3", tracker_name("atom_lite", "2*giou+5*l1", 3))


def test_parts_of_other_defaults_in_the_familys_role_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {family: tracker_name(family, "smooth_iou", 0) for family in ("atom_lite", "tomp_lite")}
    monkeypatch.setitem(describe("smooth_iou").score_params, "sharpness", 5.0)
    assert tracker_name("atom_lite", "smooth_iou", 0) != before["atom_lite"]
    assert tracker_name("tomp_lite", "smooth_iou", 0) == before["tomp_lite"]  # which takes it as a loss


def test_parts_of_other_real_pictures_are_others(tmp_path: Path) -> None:
    plans = []
    for seed in (0, 1, 0):
        real = tmp_path / f"real{len(plans)}"
        for split in ("train", "val"):
            write_got10k(real, split, 1, length=2, size=(64, 64), seed=seed, progress=False)
        plans.append(make_plan(FULL, 0, Training(real, tmp_path)))
    assert plans[0] == plans[2] and plans[0].key() != plans[1].key()
    assert make_plan(QUICK, 0, None) == QUICK and make_plan(QUICK, 3, None).seed == 3


def test_real_sequences_stand_beside_generated_ones(tmp_path: Path) -> None:
    real, parts = tmp_path / "real", Parts(tmp_path / "parts")
    for split, count in (("train", 2), ("val", 1)):
        write_got10k(real, split, count, length=2, size=(64, 64), progress=False)
    prepare_data(QUICK, parts, Training(real, tmp_path), workers=1)
    train, val = (Got10k(str(parts.data / split)).sequence_list for split in ("train", "val"))
    generated = [f"GOT-10k_Train_{number:06d}" for number in range(1, QUICK.generated_sequences + 1)]
    assert train == [*generated, "real_GOT-10k_Train_000001", "real_GOT-10k_Train_000002"]
    assert val == ["real_GOT-10k_Val_000001"]
    before = (parts.data / "train" / "list.txt").stat().st_mtime_ns
    prepare_data(QUICK, parts, None, workers=1)  # is there: made once
    assert (parts.data / "train" / "list.txt").stat().st_mtime_ns == before


@pytest.mark.parametrize(("generated", "times"), [(4, 2), (5, 2), (7, 4), (1, 1)])
def test_a_balanced_plan_lists_about_as_many_real_sequences_as_generated_ones(
    tmp_path: Path, generated: int, times: int
) -> None:
    real, parts = tmp_path / "real", Parts(tmp_path / "parts")
    for split, count in (("train", 2), ("val", 1)):
        write_got10k(real, split, count, length=2, size=(64, 64), progress=False)
    plan = dataclasses.replace(QUICK, generated_sequences=generated, generated_frames=2, balanced=True)
    prepare_data(plan, parts, Training(real, tmp_path), workers=1)
    names = Got10k(str(parts.data / "train")).sequence_list
    assert len(names) == len(set(names)) == generated + 2 * times
    listed = [(parts.data / "train" / name).resolve() for name in names[generated:]]
    assert listed == [(real / "train" / f"GOT-10k_Train_{number:06d}").resolve() for number in (1, 2)] * times
    assert len(Got10k(str(parts.data / "val")).sequence_list) == 1


def test_a_plan_with_objects_of_coco_has_them_beside_and_knows_them(tmp_path: Path) -> None:
    real, coco = tmp_path / "real", tmp_path / "coco"
    for split in ("train", "val"):
        write_got10k(real, split, 1, length=2, size=(64, 64), progress=False)
    (coco / "annotations").mkdir(parents=True)
    annotations = coco / "annotations" / "instances_train2017.json"
    mixed, plans = dataclasses.replace(QUICK, coco_share=0.25), []
    for content in ("{}", "{ }"):
        annotations.write_text(content)
        plans.append([make_plan(size, 0, Training(real, coco)) for size in (mixed, QUICK)])
    assert plans[0][0].key() != plans[1][0].key() and plans[0][1] == plans[1][1]
    for name, size in (("mixed", mixed), ("alone", QUICK)):
        prepare_data(size, Parts(tmp_path / name), Training(real, coco), workers=1)
    assert (tmp_path / "mixed" / "data" / "coco").resolve() == coco.resolve()
    assert not (tmp_path / "alone" / "data" / "coco").exists()


def test_without_real_pictures_all_is_generated(tmp_path: Path) -> None:
    prepare_data(QUICK, Parts(tmp_path), None, workers=1)
    assert len(Got10k(str(tmp_path / "data" / "val")).sequence_list) == HELDOUT


def test_a_training_is_asked_for_once_and_its_features_are_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainRequest] = []

    def train(request: TrainRequest) -> TrainResult:
        asked.append(request)
        checkpoint = Path(str(request.workspace)) / "net.pth.tar"
        checkpoint.parent.mkdir()
        checkpoint.write_bytes(b"network")
        return TrainResult(checkpoint, {}, "")

    monkeypatch.setattr(run_training, "train", train)
    monkeypatch.setattr(trainings, "read_training", lambda checkpoint, with_seconds: [{"epoch": 1}])
    parts = Parts(tmp_path)
    for loss, seed in (("iou", 1), ("smooth_iou", 1), ("iou", 1)):
        assert train_one(FULL, parts, "atom_lite", loss, seed).read_bytes() == b"network"
    first, second = asked
    assert first.box_loss and first.box_loss.name == "iou" and second.box_loss and second.box_loss.name == "smooth_iou"
    assert first.values == second.values and first.seed == second.seed == 1 and first.data == second.data
    assert first.values["stored_pairs"] == FULL.stored_pairs
    assert first.epochs == FULL.epochs and list(tmp_path.glob(".training*")) == []
    drawing = dataclasses.replace(FAMILIES["atom_lite"], stores_features=False)
    monkeypatch.setitem(FAMILIES, "atom_lite", drawing)
    train_one(FULL, parts, "atom_lite", "iou", 2)
    assert asked[-1].values == {}
    train_one(dataclasses.replace(FULL, flip=True), parts, "atom_lite", "iou", 3)
    assert asked[-1].values == {"flip": True} and asked[-1].data == {"got10k": parts.data}
    train_one(dataclasses.replace(FULL, coco_share=0.25), parts, "atom_lite", "iou", 4)
    assert asked[-1].values == {"coco_share": 0.25}
    assert asked[-1].data == {"got10k": parts.data, "coco": parts.data / "coco"}
