"""The DIM loss off, DM only, IM only, and both, on generated crowds with paired seeds; goes on where it stopped.

OMP_NUM_THREADS=1 python experiments/dim/run.py --work DIR

DIR keeps the crowds and the checkpoints; results.json and distances.png lie beside this file.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from siou_tracking import __version__
from siou_tracking.files import atomic_path, write_json
from siou_tracking.mot.quickstart.dim import DIMPlan, DIMRecipe
from siou_tracking.mot.quickstart.evaluate import ASSOCIATION_TITLES, DIMS, track_one
from siou_tracking.mot.quickstart.features import feature_distances, quantiles, read_margins
from siou_tracking.mot.quickstart.figures import draw_feature_distances
from siou_tracking.mot.scoring.score import score_mot
from siou_tracking.quickstart.data import prepare_data
from siou_tracking.report.table import align_columns

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, start

HERE = Path(__file__).parent
METRICS = ("hota", "deta", "assa", "mota", "idf1", "idsw")
PLAN = DIMPlan(40, 6, 30, 60, epochs=10, samples_per_epoch=200)
Run = dict[str, Any]


def one_run(plan: DIMPlan, dim: str, seed: int, data: Path, work: Path) -> Run:
    """Train, track the held-out crowds with both trackers, score, and measure the features."""
    place = work / f"seed{seed}"
    shutil.rmtree(place / f"{dim}_training", ignore_errors=True)
    started = time.process_time()
    recipe = DIMRecipe(dataclasses.replace(plan, seed=seed))
    checkpoint, history = recipe.train(dim, data, place / f"{dim}_training")
    seconds = time.process_time() - started
    folders = {association: place / f"{dim}_{association}" for association in ASSOCIATION_TITLES}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    speeds = {name: track_one(checkpoint, data / "val", folder, name) for name, folder in folders.items()}
    scores = score_mot(data / "val", folders)
    distances = feature_distances(checkpoint, data / "val", every=10)
    return {
        "dim": dim,
        "seed": seed,
        "training_cpu_seconds": round(seconds, 1),
        "frames_per_second": speeds,
        "margins": read_margins(checkpoint, dim),
        "quantiles": quantiles(distances),
        "last_epoch": history[-1],
        "combined": {name: found["combined"] for name, found in scores["trackers"].items()},
        "per_sequence_hota": {
            name: {sequence: values["hota"] for sequence, values in found["per_sequence"].items()}
            for name, found in scores["trackers"].items()
        },
        "distances": [round(value, 3) for value in distances.tolist()],
    }


def summarize(runs: Sequence[Run]) -> dict[str, Any]:
    """Means over seeds, and differences to "off" with the same seed: mean and 95 % t-interval over seeds."""
    table: dict[str, dict[int, dict[str, float]]] = {dim: {} for dim in DIMS}
    for run in runs:
        row = {metric: run["combined"]["embedding"][metric] for metric in METRICS}
        row["hota_iou_tracker"] = run["combined"]["iou"]["hota"]
        row |= {f"fps_{name}": speed for name, speed in run["frames_per_second"].items()}
        row |= run["quantiles"] | {"training_cpu_seconds": run["training_cpu_seconds"]}
        table[run["dim"]][run["seed"]] = row
    summary: dict[str, Any] = {"mean": {}, "difference_to_off": {}}
    for dim, rows in table.items():
        if rows:
            summary["mean"][dim] = {"seeds": sorted(rows)} | _means(list(rows.values()))
        paired = sorted(set(rows) & set(table["off"]))
        if dim != "off" and len(paired) > 1:
            summary["difference_to_off"][dim] = {"seeds": paired} | {
                key: _interval([rows[seed][key] - table["off"][seed][key] for seed in paired])
                for key in rows[paired[0]]
            }
    return summary


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def _interval(differences: Sequence[float]) -> dict[str, float]:
    values = np.asarray(differences)
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    mean = float(values.mean())
    return {"mean": mean, "low": mean - half, "high": mean + half, "positive": int((values > 0).sum())}


def print_summary(summary: Mapping[str, Any]) -> None:
    """Means and paired differences, in percent but for ID switches."""
    head = ["", *(metric.upper() for metric in METRICS), "IoU tracker's HOTA"]
    keys = [*METRICS, "hota_iou_tracker"]
    rows = [head]
    for dim, values in summary["mean"].items():
        rows.append([DIMS[dim], *(f"{values[key] * _factor(key):.2f}" for key in keys)])
    for dim, values in summary["difference_to_off"].items():
        cells = [[values[key][name] * _factor(key) for name in ("mean", "low", "high")] for key in keys]
        rows.append([f"{DIMS[dim]} - {DIMS['off']}", *("{:+.2f} [{:+.2f}, {:+.2f}]".format(*cell) for cell in cells)])
    print("\n".join(align_columns(rows)))


def _factor(key: str) -> float:
    return 1.0 if key == "idsw" else 100.0


def draw(runs: Sequence[Run], path: Path) -> None:
    """Distances of all seeds together, a panel a mode; the margins are the means over seeds."""
    distances, margins = {}, {}
    for dim, title in DIMS.items():
        group = [run for run in runs if run["dim"] == dim]
        if group:
            distances[title] = np.concatenate([run["distances"] for run in group])
            columns = zip(*(run["margins"] for run in group), strict=True)
            margins[title] = [None if None in column else float(np.mean(column)) for column in columns]
    with atomic_path(path) as temporary:
        draw_feature_distances(distances, margins).savefig(temporary, dpi=110)


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--work", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--dims", nargs="+", choices=list(DIMS), default=list(DIMS))
    options = parser.parse_args()
    start()
    path = HERE / "results.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    plan = {key: value for key, value in vars(PLAN).items() if key != "dims"}
    runs: list[Run] = found["runs"] if found.get("plan") == plan else []
    data = prepare_data(DIMRecipe(PLAN), options.work / "data")
    done = {(run["seed"], run["dim"]) for run in runs}
    for seed, dim in ((seed, dim) for seed in options.seeds for dim in options.dims):
        if (seed, dim) in done:
            continue
        print(f"seed {seed}, {DIMS[dim]}", flush=True)
        runs.append(one_run(PLAN, dim, seed, data, options.work))
        write_json(path, {"version": __version__, "plan": plan, "summary": summarize(runs), "runs": runs})
    draw(runs, HERE / "distances.png")
    print_summary(summarize(runs))


if __name__ == "__main__":
    main()
