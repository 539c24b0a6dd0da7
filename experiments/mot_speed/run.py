"""Where the time of a tracked frame goes, and what doing all tracks and all frames at once gains.

Every compared pair is timed in turns within one run, in CPU time of its one thread, because times depend on
the machine and on what else it does. The networks are untrained: weights do not change how long they take.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from baselines import LoopTracker, decode_whole_maps

from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.mot.data.motchallenge import SequenceInfo, read_sequence
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.tracking.decode import decode
from siou_tracking.mot.tracking.detections import Detections
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.sources import NetworkSource, Stopwatch
from siou_tracking.mot.tracking.tracker import OnlineTracker

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import (
    build_parser,
    least_and_median_ms,
    machine,
    noisy_view,
    photograph,
    start,
    time_in_turns,
    write_result,
)

FRAMES, PEOPLE = 60, 30
SHARE_FRAMES = 24
NETWORKS = {
    "small, 256x160": {"backbone": "small", "feature_channels": 32, "head_channels": 32, "input_size": (256, 160)},
    "resnet18, 640x384": {"backbone": "resnet18", "input_size": (640, 384)},
}


def crowd(people: int, frames: int, seed: int, dimensions: int = 128) -> list[Detections]:
    """Detections of people who walk at constant speed and look the same up to noise; a tenth is missed."""
    rng = np.random.default_rng(seed)
    center, speed = rng.uniform(0, 1500, (people, 2)), rng.normal(0, 3, (people, 2))
    size = rng.uniform([30, 80], [60, 160], (people, 2))
    look = rng.normal(size=(people, dimensions))
    found = []
    for time_ in range(frames):
        seen = rng.random(people) < 0.9
        middle = (center + speed * time_ + rng.normal(0, 1, (people, 2)))[seen]
        vectors = (look + rng.normal(0, 0.3, look.shape))[seen]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        boxes = np.hstack([middle - size[seen] / 2, middle + size[seen] / 2])
        found.append(Detections.of(boxes, rng.uniform(0.5, 1, len(boxes)), vectors))
    return found


def alternate(versions: dict[str, Callable[[], object]], repeats: int, what: str) -> dict[str, dict[str, float]]:
    """CPU milliseconds of each version, timed in turns: least, median, and the least relative to the first version."""
    return least_and_median_ms(time_in_turns(versions, repeats, clock=time.thread_time, what=what), "times_first")


def compare_association(people: int, repeats: int, seed: int) -> dict[str, dict[str, float]]:
    """Per frame of a crowd: ours, ours without appearance, and one filter object a track."""
    frames = crowd(people, FRAMES, seed)

    def ours(association: str) -> None:
        tracker = OnlineTracker(MOTParams(association=association))
        for found in frames:
            tracker.update(found)

    def loops() -> None:
        tracker = LoopTracker()
        for found in frames:
            tracker.update(found.boxes, found.embeddings)

    versions = {
        "all tracks at once": lambda: ours("embedding"),
        "iou only": lambda: ours("iou"),
        "track by track": loops,
    }
    times = alternate(versions, repeats, f"{people} people")
    for row in times.values():
        row["least_ms"], row["median_ms"] = row["least_ms"] / FRAMES, row["median_ms"] / FRAMES
    return times


def compare_decoding(batch: int, rows: int, columns: int, repeats: int) -> dict[str, dict[str, float]]:
    """A batch of maps with 128 channels of embedding."""
    torch.manual_seed(0)
    channels = {"heatmap": 1, "offset": 2, "size": 4, "embedding": 128}
    outputs = {name: torch.randn(batch, count, rows, columns) for name, count in channels.items()}
    outputs["size"] = outputs["size"].exp()
    return alternate(
        {
            "peaks of all frames": lambda: decode(outputs, 4, top_k=128, threshold=0.4),
            "whole maps, frame by frame": lambda: decode_whole_maps(outputs, 4, 128, 0.4),
        },
        repeats,
        f"decode {batch}",
    )


def write_frames(root: Path, width: int, height: int) -> SequenceInfo:
    """A sequence of a photograph's views with sensor noise."""
    rng = np.random.default_rng(0)
    photo = photograph(width + 60, height + 60)
    folder = root / "VIEWS"
    (folder / "img1").mkdir(parents=True)
    sizes = f"seqLength={SHARE_FRAMES}\nimWidth={width}\nimHeight={height}\n"
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nname=VIEWS\nimDir=img1\nframeRate=30\nimExt=.jpg\n{sizes}")
    for frame in range(SHARE_FRAMES):
        view = noisy_view(photo, frame, frame, (width, height), rng)
        cv2.imwrite(str(folder / f"img1/{frame + 1:06d}.jpg"), view)
    return read_sequence(folder)


def shares(options: dict, batch_size: int, seed: int) -> dict[str, float]:
    """Milliseconds per frame of a tracked sequence, and each activity's share of them; 30 people walk in it.

    The network is untrained and what it finds is noise, so the tracker gets the detections of a crowd instead.
    """
    torch.manual_seed(0)
    params = MOTParams(detection_threshold=0.0, top_k=PEOPLE)
    net = mot_net(**options, backbone_pretrained=False)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        sequence = write_frames(folder, *options["input_size"])
        content = {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor}
        write_checkpoint(folder / "net.pth.tar", content)
        network = NetworkSource(folder / "net.pth.tar", params, "cpu", batch_size)
        for _ in range(2):  # the first one warms up
            clock, tracker = Stopwatch(), OnlineTracker(params)
            began = time.perf_counter()
            for _, found in zip(network(sequence, clock), crowd(PEOPLE, SHARE_FRAMES, seed), strict=True):
                with clock("association"):
                    tracker.update(found)
            whole = time.perf_counter() - began
    return {
        "ms_per_frame": 1e3 * whole / SHARE_FRAMES,
        **{name: taken / whole for name, taken in clock.seconds.items()},
    }


def main() -> None:
    parser = build_parser(__doc__, Path(__file__).with_name("results.json"))
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start(options.seed)
    result = {
        "settings": {"repeats": options.repeats, "seed": options.seed, "frames": FRAMES, "threads": 1},
        "machine": machine("torch", "numpy", "scipy", "opencv"),
        "association_ms_per_frame": {
            str(people): compare_association(people, options.repeats, options.seed) for people in (5, 30, 100)
        },
        "decoding_ms_per_batch": {
            f"{batch} x {columns}x{rows}": compare_decoding(batch, rows, columns, 2 * options.repeats)
            for batch, rows, columns in ((8, 40, 64), (8, 152, 272))
        },
        "share_of_a_run": {name: shares(built, 8, options.seed) for name, built in NETWORKS.items()},
    }
    write_result(options.out, result)


if __name__ == "__main__":
    main()
