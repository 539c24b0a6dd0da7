"""The multi-object quickstart from end to end: data, trainings, tracking, scores, report."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from siou_tracking import __version__
from siou_tracking.errors import InputError
from siou_tracking.files import write_json
from siou_tracking.mot.quickstart.evaluate import comparisons, track_all
from siou_tracking.mot.quickstart.page import comparison_lines, table_rows, write_pictures, write_report
from siou_tracking.mot.quickstart.plan import DEFAULT, FAST, MOTPlan
from siou_tracking.mot.quickstart.training import train_all
from siou_tracking.report.table import align_columns


def run_mot_quickstart(out: Path, fast: bool = False, seed: int = 0, plan: MOTPlan | None = None) -> dict[str, Any]:
    """Train with and without the DIM loss, track held-out crowds, and leave tables and pictures in `out`.

    Args:
        out: folder for results.json, report.html, overlay.mp4, strip.png, checkpoints/, data/ and results/. What an
            earlier run left there is replaced step by step; take another folder to keep it.
        fast: the short plan; under 2 minutes on 2 cores.
        seed: of the generated crowds and of the trainings; it repeats their numbers on one machine only.
        plan: sizes other than the two built-in ones.

    Returns:
        What results.json holds.

    Raises:
        InputError: an unusable folder, or trackeval is not installed, before anything is trained.
    """
    from siou_tracking.mot.quickstart.features import feature_distances
    from siou_tracking.mot.scoring.evaluator import import_trackeval
    from siou_tracking.mot.scoring.score import score_mot

    started = time.monotonic()
    plan = dataclasses.replace(plan or (FAST if fast else DEFAULT), seed=seed)
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"mot quickstart: --out {out}: got a file, expected a folder or a new name")
    import_trackeval()
    data = make_data(plan, out / "data")
    print(f"training mot_lite with DIM {' and '.join(plan.dims)}, seed {plan.seed}", flush=True)
    trained = train_all(plan, data / "train", out)
    checkpoints = {dim: checkpoint for dim, (checkpoint, _) in trained.items()}
    speeds = track_all(checkpoints, data / "val", out / "results")
    scores = score_mot(data / "val", {name: out / "results" / name for name in speeds})
    distances = {dim: feature_distances(checkpoint, data / "val") for dim, checkpoint in checkpoints.items()}
    results: dict[str, Any] = {
        "version": __version__,
        "plan": dataclasses.asdict(plan),
        "scores": scores,
        "frames_per_second": speeds,
        "comparisons": comparisons(scores),
        "features": {
            dim: {"quantiles": quantiles(values), "margins": read_margins(checkpoints[dim], dim)}
            for dim, values in distances.items()
        },
        "training": {dim: history for dim, (_, history) in trained.items()},
        "checkpoints": {dim: path.relative_to(out).as_posix() for dim, path in checkpoints.items()},
    }
    write_pictures(out, f"{plan.dims[-1]}_embedding")
    results["seconds"] = round(time.monotonic() - started, 1)
    write_report(out / "report.html", results, distances, out)
    write_json(out / "results.json", results)
    print("\n".join(["", *align_columns(table_rows(results)), "", *comparison_lines(results)]))
    print(f"\nreport: {out / 'report.html'}   video: {out / 'overlay.mp4'}   {results['seconds']:.0f} s")
    return results


def make_data(plan: MOTPlan, folder: Path) -> Path:
    """Draw training and held-out crowds, or find those an equal plan drew before.

    Args:
        plan: how many, how long, and the seed.
        folder: receives train/, val/ and plan.json, all at once when they are complete.

    Returns:
        `folder`.
    """
    from siou_tracking.mot.scenes import write_motchallenge

    made, note = plan.drawing(), folder / "plan.json"
    if not note.is_file() or json.loads(note.read_text(encoding="utf-8")) != made:
        if folder.exists() and any(folder.iterdir()) and not note.is_file():
            raise InputError(f"mot quickstart: {folder}: holds files that no quickstart made: choose another --out")
        drawing = folder.with_name(f".{folder.name}.drawing")  # what a stopped run leaves never passes for data
        shutil.rmtree(drawing, ignore_errors=True)
        write_motchallenge(drawing, "train", sequences=plan.train_sequences, frames=plan.frames, seed=plan.seed)
        write_motchallenge(drawing, "val", sequences=plan.heldout_sequences, frames=plan.heldout_frames, seed=plan.seed)
        write_json(drawing / note.name, made)
        shutil.rmtree(folder, ignore_errors=True)
        drawing.replace(folder)
    return folder


def quantiles(distances: np.ndarray) -> dict[str, float]:
    """5, 50 and 95 per cent of distances."""
    return dict(zip(("d05", "d50", "d95"), np.quantile(distances, (0.05, 0.5, 0.95)).tolist(), strict=True))


def read_margins(checkpoint: Path, dim: str) -> list[float | None]:
    """m_D and m_I that a network was trained with; None for a term that did not act."""
    from siou_tracking.ltr.admin.loading import load_network

    far, near = load_network(checkpoint)[0].margins.tolist()
    return [far if dim in ("det", "both") else None, near if dim in ("id", "both") else None]
