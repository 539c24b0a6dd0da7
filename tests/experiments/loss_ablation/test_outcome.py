"""Numbers of the study from result files: the product's score, and differences seed by seed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from experiments.loss_ablation.figures import draw_forest, draw_sequences
from experiments.loss_ablation.jobs import UNTRAINED, Job, list_jobs
from experiments.loss_ablation.outcome import OFFICIAL, describe, describe_loss
from experiments.loss_ablation.plan import QUICK, Parts, tracker_name
from experiments.loss_ablation.scoring import GOT10K, METRICS, SECONDS, Numbers, as_got10k, score_job
from experiments.real_data import BENCHMARK
from siou_tracking.benchmarks import score
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.files import write_json
from siou_tracking.trackers.atom.params import PRESETS

FRAMES = 6


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Three seeds of two losses on two sequences; diou's boxes are nearer by one pixel than iou's."""
    sequences = []
    for number in (1, 0):
        folder = tmp_path / f"s{number}"
        folder.mkdir()
        for frame in range(1, FRAMES + 1):
            cv2.imwrite(str(folder / f"{frame:04d}.jpg"), np.zeros((48, 64, 3), np.uint8))
        sequences.append(AnnotatedSequence(f"s{number}", np.tile([5.0, 6.0, 20.0, 10.0], (FRAMES, 1)), folder))
    found = list_jobs(QUICK, Parts(tmp_path / "parts"), sequences, {"atom_lite": ["iou", "diou"]}, 3)
    for job in found:
        shift = {"iou": 3, "diou": 2, None: 15}[job.loss] + 0.5 * job.seed
        for one in sequences:
            boxes = one.ground_truth + np.array([shift * (one.name == "s1"), 0, 0, 0])
            path = job.parts.tracks / job.name / f"{one.name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savetxt(path, boxes, delimiter=",")
    return found


def outcome(jobs: list[Job]) -> Numbers:
    return describe({job: score_job(job) for job in jobs}, {"atom_lite": "iou"})


def test_jobs_go_seed_by_seed_and_know_what_is_missing(jobs: list[Job]) -> None:
    names = [job.name for job in jobs]
    assert names[: len(UNTRAINED)] == list(UNTRAINED)
    first = [tracker_name("atom_lite", loss, seed) for loss, seed in [("iou", 0), ("diou", 0), ("iou", 1)]]
    assert [name.rpartition("-")[0] for name in names[len(UNTRAINED) :][:3]] == first
    assert [job.count_missing() for job in jobs] == [0] * len(jobs)
    (jobs[2].parts.tracks / jobs[2].name / "s1.txt").unlink()
    assert jobs[2].count_missing() == 1


def test_a_mean_over_sequences_is_the_products_score(jobs: list[Job]) -> None:
    job = jobs[2]
    (product,) = score(BENCHMARK, job.parts.tracks / job.name, list(job.sequences)).values()
    found = score_job(job)
    assert np.mean(list(found["success_auc"].values())) == pytest.approx(product.metrics["success_auc"], abs=1e-4)
    overlap = 17 / 23  # 3 of 20 pixels beside
    assert found["ao"] == pytest.approx((1 + overlap) / 2, abs=1e-4) and found["sr75"] == 0.5
    assert as_got10k(jobs[0].sequences[0]).resolution == (64, 48)


def test_differences_are_those_to_the_baseline(jobs: list[Job]) -> None:
    result = outcome(jobs)
    iou, diou = (result["families"]["atom_lite"][name] for name in ("iou", "diou"))
    assert "against" not in iou and np.shape(diou["values"]) == (3, 2)
    gap = diou["against"]
    assert gap["difference"] == pytest.approx(diou[METRICS[0]]["mean"] - iou[METRICS[0]]["mean"], abs=1e-3)
    assert gap["low"] <= gap["difference"] <= gap["high"] and gap["difference"] > 0
    assert gap["holm"] == gap["p_value"]  # one loss alone
    assert result["untrained"]["static"][METRICS[0]]["seeds"] == [None, None]  # one run
    assert list(result["sequences"].items()) == [("s0", FRAMES), ("s1", FRAMES)]  # as values have them


def test_tracks_of_another_preset_are_others(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    before, untrained = jobs[-1].name, jobs[0].name
    monkeypatch.setitem(PRESETS, "lite", dataclasses.replace(PRESETS["lite"], train_skipping=7))
    assert jobs[-1].name != before and jobs[0].name == untrained
    assert jobs[-1].name.rpartition("-")[0] == before.rpartition("-")[0]


def test_sequences_of_otb2015_have_a_mean_of_their_own(jobs: list[Job]) -> None:
    assert outcome(jobs)["families"]["atom_lite"]["iou"][OFFICIAL] is None
    runs = []
    for seed in (1, 2):
        values = {"Basketball": 0.1 * seed, "Dog": 0.3 * seed, "mine": 0.9}
        runs.append({**dict.fromkeys(METRICS, values), **dict.fromkeys(GOT10K, 0.5), SECONDS: None})
    assert describe_loss(runs)[OFFICIAL] == pytest.approx((0.2 + 0.4) / 2)


def test_a_trainings_seconds_are_those_of_its_epochs(jobs: list[Job]) -> None:
    for job in jobs:
        if job.loss == "iou" and job.seed < 2:
            epochs = [{"seconds": 3.0}, {"seconds": 4.0 + job.seed}]
            write_json(job.parts.statistics("atom_lite", "iou", job.seed), {"epochs": epochs})
    found = outcome(jobs)["families"]["atom_lite"]
    assert found["iou"][SECONDS] == [7, 8] and SECONDS not in found["diou"]


def test_the_figures_have_a_row_a_tracker(jobs: list[Job]) -> None:
    result = outcome(jobs)
    rows = [label.get_text() for label in draw_forest(result).axes[0].get_yticklabels()]
    assert rows == ["static", "opencv-mil", "atom_lite: iou", "atom_lite: diou"]  # better ones above
    assert len(draw_sequences(result).axes[0].get_xticklabels()) == 2
