"""The embedded trackers beside a checkout's own: the same boxes, and how long a frame takes.

    python experiments/embedded_tracking/run.py --checkout DIR [--sequence OTB_FOLDER] [--trackers tomp:tomp50 ...]

Both load one checkpoint of random weights and take turns over the same frames on one thread of
the CPU. A sequence is a folder with img/ and groundtruth_rect.txt; without one a camera pans over a photograph.
"""

from __future__ import annotations

import importlib
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # networks and trackers of two makers

import cv2
import numpy as np
import torch
from tqdm import tqdm

from siou_tracking.bridge.checkout import Checkout, find_checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.base import Tracker

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine, noisy_view, photograph, rounded, start, write_result

HERE = Path(__file__).resolve().parent
BOX = [140.0, 100.0, 44.0, 52.0]


@torch.no_grad()
def _settle_tomp(net: Any) -> None:
    """Boxes of a possible size, so that the target does not fill the image."""
    edges = net.head.bb_regressor.bbreg_layer
    edges.weight *= 0.1
    edges.bias.fill_(math.log(0.11))


@dataclass(frozen=True)
class Case:
    """A tracker and the random network that it is compared with."""

    module: str
    constructor: str
    arguments: dict[str, Any]
    seed: int
    """Of the weights; with this one the network sees the target again and again."""
    settle: Callable[[Any], None]
    """What to change in them."""
    stages: dict[str, str]
    """What the time of a frame is told of: names of modules, and what they are."""


_TOMP = {
    "filter_size": 1,
    "head_feat_norm": True,
    "final_conv": True,
    "out_feature_dim": 256,
    "feature_sz": 18,
    "use_test_frame_encoding": False,
}
_STAGES = {
    "feature_extractor": "backbone",
    "head.feature_extractor": "head's features",
    "head.filter_predictor.transformer.encoder": "encoder",
    "head.filter_predictor.transformer.decoder": "decoder",
    "head.bb_regressor": "boxes",
}
_TOMPNET = "siou_tracking.ltr.models.tracking.tompnet"
TRACKERS = {
    "tomp:tomp50": Case(_TOMPNET, "tompnet50", _TOMP, 4, _settle_tomp, _STAGES),
    "tomp:tomp101": Case(_TOMPNET, "tompnet101", _TOMP, 4, _settle_tomp, _STAGES),
}


def write_weights(tracker: str, path: Path) -> None:
    """A checkpoint as training writes it, which either engine reads."""
    case = TRACKERS[tracker]
    torch.manual_seed(case.seed)
    net = getattr(importlib.import_module(case.module), case.constructor)(backbone_pretrained=False, **case.arguments)
    case.settle(net)
    write_checkpoint(path, {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor})


def read_sequence(folder: Path | None, count: int) -> tuple[list[np.ndarray], list[float]]:
    """Frames (H, W, 3) uint8 RGB and the first box."""
    if folder is None:
        photo, rng = photograph(640, 480), np.random.default_rng(0)
        return [noisy_view(photo, 100 + 2 * i, 60 + i, (320, 240), rng) for i in range(count)], BOX
    paths, truth = sorted((folder / "img").glob("*.jpg"))[:count], folder / "groundtruth_rect.txt"
    if len(paths) < 2 or not truth.is_file():
        raise InputError(f"--sequence {folder}: expected img/*.jpg and groundtruth_rect.txt")
    row = truth.read_text().splitlines()[0].replace(",", " ").split()
    return [cv2.imread(str(path))[:, :, ::-1].copy() for path in paths], [float(value) for value in row]


def track(tracker: Tracker, frames: Sequence[np.ndarray], box: list[float]) -> tuple[list[dict[str, Any]], list[float]]:
    """What it finds in every frame but the first, and CPU seconds of every frame."""
    began = time.process_time()
    tracker.initialize(frames[0], {"init_bbox": box})
    answers, seconds = [], [time.process_time() - began]
    for frame in frames[1:]:
        began = time.process_time()
        answers.append(tracker.track(frame))
        seconds.append(time.process_time() - began)
    return answers, seconds


def time_stages(tracker: Any, stages: dict[str, str], frames: Sequence[np.ndarray], box: list[float]) -> dict[str, Any]:
    """Milliseconds a frame, the first one apart, in each of some modules of a tracker's network, and in all else."""
    net = tracker.inner.params.net.net if hasattr(tracker, "inner") else tracker.net
    seconds, began = dict.fromkeys([*stages.values(), "all else"], 0.0), {}
    hooks = []
    for name, stage in stages.items():

        def before(module: Any, _: Any, stage: str = stage) -> None:
            began[stage] = time.process_time()

        def after(module: Any, _: Any, __: Any, stage: str = stage) -> None:
            seconds[stage] += time.process_time() - began[stage]

        module = net.get_submodule(name)
        hooks += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    tracker.initialize(frames[0], {"init_bbox": box})
    seconds = dict.fromkeys(seconds, 0.0)
    start_of_all = time.process_time()
    for frame in frames[1:]:
        tracker.track(frame)
    seconds["all else"] = time.process_time() - start_of_all - sum(seconds.values())
    for hook in hooks:
        hook.remove()
    return dict(zip(seconds, rounded((1e3 * s / (len(frames) - 1) for s in seconds.values()), 3), strict=True))


def compare(
    name: str, checkout: Checkout, weights: Path, frames: list[np.ndarray], box: list[float], rounds: int
) -> dict[str, Any]:
    """One tracker of both makers."""
    trackers = {
        "checkout": build_tracker(name, weights=weights, device="cpu", pytracking=checkout.root),
        "embedded": build_tracker(name, weights=weights, device="cpu"),
    }
    answers: dict[str, list[dict[str, Any]]] = {}
    seconds: dict[str, list[list[float]]] = {maker: [] for maker in trackers}
    for _ in tqdm(range(rounds), desc=name, unit="round", leave=False):
        for maker, tracker in trackers.items():
            answers[maker], taken = track(tracker, frames, box)
            seconds[maker].append(taken)
    # Of each frame the least of all rounds: what other programs on the machine took is not in it.
    least = {maker: np.min(rows, axis=0) for maker, rows in seconds.items()}
    later = {maker: float(np.mean(row[1:])) for maker, row in least.items()}
    boxes = {maker: np.array([answer["target_bbox"] for answer in found]) for maker, found in answers.items()}
    apart = np.abs(boxes["embedded"] - boxes["checkout"]).max(axis=1)
    stages = {maker: time_stages(tracker, TRACKERS[name].stages, frames, box) for maker, tracker in trackers.items()}
    return {
        "first frame ms": {maker: rounded([1e3 * row[0]])[0] for maker, row in least.items()},
        "ms a frame": {maker: rounded([1e3 * mean])[0] for maker, mean in later.items()},
        "ms a frame, median": {maker: rounded([1e3 * statistics.median(row[1:])])[0] for maker, row in least.items()},
        "ms a frame by stage, one round": stages,
        "times as fast": rounded([later["checkout"] / later["embedded"]])[0],
        "flags": [answer["flag"] for answer in answers["embedded"]],
        "boxes": [rounded(row, 6) for row in boxes["embedded"]],
        "largest difference in pixels, frame by frame": rounded(apart, 2),
    }


def main() -> None:
    parser = build_parser(__doc__, HERE / "results.json")
    parser.add_argument("--checkout", required=True, metavar="DIR", help="a clone of github.com/visionml/pytracking")
    parser.add_argument("--sequence", type=Path, metavar="DIR", help="an OTB2015 sequence's folder")
    parser.add_argument("--trackers", nargs="+", default=list(TRACKERS), choices=list(TRACKERS))
    parser.add_argument("--frames", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    start()
    checkout, (frames, box) = find_checkout(options.checkout), read_sequence(options.sequence, options.frames)
    result: dict[str, Any] = {
        "machine": machine("torch", "opencv"),
        "checkout": checkout.version(),
        "sequence": options.sequence.name if options.sequence else "a camera that pans over a photograph",
        "frames": len(frames),
        "rounds": options.rounds,
        "trackers": {},
    }
    with tempfile.TemporaryDirectory() as work:
        for name in options.trackers:
            weights = Path(work) / "weights.pth.tar"
            write_weights(name, weights)
            result["trackers"][name] = found = compare(name, checkout, weights, frames, box, options.rounds)
            report(name, found)
    write_result(options.out, result)


def report(name: str, found: dict[str, Any]) -> None:
    """One line, a loss told as plainly as a win."""
    times, ms = found["times as fast"], found["ms a frame"]
    verdict = f"{times} times as fast" if times >= 1 else f"LOST: {times} times as fast"
    apart = max(found["largest difference in pixels, frame by frame"])
    took = f"{ms['embedded']} ms a frame, the checkout's {ms['checkout']}"
    print(f"{name}: {took}: {verdict}; boxes at most {apart} px apart")


if __name__ == "__main__":
    main()
