"""An exported tracker beside the one with torch: do boxes agree, and what does a frame take.

    python -m experiments.onnx_export.run WEIGHTS FILE.onnx [--otb DIR] [--frames N]

FILE.onnx is what `siou-tracking export WEIGHTS --format onnx` wrote, of an ATOM or a DiMP. Both trackers take turns
frame by frame, on one thread and the processor's time: once as they are, and once with the second one's target model
made equal to the first one's after the first frame. Results stand under the tracker's name.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import statistics
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from experiments.common import build_parser, machine, noisy_view, photograph, rounded, start, write_result
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.media.frames import ImageFolder
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.dimp.tracker import DiMP
from siou_tracking.trackers.exported.atom import ExportedATOM
from siou_tracking.trackers.exported.dimp import ExportedDiMP
from siou_tracking.trackers.exported.model_file import read_info
from siou_tracking.trackers.exported.registry import build_exported
from siou_tracking.trackers.exported.torch_random import TorchRandom

TOLERANCE = 1e-3
"""Pixels."""


def copy_state(tracker: ATOM | DiMP, exported: ExportedATOM | ExportedDiMP) -> None:
    """Give the exported tracker the target model of the other one, and both the same random numbers from here on."""
    model, other = tracker._model, exported._model
    assert model is not None and other is not None
    other.filter = model.filter.numpy().copy()
    if isinstance(tracker, ATOM):
        other.projection = model.projection.numpy().copy()
    count = len(model.memory)
    labels = other.labels if isinstance(tracker, ATOM) else other.boxes
    other.samples[:count], labels[:count] = model.memory.features.numpy(), model.memory.labels.numpy()
    other.weights = copy.deepcopy(model.memory._counts)
    tracker._generator, exported._random = torch.Generator().manual_seed(1), TorchRandom(1)


def compare(
    frames: Iterable[np.ndarray], box: list[float], name: str, weights: Path, file: Path, equal: bool
) -> dict[str, object]:
    """Largest differences in pixels and CPU milliseconds a frame of both trackers on a sequence."""
    tracker, exported = build_tracker(name, weights=weights, device="cpu"), build_exported(file)
    assert isinstance(tracker, ATOM | DiMP) and isinstance(exported, ExportedATOM | ExportedDiMP)
    differences, milliseconds, first = [], ([], []), []
    for number, frame in enumerate(frames):
        boxes = []
        for one, taken in zip((tracker, exported), milliseconds, strict=True):
            began = time.process_time()
            answer = one.track(frame) if number else one.initialize(frame, {"init_bbox": box})
            (taken if number else first).append(1e3 * (time.process_time() - began))
            boxes.append(answer["target_bbox"])
        if number == 0 and equal:
            copy_state(tracker, exported)
        differences.append(float(np.abs(np.subtract(*boxes)).max()))
    parted = [number for number, value in enumerate(differences, 1) if value > TOLERANCE]
    medians = [statistics.median(taken) for taken in milliseconds]
    return {
        "frames": len(differences),
        "largest difference in pixels": max(differences),
        "first frame beyond 1e-3 pixels": parted[0] if parted else None,
        "largest difference before it": max(differences[: parted[0] - 1 if parted else None]),
        "ms a frame, torch and onnxruntime": rounded(medians, 2),
        "times the frame rate": round(sum(milliseconds[0]) / sum(milliseconds[1]), 2),
        "ms of the first frame": rounded(first, 1),
    }


def sequences(otb: Path | None) -> Iterator[tuple[str, list[np.ndarray], list[float]]]:
    """Name, frames and first box: one generated, and those of OTB2015 in a folder."""
    photo, rng = photograph(640, 480), np.random.default_rng(0)
    moving = [noisy_view(photo, 100 + 2 * i, 60 + i, (320, 240), rng) for i in range(60)]
    yield "generated", moving, [140.0, 100, 44, 52]
    for one in [] if otb is None else get_benchmark("otb2015").load_sequences(otb):
        pictures = [frame.picture for frame in ImageFolder(Path(one.frames[0]).parent).read()]
        frames = [picture for picture in pictures if picture is not None]
        yield one.name, frames, [float(value) for value in one.ground_truth[0] - np.array([1, 1, 0, 0])]


def main() -> None:
    parser = build_parser(__doc__, Path(__file__).resolve().parent / "results.json")
    parser.add_argument("weights", type=Path, metavar="WEIGHTS")
    parser.add_argument("file", type=Path, metavar="FILE.onnx")
    parser.add_argument("--otb", type=Path, metavar="DIR", help="OTB2015's Couple, Crossing and Football1")
    parser.add_argument("--frames", type=int, metavar="N", help="of each sequence, at most")
    options = parser.parse_args()
    start()
    os.environ["OMP_NUM_THREADS"] = "1"  # onnxruntime's threads; torch has had its one by now
    info = read_info(options.file)
    tracker = f"{info.tracker}:{info.param}"
    result: dict[str, object] = {"machine": machine("torch", "onnxruntime", "opencv")}
    for name, pictures, box in sequences(options.otb):
        frames = list(itertools.islice(pictures, options.frames))
        result[name] = {
            how: compare(frames, box, tracker, options.weights, options.file, equal)
            for how, equal in (("as they are", False), ("equal after the first frame", True))
        }
    others = json.loads(options.out.read_text()) if options.out.exists() else {}
    write_result(options.out, {**others, tracker: result}, show=True)


if __name__ == "__main__":
    main()
