"""Train the same network once per variant, on the same pictures in the same order."""

from __future__ import annotations

import shutil
from pathlib import Path

from tqdm import tqdm

from siou_tracking.parallel import run_jobs
from siou_tracking.quickstart.recipe import Recipe, Results

WORKSPACE = ".training"


def prepare_training(recipe: Recipe, data: Path, out: Path) -> None:
    """Make an empty workspace in `out`, and in it what the trainings share."""
    shutil.rmtree(out / WORKSPACE, ignore_errors=True)
    recipe.prepare(data, out / WORKSPACE)


def train_variants(recipe: Recipe, data: Path, out: Path) -> dict[str, tuple[Path, list[Results]]]:
    """Train every variant, all at once where there are cores for it.

    Args:
        recipe: trains one.
        data: what it drew.
        out: see `prepare_training`; receives checkpoints/<network>_<variant>.pth.tar and .safetensors, the workspace is
            removed at the end.

    Returns:
        Variant -> (checkpoint file, one record of statistics per epoch and loader).
    """
    workspace, kept = out / WORKSPACE, out / "checkpoints"
    kept.mkdir(parents=True, exist_ok=True)
    variants, trained = recipe.variants, {}
    jobs = [(variant, data, workspace / variant) for variant in variants]
    total = recipe.plan.epochs * len(variants)
    with tqdm(total=total, desc="training", unit="epoch", dynamic_ncols=True, disable=None) as bar:
        done = run_jobs(recipe.train, jobs, lambda: _show_progress(bar, workspace), recipe.workers)
        for index, (checkpoint, records) in done:
            path = kept / f"{recipe.network}_{variants[index]}.pth.tar"
            _move(checkpoint, path)
            trained[variants[index]] = path, records
    shutil.rmtree(workspace)
    return {variant: trained[variant] for variant in variants}


def _move(checkpoint: Path, path: Path) -> None:
    """Move a checkpoint, and the network alone that lies beside it."""
    from siou_tracking.ltr.admin.checkpoint_files import weights_path

    weights_path(path).unlink(missing_ok=True)  # an earlier one's
    checkpoint.replace(path)
    if weights_path(checkpoint).is_file():
        weights_path(checkpoint).replace(weights_path(path))


def read_training(checkpoint: Path, with_seconds: bool = False) -> list[Results]:
    """One record per epoch and loader of the training that left `checkpoint`: epoch, loader, the statistics.

    Args:
        checkpoint: stats.jsonl lies beside it.
        with_seconds: how long each took, as the last entry.
    """
    from siou_tracking.ltr.trainers.history import read_history

    records = []
    for one in read_history(checkpoint.parent):
        seconds = {"seconds": one["seconds"]} if with_seconds else {}
        records.append({"epoch": one["epoch"], "loader": one["loader"], **one["stats"], **seconds})
    return records


def _show_progress(bar: tqdm, workspace: Path) -> None:
    """Count the epochs whose training record has been written."""
    records = (path.read_text(encoding="utf-8") for path in workspace.rglob("stats.jsonl"))
    bar.n = sum(text.count('"loader": "train"') for text in records)
    bar.refresh()
