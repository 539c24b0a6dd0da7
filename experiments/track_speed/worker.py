"""One tracker in a process of its own: `run.py` tells it over stdin when to track, so that trackers take turns.

    python worker.py NAME THREADS WEIGHTS|- NANOTRACK_FOLDER|-

A line "N" on stdin makes it track the N frames of the sequence once; it answers with a line of JSON, seconds by stage.
Which siou_tracking it imports is PYTHONPATH's choice; it uses only what both sides of a comparison have.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any  # trackers of several makers

import cv2
import numpy as np
import torch

from siou_tracking.ltr.models.bbreg import atom as networks
from siou_tracking.trackers.adapters.opencv import OpenCVTracker
from siou_tracking.trackers.atom import tracker as atom
from siou_tracking.trackers.atom.factory import load_atom_network
from siou_tracking.trackers.atom.params import atom_params

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import noisy_view, photograph, start

STAGES = {
    "backbone": "backbone",
    "_extract_features": "backbone",  # as it was called before
    "_stack_layers": "target model",
    "_localize_target": "localization",
    "_refine_target": "refinement",
    "_update_model": "update",
}
NETWORKS = {"lite": networks.atom_efficientnet_lite0, "default": networks.atom_resnet18}
BOX = [140, 100, 44, 52]


def make_frames(count: int) -> list[np.ndarray]:
    """A camera that pans over a photograph, (240, 320, 3); the target is what lies in `BOX` of the first frame."""
    photo, rng = photograph(640, 480), np.random.default_rng(0)
    return [noisy_view(photo, 100 + 2 * i, 60 + i, (320, 240), rng) for i in range(count)]


class Stopwatch:
    """Seconds by stage, of the functions it is put around."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.seconds: dict[str, float] = defaultdict(float)

    def around(self, owner: Any, name: str, stage: str) -> None:
        function = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = self.clock()
            result = function(*args, **kwargs)
            self.seconds[stage] += self.clock() - began
            return result

        setattr(owner, name, timed)


def make_atom(preset: str, weights: str) -> atom.ATOM:
    """ATOM on the CPU; without weights untrained, but never without a target, so that every frame has every stage."""
    torch.manual_seed(0)
    net = load_atom_network(weights) if weights != "-" else NETWORKS[preset](backbone_pretrained=False)
    return atom.ATOM(net, atom_params(preset, target_not_found_threshold=-1.0), "cpu")


class NanoTrack:
    """OpenCV's NanoTrack, from the two ONNX files that it reads."""

    def __init__(self, folder: Path) -> None:
        params = cv2.TrackerNano_Params()
        params.backbone = str(next(folder.glob("*backbone*.onnx")))
        params.neckhead = str(next(folder.glob("*head*.onnx")))
        self._params = params

    def initialize(self, image: np.ndarray, info: dict[str, list[int]]) -> None:
        self._tracker = cv2.TrackerNano_create(self._params)
        self._tracker.init(image, tuple(info["init_bbox"]))

    def track(self, image: np.ndarray) -> None:
        self._tracker.update(image)


def main() -> None:
    name, threads, weights, nanotrack = sys.argv[1:]
    start(threads=int(threads))
    watch = Stopwatch(time.process_time if threads == "1" else time.perf_counter)
    preset, _, faster = name.partition("+")
    if preset in NETWORKS:
        tracker: Any = make_atom(preset, weights)
        if faster:
            tracker.backbone.hasten(None if faster == "compile" else faster, compiled=faster == "compile")
        watch.around(atom, "sample_patch", "crop")
        for method, stage in STAGES.items():
            if hasattr(tracker, method):
                watch.around(tracker, method, stage)
    else:
        tracker = OpenCVTracker("mil") if name == "mil" else NanoTrack(Path(nanotrack))
    watch.around(tracker, "initialize", "first frame")
    watch.around(tracker, "track", "frame")
    for line in sys.stdin:
        frames = make_frames(int(line))
        tracker.initialize(frames[0], {"init_bbox": BOX})
        first = watch.seconds["first frame"]
        watch.seconds.clear()
        for frame in frames[1:]:
            tracker.track(frame)
        per_frame = {stage: seconds / (len(frames) - 1) for stage, seconds in watch.seconds.items()}
        watch.seconds.clear()
        print(json.dumps({"first frame": first, **per_frame}), flush=True)


if __name__ == "__main__":
    main()
