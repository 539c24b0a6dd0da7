"""Train the same network once per mode of the DIM loss, on the same frames in the same order."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tqdm import tqdm

from siou_tracking.mot.quickstart.plan import MOTPlan
from siou_tracking.parallel import run_jobs

Trained = dict[str, tuple[Path, list[dict[str, Any]]]]


def train_all(plan: MOTPlan, data: Path, out: Path) -> Trained:
    """Train `mot_lite` with every mode of the plan, all at once where there are cores for it.

    Args:
        plan: sizes, modes and seed.
        data: the training split, a folder of sequences.
        out: receives checkpoints/mot_lite_<mode>.pth.tar; what the trainers leave beside it is removed at the end.

    Returns:
        Mode -> (checkpoint file, one record of statistics per epoch).
    """
    workspace = out / ".training"
    shutil.rmtree(workspace, ignore_errors=True)
    jobs = [(plan, dim, data, workspace / dim, out / "checkpoints") for dim in plan.dims]
    trained: Trained = {}
    total = plan.epochs * len(jobs)
    with tqdm(total=total, desc="training", unit="epoch", dynamic_ncols=True, disable=None) as bar:
        for index, found in run_jobs(train_one, jobs, lambda: _show_progress(bar, workspace)):
            trained[plan.dims[index]] = found
    shutil.rmtree(workspace)
    return {dim: trained[dim] for dim in plan.dims}


def train_one(
    plan: MOTPlan, dim: str, data: Path, workspace: Path, checkpoints: Path
) -> tuple[Path, list[dict[str, Any]]]:
    """One training, with one mode of the DIM loss.

    Returns:
        `checkpoints/mot_lite_<dim>.pth.tar`, and one record of statistics per epoch and loader.
    """
    from siou_tracking.ltr.trainers.history import read_history
    from siou_tracking.mot.training.train import DIMRequest, train_mot
    from siou_tracking.retrain import BoxLossChoice, TrainRequest

    result = train_mot(
        TrainRequest(
            "mot",
            "mot_lite",
            data={"mot": data},
            box_loss=BoxLossChoice.from_options(plan.box_loss),
            workspace=workspace,
            epochs=plan.epochs,
            samples_per_epoch=plan.samples_per_epoch,
            workers=0,
            seed=plan.seed,
            resume=False,
            quiet=True,
        ),
        DIMRequest(mode=dim),
    )
    history = read_history(result.checkpoint.parent)
    kept = checkpoints / f"mot_lite_{dim}.pth.tar"
    checkpoints.mkdir(parents=True, exist_ok=True)
    result.checkpoint.replace(kept)
    records = [{"epoch": one["epoch"], "loader": one["loader"], **one["stats"]} for one in history]
    return kept, [{**record, "seconds": one["seconds"]} for record, one in zip(records, history, strict=True)]


def _show_progress(bar: tqdm, folder: Path) -> None:
    """Count the epochs whose training record has been written."""
    records = (path.read_text(encoding="utf-8") for path in folder.rglob("stats.jsonl"))
    bar.n = sum(text.count('"loader": "train"') for text in records)
    bar.refresh()
