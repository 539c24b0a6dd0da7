"""The commands of a row are the product's own, and its facts are those of the settings and the benchmarks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.full_size.costs import COSTS, TRAINING, costs
from experiments.full_size.rows import EVALUATIONS, ROWS, TRACKERS, TRAINING_SETS
from experiments.full_size.run import SETS
from experiments.full_size.stages import REHEARSAL, Plan, Size, Stage, stages
from experiments.readme.documents import read_file
from siou_tracking.benchmarks.official_names import official_lengths, official_names
from siou_tracking.cli.main import build_parser
from siou_tracking.ltr.run_training import own_folder
from siou_tracking.ltr.settings_files import available_settings
from siou_tracking.trackers.atom.params import atom_params
from siou_tracking.trackers.dimp.params import dimp_params
from siou_tracking.trackers.tomp.params import tomp_params
from tests.reference_data import reference_checkout


def plan_of(row: str, checkout: str | None = "/checkout", size: Size | None = None, **options: object) -> Plan:
    folders = {name: Path("/data") / name for name in SETS}
    place = Path(checkout) if checkout else None
    return Plan(row=ROWS[row], out=Path("/out") / row, folders=folders, checkout=place, size=size or Size(), **options)


def stages_of(row: str, **options: object) -> dict[str, Stage]:
    return {stage.name: stage for stage in stages(plan_of(row, **options))}


@pytest.mark.parametrize("name", TRACKERS)
def test_the_embedded_engine_knows_each_tracker(name: str) -> None:
    presets = {"atom": atom_params, "dimp": dimp_params, "tomp": tomp_params}
    for called in (TRACKERS[name].run_as, TRACKERS[name].embedded_vot):
        tracker, _, param = called.partition(":")
        presets[tracker](param)
    assert " ".join(TRACKERS[name].settings) in available_settings()


@pytest.mark.parametrize("size", [Size(), REHEARSAL], ids=["full", "rehearsal"])
@pytest.mark.parametrize("row", ROWS)
def test_every_command_is_one_of_the_products(row: str, size: Size) -> None:
    found = stages_of(row, size=size, seeds=(0, 1))
    for stage in found.values():
        build_parser().parse_args(stage.command()[stage.command().index("siou_tracking") + 1 :])
    assert {"train_seed0", "train_seed1", "score_lasot", "pack_seed1_trackingnet"} <= set(found)
    assert next(iter(found)) == "train_seed0"


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_pair_of_rows_differs_in_the_box_loss_alone(tracker: str) -> None:
    own, ours = stages_of(tracker), stages_of(f"{tracker}_smooth_iou")
    assert list(own) == list(ours)
    for name, stage in own.items():
        renamed = [part.replace(f"{tracker}_smooth_iou", tracker) for part in ours[name].arguments]
        if name.startswith("train"):
            at = renamed.index("--box-loss")
            assert renamed[at : at + 2] == ["--box-loss", "smooth_iou"]
            del renamed[at : at + 2]
        assert renamed == list(stage.arguments)


@pytest.mark.parametrize("row", ROWS)
def test_weights_are_looked_for_where_training_puts_them(row: str) -> None:
    module, name = ROWS[row].tracker.settings
    project = f"ltr/{module}/{name}"
    loss = ROWS[row].box_loss
    folder = own_folder(project, loss) if loss else project
    arguments = stages_of(row)["run_seed0_lasot_000"].arguments
    assert arguments[arguments.index("--weights") + 1] == f"/out/{row}/seed0/checkpoints/{folder}"


def test_gpus_and_workers_change_no_result() -> None:
    one, four = stages_of("tomp50"), stages_of("tomp50", gpus=4, workers=8)
    assert {name: stage.arguments for name, stage in one.items()} == {n: s.arguments for n, s in four.items()}
    assert "--nproc-per-node" not in one["train_seed0"].command()
    assert four["train_seed0"].command()[1:6] == [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "4",
    ]
    assert four["run_seed0_vot2018"].command()[-2:] == ["--workers", "8"]


def test_the_embedded_engine_shares_the_batch_too() -> None:
    assert stages_of("atom", checkout=None, gpus=4)["train_seed0"].means == ("--batch-size", "16")
    assert stages_of("atom", checkout=None)["train_seed0"].means == ()
    assert stages_of("atom", gpus=4)["train_seed0"].means == ()  # a checkout's batch is divided by the bridge
    assert stages_of("atom", checkout=None)["run_seed0_vot2018"].arguments[1] == "atom:default"
    assert stages_of("atom")["run_seed0_vot2018"].arguments[1] == "atom:default_vot"


def number(text: str, *names: str) -> int | None:
    """The number after the first of some names that has one."""
    found = (re.search(rf"{name}\s*=?\s*(\d+)", text) for name in names)
    return next((int(match[1]) for match in found if match), None)


@pytest.mark.parametrize("name", TRACKERS)
def test_epochs_samples_and_batches_are_the_checkouts(name: str) -> None:
    tracker, checkout = TRACKERS[name], Path(reference_checkout())
    text = (checkout / "ltr" / "train_settings" / Path(*tracker.settings)).with_suffix(".py").read_text("utf-8")
    assert number(text, r"settings\.batch_size") == tracker.batch
    assert number(text, r"settings\.num_epochs", r"trainer\.train\(") == tracker.epochs
    drawn = number(text, r"settings\.train_samples_per_epoch", "samples_per_epoch")
    batches = number(text, r"samples_per_epoch=(?=\d+\*settings\.batch_size)")
    assert (batches * tracker.batch if batches else drawn) == tracker.samples
    frames = [number(text, f"num_{kind}_frames") or 1 for kind in ("test", "train")]
    assert sum(frames) == tracker.images
    for run_as in (tracker.run_as, tracker.run_as_vot):
        module, _, param = run_as.partition(":")
        assert (checkout / "pytracking" / "parameter" / module / f"{param}.py").is_file()


def test_frames_are_the_benchmarks() -> None:
    for name in ("lasot", "otb2015", "vot2018"):
        assert EVALUATIONS[name].frames == sum(official_lengths(name).values())
    assert len(official_names("got10k")) == 180
    assert set(TRAINING_SETS) <= set(SETS)


def test_costs_are_stored_and_an_estimate_is_called_one() -> None:
    assert read_file("full_size/costs.json") == {name: costs(name) for name in TRACKERS}, f"write {COSTS} anew"
    for name in TRACKERS:
        training = costs(name)["training"]
        assert training["published"] == (name in TRAINING)
        assert training["source"].startswith("https://" if name in TRAINING else "not published; from ")
        assert (training["gpu_hours"][0] == training["gpu_hours"][1]) == training["published"]
