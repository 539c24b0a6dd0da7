"""Training data of the study, and one training of a family with one loss and seed by the product's own `train`."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Collection
from pathlib import Path

from experiments.loss_ablation.families import FAMILIES
from experiments.loss_ablation.plan import Parts, Plan, tracker_name
from experiments.real_data import Training
from siou_tracking.files import write_json, write_text
from siou_tracking.quickstart.training import read_training
from siou_tracking.retrain import BoxLossChoice, TrainRequest

HELDOUT, HELDOUT_FRAMES = 2, 20
"""Generated sequences that a plan without real pictures is tested on."""


def make_plan(size: Plan, seed: int, real: Training | None) -> Plan:
    """A plan of that size, which knows its real training data, if it has some, by their sequences' names and boxes."""
    if real is None:
        return dataclasses.replace(size, seed=seed)
    found = hashlib.sha256()
    for split in ("train", "val"):
        folder = real.got10k / split
        for name in _names(folder):
            found.update(f"{split} {name} ".encode() + (folder / name / "groundtruth.txt").read_bytes())
    if size.coco_share:
        for path in sorted((real.coco / "annotations").glob("instances_train*.json")):
            found.update(path.read_bytes())
    return dataclasses.replace(size, seed=seed, pictures=found.hexdigest()[:8])


def prepare_data(plan: Plan, parts: Parts, real: Training | None, workers: int) -> None:
    """Make parts.data, unless it is there: train/ of real (as links) and generated sequences, val/ of real ones."""
    from siou_tracking.scenes import write_got10k

    if parts.data.is_dir():
        return
    making = parts.data.with_name(".data.tmp")
    shutil.rmtree(making, ignore_errors=True)
    count, frames = plan.generated_sequences, plan.generated_frames
    write_got10k(making, "train", count, seed=plan.seed, length=frames, workers=workers, progress=False)
    if real is None:
        write_got10k(making, "val", HELDOUT, seed=plan.seed, length=HELDOUT_FRAMES, workers=workers, progress=False)
    else:
        times = max(1, round(count / len(_names(real.got10k / "train")))) if plan.balanced else 1
        for time in range(times):
            link_sequences(real.got10k / "train", making / "train", f"real{time or ''}_")
        link_sequences(real.got10k / "val", making / "val", "real_")
        if plan.coco_share:
            (making / "coco").symlink_to(real.coco.absolute(), target_is_directory=True)
    making.replace(parts.data)


def link_sequences(source: Path, target: Path, prefix: str = "", only: Collection[str] | None = None) -> None:
    """Add the sequences of a folder in GOT-10k's layout to another one, which may be new, under `prefix` and name.

    Args:
        only: names of those that are added; None for all.
    """
    target.mkdir(parents=True, exist_ok=True)
    listing = target / "list.txt"
    names = _names(target) if listing.is_file() else []
    for name in [one for one in _names(source) if only is None or one in only]:
        (target / f"{prefix}{name}").symlink_to((source / name).absolute(), target_is_directory=True)
        names.append(f"{prefix}{name}")
    write_text(listing, "\n".join(names) + "\n")


def _names(folder: Path) -> list[str]:
    """Of the sequences in a folder of GOT-10k's layout, as its list has them."""
    return (folder / "list.txt").read_text("utf-8").split()


def train_one(plan: Plan, parts: Parts, family: str, loss: str, seed: int) -> Path:
    """The checkpoint, trained unless it is there; its statistics by epoch lie beside it as .json.

    All losses of a seed start from the same weights and see the same pairs and proposals in the same order.
    """
    from siou_tracking.ltr.run_training import train

    checkpoint = parts.checkpoint(family, loss, seed)
    if checkpoint.is_file():
        return checkpoint
    setting = FAMILIES[family]
    workspace = parts.root / f".training-{tracker_name(family, loss, seed)}"
    shutil.rmtree(workspace, ignore_errors=True)
    values: dict[str, object] = {"flip": True} if plan.flip else {}
    data = {"got10k": parts.data}
    if plan.coco_share:
        values["coco_share"], data["coco"] = plan.coco_share, parts.data / "coco"
    if plan.stored_pairs and setting.stores_features:
        values |= {"stored_pairs": plan.stored_pairs, "stored_features": str(parts.features.absolute())}
    result = train(
        TrainRequest(
            setting.module,
            setting.settings,
            box_loss=BoxLossChoice(loss),
            data=data,
            workspace=workspace,
            epochs=plan.epochs,
            samples_per_epoch=plan.samples_per_epoch,
            workers=0,
            device="cpu",
            seed=seed,
            quiet=True,
            values=values,
        )
    )
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    write_json(parts.statistics(family, loss, seed), {"epochs": read_training(result.checkpoint, with_seconds=True)})
    result.checkpoint.replace(checkpoint)
    shutil.rmtree(workspace)
    return checkpoint
