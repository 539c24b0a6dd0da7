"""The embedded trackers beside a checkout's own: the same boxes, and how long a frame takes.

    python experiments/embedded_tracking/run.py --checkout DIR [--sequence OTB_FOLDER] [--trackers tomp:tomp50 ...]

Both load one checkpoint of random weights and take turns over the same frames on one thread of
the CPU. A sequence is a folder with img/ and groundtruth_rect.txt; without one a camera pans over a photograph.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from settled import settle_atom, settle_dimp, settle_tomp

HERE = Path(__file__).resolve().parent
BOX = [140.0, 100.0, 44.0, 52.0]


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
    methods: dict[tuple[str, str], str] = field(default_factory=dict)
    """Likewise names of the tracker's methods, the embedded one's and the checkout's."""


_TOMP = {
    "filter_size": 1,
    "head_feat_norm": True,
    "final_conv": True,
    "out_feature_dim": 256,
    "feature_sz": 18,
    "use_test_frame_encoding": False,
}
_TOMP_STAGES = {
    "feature_extractor": "backbone",
    "head.feature_extractor": "head's features",
    "head.filter_predictor.transformer.encoder": "encoder",
    "head.filter_predictor.transformer.decoder": "decoder",
    "head.bb_regressor": "boxes",
}
_DIMP = {
    "filter_size": 4,
    "optim_init_step": 0.9,
    "optim_init_reg": 0.1,
    "init_gauss_sigma": 0.9,
    "num_dist_bins": 100,
    "bin_displacement": 0.1,
    "mask_init_factor": 3.0,
}
_PRDIMP = {
    "filter_size": 4,
    "optim_init_reg": 0.05,
    "optim_min_reg": 0.01,
    "gauss_sigma": 0.9,
    "alpha_eps": 0.05,
    "normalize_label": True,
}
_DIMP_STAGES = {
    "feature_extractor": "backbone",
    "classifier.feature_extractor": "classifier's features",
    "classifier.filter_optimizer": "filter updates",
}
_REFINEMENT = {("_refine_target", "refine_target_box"): "box refinement"}
_MODELS = "siou_tracking.ltr.models"
TRACKERS = {
    "atom:default": Case(f"{_MODELS}.bbreg.atom", "atom_resnet18", {}, 0, settle_atom, {}, _REFINEMENT),
    "dimp:dimp18": Case(f"{_MODELS}.tracking.dimpnet", "dimpnet18", _DIMP, 0, settle_dimp, _DIMP_STAGES, _REFINEMENT),
    "dimp:prdimp18": Case(
        f"{_MODELS}.tracking.dimpnet", "klcedimpnet18", _PRDIMP, 0, settle_dimp, _DIMP_STAGES, _REFINEMENT
    ),
    "tomp:tomp50": Case(f"{_MODELS}.tracking.tompnet", "tompnet50", _TOMP, 4, settle_tomp, _TOMP_STAGES),
    "tomp:tomp101": Case(f"{_MODELS}.tracking.tompnet", "tompnet101", _TOMP, 4, settle_tomp, _TOMP_STAGES),
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


def time_stages(tracker: Any, case: Case, frames: Sequence[np.ndarray], box: list[float]) -> dict[str, Any]:
    """Milliseconds a frame, the first one apart, in each stage of a tracker, and in all else."""
    owner = getattr(tracker, "inner", tracker)
    seconds = dict.fromkeys([*case.stages.values(), *case.methods.values(), "all else"], 0.0)

    def watch(thing: Any, name: str, stage: str) -> None:
        function = getattr(thing, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            result = function(*args, **kwargs)
            seconds[stage] += time.process_time() - began
            return result

        setattr(thing, name, timed)

    for name, stage in case.stages.items():
        net = owner.params.net.net if owner is not tracker else tracker.net
        watch(net.get_submodule(name), "forward", stage)
    for names, stage in case.methods.items():
        watch(owner, next(name for name in names if hasattr(owner, name)), stage)
    tracker.initialize(frames[0], {"init_bbox": box})
    seconds.update(dict.fromkeys(seconds, 0.0))
    start_of_all = time.process_time()
    for frame in frames[1:]:
        tracker.track(frame)
    seconds["all else"] = time.process_time() - start_of_all - sum(seconds.values())
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
    stages = {maker: time_stages(tracker, TRACKERS[name], frames, box) for maker, tracker in trackers.items()}
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
    parser.add_argument("--frames", type=int, default=9, help="DiMP's filter has its turn in the 21st")
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
    kept = read_others(options.out, result)
    with tempfile.TemporaryDirectory() as work:
        for name in options.trackers:
            weights = Path(work) / "weights.pth.tar"
            write_weights(name, weights)
            result["trackers"][name] = found = compare(name, checkout, weights, frames, box, options.rounds)
            report(name, found)
            write_result(options.out, {**result, "trackers": {**kept, **result["trackers"]}})


def read_others(path: Path, result: dict[str, Any]) -> dict[str, Any]:
    """Trackers that the file holds already, where it is of the same machine, checkout, sequence, frames and rounds."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    same = {key: value for key, value in before.items() if key != "trackers"}
    return before["trackers"] if {**same, "trackers": {}} == result else {}


def report(name: str, found: dict[str, Any]) -> None:
    """One line, a loss told as plainly as a win."""
    times, ms = found["times as fast"], found["ms a frame"]
    verdict = f"{times} times as fast" if times >= 1 else f"LOST: {times} times as fast"
    apart = max(found["largest difference in pixels, frame by frame"])
    took = f"{ms['embedded']} ms a frame, the checkout's {ms['checkout']}"
    print(f"{name}: {took}: {verdict}; boxes at most {apart} px apart")


if __name__ == "__main__":
    main()
