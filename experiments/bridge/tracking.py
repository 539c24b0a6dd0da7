"""A checkout's trackers on real sequences, on the CPU, with networks of random weights: they must run and be scored."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from own_process import run_words

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.session import checkout_session

_DIMP = {
    "filter_size": 4,
    "optim_iter": 5,
    "clf_feat_norm": True,
    "final_conv": True,
    "optim_init_step": 0.9,
    "optim_init_reg": 0.1,
    "init_gauss_sigma": 0.9,
    "num_dist_bins": 100,
    "bin_displacement": 0.1,
    "mask_init_factor": 3.0,
    "target_mask_act": "sigmoid",
    "score_act": "relu",
}
_TOMP = {"filter_size": 1, "head_feat_norm": True, "final_conv": True, "out_feature_dim": 256, "feature_sz": 18}
_PRDIMP = {
    "filter_size": 4,
    "optim_iter": 5,
    "clf_feat_norm": True,
    "final_conv": True,
    "optim_init_step": 1.0,
    "optim_init_reg": 0.05,
    "optim_min_reg": 0.05,
    "gauss_sigma": 0.9,
    "alpha_eps": 0.05,
    "normalize_label": True,
    "init_initializer": "zero",
}
TRACKERS = {
    "atom:default": ("ltr.models.bbreg.atom", "atom_resnet18", {}, 0),
    "dimp:dimp18": ("ltr.models.tracking.dimpnet", "dimpnet18", _DIMP, 0),
    "dimp:prdimp18": ("ltr.models.tracking.dimpnet", "klcedimpnet18", _PRDIMP, 0),
    "tomp:tomp50": ("ltr.models.tracking.tompnet", "tompnet50", _TOMP, 1),
}
"""Tracker to module and function of its network, its arguments, and the seed of its weights. With ToMP's seed the
random network believes to see the target; with most others it never does, and the first box stays."""


def random_network(checkout: Checkout, tracker: str, path: Path) -> None:
    """A checkpoint of a freshly made network, as upstream's trainer would write it."""
    module, build, options, seed = TRACKERS[tracker]
    with checkout_session(checkout, pretrained=False, announce=False):
        torch.manual_seed(seed)
        net = getattr(importlib.import_module(module), build)(backbone_pretrained=False, **options)
        content = {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor}
        torch.save(content, path)


def track_sequences(
    results: dict[str, Any], checkout: Checkout, sequences: Path, work: Path, save: Callable[[], None]
) -> None:
    """Run and score each tracker through the command line; what is done is not done again."""
    for tracker in TRACKERS:
        weights = work / f"{tracker.replace(':', '_')}.pth.tar"
        if not weights.is_file():
            random_network(checkout, tracker, weights)
        results["tracking"][tracker] = track_one(tracker, checkout.root, weights, sequences, work)
        save()


def track_one(
    tracker: str, checkout: Path, weights: Path, sequences: Path, work: Path, seconds: float | None = None
) -> dict[str, Any]:
    """Run one tracker on all sequences and score what it wrote.

    Raises:
        VerbFailed: the command line refuses, or takes more than `seconds`.
    """
    words = ["run", tracker, "--benchmark", "otb2015", "--device", "cpu", "--seed", 0, "--data", sequences]
    print(call([*words, "--results", work / "results", "--weights", weights, "--checkout", checkout], seconds))
    board = work / "scores.json"
    folder = work / "results" / tracker.replace(":", "_")
    call(["score", "--benchmark", "otb2015", "--data", sequences, "--results", folder, "--json", board])
    scores = json.loads(board.read_text())["trackers"][folder.name]
    files = [file for file in folder.glob("*.txt") if not file.stem.endswith("_time")]
    moved = [row != rows[0] for rows in (file.read_text().split() for file in files) for row in rows]
    times = [float(value) for file in folder.glob("*_time.txt") for value in file.read_text().split()]
    return {
        "sequences": sorted(file.stem for file in files),
        "frames": len(times),
        "frames_with_another_box_than_the_first": sum(moved),
        "seconds_per_frame": round(sum(times) / len(times), 3),
        "success_auc": scores["success_auc"],
        "precision_20": scores.get("precision_20", scores.get("precision")),
        "run": json.loads((folder / "run.json").read_text()),
    }


class VerbFailed(SystemExit):
    """A verb of the command line ended with another status than 0; the last line that it printed."""


def call(words: list[Any], seconds: float | None = None) -> str:
    """One verb of the command line; its last line of output."""
    status, output, errors = run_words(["-m", "siou_tracking", *words], seconds)
    if status:
        lines = [*errors.strip().splitlines(), *output.strip().splitlines()]
        told = [line for line in lines if "error" in line or "failed" in line]
        raise VerbFailed((told or lines or [f"exit status {status}"])[-1])
    return (output.strip().splitlines() or [""])[-1]


def shorten(sequences: Path, out: Path, frames: int) -> Path:
    """Links to the first frames of each OTB2015 sequence, with as many boxes."""
    for sequence in sorted(path for path in sequences.iterdir() if path.is_dir()):
        folder = out / sequence.name
        (folder / "img").mkdir(parents=True, exist_ok=True)
        for old in (folder / "img").iterdir():
            old.unlink()
        for image in sorted((sequence / "img").iterdir())[:frames]:
            (folder / "img" / image.name).symlink_to(image)
        boxes = (sequence / "groundtruth_rect.txt").read_text().splitlines()[:frames]
        (folder / "groundtruth_rect.txt").write_text("\n".join(boxes) + "\n")
    return out
