"""The multi-object quickstart end to end at the smallest size, and its own arithmetic by hand."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.quickstart import run_mot_quickstart
from siou_tracking.mot.quickstart.dim import DEFAULT, FAST, DIMPlan, DIMRecipe
from siou_tracking.mot.quickstart.evaluate import comparisons, tracker_title
from siou_tracking.mot.quickstart.features import quantiles
from siou_tracking.quickstart.data import prepare_data

TINY = DIMPlan(train_sequences=2, heldout_sequences=2, frames=4, heldout_frames=4, epochs=1, samples_per_epoch=16)
TRACKERS = ["off_iou", "off_embedding", "both_iou", "both_embedding"]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    pytest.importorskip("trackeval", reason="extra 'mot' is not installed")
    out = tmp_path_factory.mktemp("quickstart") / "demo"
    return out, run_mot_quickstart(out, plan=TINY, seed=3, workers=1)


def test_it_leaves_what_the_help_says(done):
    out, results = done
    assert json.loads((out / "results.json").read_text()) == json.loads(json.dumps(results))
    names = {path.name for path in (out / "checkpoints").iterdir()}
    assert names == {f"mot_lite_{dim}.{suffix}" for dim in ("both", "off") for suffix in ("pth.tar", "safetensors")}
    assert (out / "overlay.mp4").stat().st_size > 1000 and (out / "strip.png").stat().st_size > 1000
    assert not (out / ".training").exists()
    for tracker in TRACKERS:
        found = {path.name for path in (out / "results" / tracker).glob("*.txt")}
        assert found == {"crowd-val-001.txt", "crowd-val-002.txt"}


def test_every_tracker_is_scored_with_its_speed(done):
    _, results = done
    assert list(results["scores"]["trackers"]) == list(results["frames_per_second"]) == TRACKERS
    for name in TRACKERS:
        combined = results["scores"]["trackers"][name]["combined"]
        assert all(0 <= combined[metric] <= 1 for metric in ("hota", "deta", "assa", "idf1"))
        assert results["frames_per_second"][name] > 0
    assert [(pair["first"], pair["second"]) for pair in results["comparisons"]] == [
        ("off_embedding", "off_iou"), ("both_embedding", "both_iou"), ("both_embedding", "off_embedding"),
    ]  # fmt: skip


def test_the_report_is_one_file_with_everything_in_it(done):
    page = (done[0] / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 5  # distances, and four statistics of the training
    assert page.count("data:image/jpeg;base64,") >= 2
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "")
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    for name in TRACKERS:
        assert tracker_title(name) in page
    assert "formula was not available" in page


def test_both_networks_began_alike_and_saw_the_same_frames(done):
    """DIM acts after its margins are measured, so the first epoch is the same to the last bit."""
    training = done[1]["training"]
    first = [dict(records[0], seconds=0) for records in training.values()]
    assert first[0] == first[1]


def test_drawing_that_was_stopped_half_way_begins_again(tmp_path, monkeypatch):
    import siou_tracking.mot.scenes as scenes

    draw = scenes.write_motchallenge

    def stopped(root, split, **sizes):
        if split == "val":
            raise KeyboardInterrupt
        return draw(root, split, **sizes)

    monkeypatch.setattr(scenes, "write_motchallenge", stopped)
    with pytest.raises(KeyboardInterrupt):
        prepare_data(DIMRecipe(TINY, workers=1), tmp_path / "data")
    assert not (tmp_path / "data").exists()
    monkeypatch.setattr(scenes, "write_motchallenge", draw)
    prepare_data(DIMRecipe(TINY, workers=1), tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["plan.json", "train", "val"]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_feature_distances_are_those_of_the_cells_under_peoples_middles(done):
    import torch

    from siou_tracking.ltr.admin.loading import load_network
    from siou_tracking.ltr.data.image_loader import default_image_loader
    from siou_tracking.mot.data.motchallenge import find_sequences, read_truth
    from siou_tracking.mot.quickstart.features import feature_distances

    out, _ = done
    checkpoint, split = out / "checkpoints" / "mot_lite_off.pth.tar", out / "data" / "val"
    found = feature_distances(checkpoint, split, every=8, batch_size=8)  # the first frame of both sequences
    net = load_network(checkpoint)[0].eval()
    rows = []
    for sequence in find_sequences(split):
        truth = read_truth(sequence)
        picture = default_image_loader(sequence.image_path(1)).astype(np.float32) / 255
        picture = (picture - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        with torch.no_grad():
            feature = net(torch.from_numpy(picture.transpose(2, 0, 1)[None]).float())["feature"][0].numpy()
        seen = truth.select((truth.frame == 1) & truth.considered & (truth.visibility > 0.5))
        middles = np.clip(seen.xywh[:, :2] + seen.xywh[:, 2:] / 2, 0, (sequence.width - 1, sequence.height - 1))
        rows += [feature[:, int(y) // 4, int(x) // 4] for x, y in middles]
    rows = np.array(rows, np.float64)
    expected = np.sqrt(((rows - rows.mean(0)) ** 2).mean(1))
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_data_of_an_equal_plan_are_used_again_and_of_another_are_not(done):
    note = done[0] / "data" / "plan.json"
    before = note.stat().st_mtime_ns
    plan = dataclasses.replace(TINY, seed=3)
    prepare_data(DIMRecipe(dataclasses.replace(plan, epochs=9), workers=1), done[0] / "data")
    assert note.stat().st_mtime_ns == before
    prepare_data(DIMRecipe(dataclasses.replace(plan, frames=2), workers=1), done[0] / "data")
    assert note.stat().st_mtime_ns > before


def test_folders_of_others_are_left_alone(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="no quickstart made"):
        prepare_data(DIMRecipe(TINY, workers=1), tmp_path / "data")
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InputError, match="got a file"):
        run_mot_quickstart(tmp_path / "file", plan=TINY)
    assert (tmp_path / "data" / "mine.txt").read_text() == (tmp_path / "file").read_text() == "kept"


def test_comparisons_pair_sequences():
    def scores(*hotas: float) -> dict:
        return {"per_sequence": {f"s{at}": {"hota": value} for at, value in enumerate(hotas)}}

    found = comparisons(
        {"trackers": {"off_iou": scores(0.3, 0.5), "off_embedding": scores(0.4, 0.6), "det_iou": scores(0, 0),
                      "det_embedding": scores(0.1, 0.2)}}
    )  # fmt: skip
    assert [round(pair["difference"], 6) for pair in found] == [0.1, 0.15, -0.35]
    assert found[0]["low"] == pytest.approx(0.1) and found[0]["high"] == pytest.approx(0.1)
    assert (found[2]["low"], found[2]["high"]) == (pytest.approx(-0.4), pytest.approx(-0.3))


def test_quantiles_are_those_of_the_distances():
    assert quantiles(np.arange(101.0)) == {"d05": 5.0, "d50": 50.0, "d95": 95.0}


def test_plans_differ_in_size_and_drawing_ignores_the_training():
    assert FAST.epochs * FAST.samples_per_epoch < DEFAULT.epochs * DEFAULT.samples_per_epoch
    assert "epochs" not in DEFAULT.drawing() and DEFAULT.drawing()["seed"] == 0


@pytest.mark.slow
def test_appearance_beats_overlap_on_held_out_crowds(tmp_path):
    pytest.importorskip("trackeval", reason="extra 'mot' is not installed")
    results = run_mot_quickstart(tmp_path / "demo")
    hota = {name: found["combined"]["hota"] for name, found in results["scores"]["trackers"].items()}
    assert hota["both_embedding"] > hota["both_iou"] + 0.03
    assert hota["off_embedding"] > hota["off_iou"] + 0.03
    assert results["seconds"] < 900
