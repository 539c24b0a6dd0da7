"""The quickstart from end to end: data, two trainings, tracking, scores, report."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siou_tracking import __version__
from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.sequence import AnnotatedSequence as Clip
from siou_tracking.errors import InputError
from siou_tracking.files import write_json
from siou_tracking.parallel import cores
from siou_tracking.quickstart.evaluate import score_all, track_all
from siou_tracking.quickstart.page import write_overlay, write_report
from siou_tracking.quickstart.plan import DEFAULT, FAST, Plan
from siou_tracking.quickstart.table import format_table
from siou_tracking.quickstart.training import train_all


def run_quickstart(
    out: Path, fast: bool = False, seed: int = 0, data: Mapping[str, Path] | None = None, plan: Plan | None = None
) -> dict[str, Any]:
    """Train with two box losses, track a held-out set with both, and leave tables and pictures in `out`.

    Args:
        out: folder for results.json, report.html, overlay.mp4, checkpoints/, data/ and results/. What an earlier run
            left there is replaced when this one succeeds.
        fast: the short plan; under 2 minutes on 2 cores instead of under 10.
        seed: of the generated pictures and of both trainings; it repeats their numbers on one machine only.
        data: `{"otb2015": folder}` also tracks and scores the sequences found there.
        plan: sizes other than the two built-in ones.

    Returns:
        What results.json holds.

    Raises:
        InputError: an unusable folder, before anything is trained.
    """
    started = time.monotonic()
    plan = dataclasses.replace(plan or (FAST if fast else DEFAULT), seed=seed)
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"quickstart: --out {out}: got a file, expected a folder or a new name")
    real = _real_sequences(data or {})
    sets = {"got10k": make_data(plan, out / "data"), **real}
    print(f"training bbreg atom_lite with {' and '.join(plan.losses)}, seed {plan.seed}", flush=True)
    trained = train_all(plan, out / "data", out)
    weights = {"static": None, **{loss: checkpoint for loss, (checkpoint, _) in trained.items()}}
    tracked = {name: track_all(clips, weights, plan.seed) for name, clips in sets.items()}
    shutil.rmtree(out / "results", ignore_errors=True)
    scored = {name: score_all(name, out / "results" / name, clips, tracked[name]) for name, clips in sets.items()}
    results: dict[str, Any] = {
        "version": __version__,
        "plan": dataclasses.asdict(plan),
        "metrics": {name: metrics for name, (_, metrics) in scored.items()},
        "protocols": {name: next(iter(scores.values())).protocol for name, (scores, _) in scored.items()},
        "training": {loss: history for loss, (_, history) in trained.items()},
        "checkpoints": {loss: path.relative_to(out).as_posix() for loss, (path, _) in trained.items()},
    }
    write_overlay(out / "overlay.mp4", sets, tracked)
    results["seconds"] = round(time.monotonic() - started, 1)
    write_report(out / "report.html", results, sets, tracked, {name: scores for name, (scores, _) in scored.items()})
    write_json(out / "results.json", results)
    for name, metrics in results["metrics"].items():
        print(f"\n{format_table(name, metrics)}")
    print(f"\nreport: {out / 'report.html'}   video: {out / 'overlay.mp4'}   {results['seconds']:.0f} s")
    return results


def make_data(plan: Plan, folder: Path) -> list[Clip]:
    """Generate training and held-out sequences in GOT-10k's layout, or find those an equal plan made before.

    Args:
        plan: how many, how long, and the seed.
        folder: receives train/, val/ and plan.json, which is written last.

    Returns:
        The held-out sequences.
    """
    from siou_tracking.scenes import write_got10k

    made = {key: value for key, value in dataclasses.asdict(plan).items() if "frames" in key or "sequences" in key}
    made["seed"] = plan.seed
    note = folder / "plan.json"
    if not note.is_file() or json.loads(note.read_text(encoding="utf-8")) != made:
        if folder.exists() and any(folder.iterdir()) and not note.is_file():
            raise InputError(f"quickstart: {folder}: holds files that no quickstart made: choose another --out")
        shutil.rmtree(folder, ignore_errors=True)
        write_got10k(folder, "train", plan.train_sequences, seed=plan.seed, length=plan.frames, workers=cores())
        write_got10k(folder, "val", plan.heldout_sequences, seed=plan.seed, length=plan.heldout_frames, workers=cores())
        write_json(note, made)
    return load_sequences("got10k", folder)


def _real_sequences(data: Mapping[str, Path]) -> dict[str, list[Clip]]:
    """The sequences of `--data`, with every image found, so that a wrong folder is told before the training."""
    wrong = sorted(set(data) - {"otb2015"})
    if wrong:
        raise InputError(f"quickstart: --data {wrong[0]}: got a data set it cannot score, allowed is otb2015=DIR")
    sets = {name: load_sequences(name, folder) for name, folder in data.items()}
    for clips in sets.values():
        for clip in clips:
            _ = clip.frames
    return sets
