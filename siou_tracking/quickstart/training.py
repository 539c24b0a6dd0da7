"""Train the same network once per box loss, on the same pictures in the same order."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tqdm import tqdm

from siou_tracking.parallel import run_jobs
from siou_tracking.quickstart.plan import Plan

Trained = dict[str, tuple[Path, list[dict[str, Any]]]]


def train_all(plan: Plan, data: Path, out: Path) -> Trained:
    """Train `bbreg atom_lite` with every loss of the plan, all at once where there are cores for it.

    Args:
        plan: sizes, losses and seed.
        data: GOT-10k-format root with `train` and `val`.
        out: receives checkpoints/atom_lite_<loss>.pth.tar; what the trainers leave beside it is removed at the end.

    Returns:
        Loss name -> (checkpoint file, one record of statistics per epoch).
    """
    folders = {loss: out / ".training" / loss for loss in plan.losses}
    shutil.rmtree(out / ".training", ignore_errors=True)
    trained: Trained = {}
    with tqdm(
        total=plan.epochs * len(plan.losses), desc="training", unit="epoch", dynamic_ncols=True, disable=None
    ) as bar:
        jobs = [(plan, loss, data, folders[loss]) for loss in plan.losses]
        for index, (checkpoint, history) in run_jobs(_train_one, jobs, lambda: _show_progress(bar, out / ".training")):
            loss = plan.losses[index]
            kept = out / "checkpoints" / f"atom_lite_{loss}.pth.tar"
            kept.parent.mkdir(parents=True, exist_ok=True)
            checkpoint.replace(kept)
            trained[loss] = kept, history
    shutil.rmtree(out / ".training")
    return {loss: trained[loss] for loss in plan.losses}


def _show_progress(bar: tqdm, folder: Path) -> None:
    """Count the epochs whose training record has been written."""
    records = (path.read_text(encoding="utf-8") for path in folder.rglob("stats.jsonl"))
    bar.n = sum(text.count('"loader": "train"') for text in records)
    bar.refresh()


def _train_one(plan: Plan, loss: str, data: Path, workspace: Path) -> tuple[Path, list[dict[str, Any]]]:
    from siou_tracking.ltr.run_training import train
    from siou_tracking.ltr.trainers.history import read_history
    from siou_tracking.retrain import BoxLossChoice, TrainRequest

    result = train(
        TrainRequest(
            "bbreg",
            "atom_lite",
            box_loss=BoxLossChoice.from_options(loss),
            data={"got10k": data},
            workspace=workspace,
            epochs=plan.epochs,
            samples_per_epoch=plan.samples_per_epoch,
            workers=0,
            seed=plan.seed,
            quiet=True,
        )
    )
    history = read_history(result.checkpoint.parent)
    return result.checkpoint, [{"epoch": one["epoch"], "loader": one["loader"], **one["stats"]} for one in history]
