"""Trackers of several sharpness are trained and scored by the study of whole trackers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.loss_ablation.plan import FULL, QUICK, Plan
from experiments.loss_ablation.scoring import Numbers
from experiments.sharpness import trackers
from experiments.sharpness.forms import Member
from siou_tracking.benchmarks.sequence import AnnotatedSequence


def test_trackers_are_compared_by_seed_and_sequence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = np.ones((3, 4))
    val = [AnnotatedSequence(name, boxes, tmp_path) for name in ("a", "b")]
    seen: list[tuple[str, int]] = []

    def score(job: trackers.Job) -> Numbers:
        seen.append((str(job.loss), job.seed))
        return {"success_auc": {one.name: job.seed + place / 10 for place, one in enumerate(job.sequences)}}

    monkeypatch.setattr(trackers, "prepare_data", lambda *_: None)
    monkeypatch.setattr(trackers, "load_sequences", lambda *_: val)
    monkeypatch.setattr(trackers, "run_all", lambda jobs, *_: {job: score(job) for job in jobs})
    parts = trackers.OwnTracks(tmp_path, own=tmp_path / "tracks")
    test = [AnnotatedSequence("c", boxes, tmp_path)]
    table = trackers.run_trackers(QUICK, parts, "atom_lite", (32.0, 16.0), 2, None, test, 1)
    assert seen == [
        ("smooth_iou", 0),
        ("experiments.sharpness.named:log_bhattacharyya_16", 0),
        ("smooth_iou", 1),
        ("experiments.sharpness.named:log_bhattacharyya_16", 1),
    ]
    np.testing.assert_allclose(table.val[Member(sharpness=16.0)], [[0, 0.1], [1, 1.1]])
    np.testing.assert_allclose(table.test[Member(sharpness=32.0)], [[0.2], [1.2]])
    assert parts.tracks == tmp_path / "tracks" and not table.decides
    assert [trackers.name_of(Member(sharpness=256.0), role) == "smooth_iou" for role in ("loss", "score")] == [
        True,
        False,
    ]


@pytest.mark.parametrize(("plan", "frames"), [(FULL, 26), (QUICK, 10)])
def test_a_full_look_tracks_all_frames_of_validation_sequences(
    plan: Plan, frames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequences = [AnnotatedSequence(name, np.ones((26, 4)), tmp_path) for name in ("a", "b")]
    tracked: list[int] = []

    def score(job: trackers.Job) -> Numbers:
        tracked.extend(map(len, job.sequences))
        return {"success_auc": {one.name: 0.5 for one in job.sequences}}

    monkeypatch.setattr(trackers, "prepare_data", lambda *_: None)
    monkeypatch.setattr(trackers, "load_sequences", lambda *_: sequences)
    monkeypatch.setattr(trackers, "run_all", lambda jobs, *_: {job: score(job) for job in jobs})
    trackers.run_trackers(plan, trackers.OwnTracks(tmp_path), "tomp_lite", (4.0,), 1, None, [], 1)
    assert tracked == [frames] * 2
