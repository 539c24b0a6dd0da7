"""Where the time of a tracked frame goes, and what doing all tracks and all frames at once gains.

Every compared pair is timed in turns within one run, in CPU time of its one thread, because times depend on
the machine and on what else it does. The networks are untrained: weights do not change how long they take.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import scipy
import torch
from baselines import LoopTracker, decode_whole_maps
from tqdm import tqdm

from siou_tracking.files import write_json
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.mot.data.motchallenge import SequenceInfo, read_sequence
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.tracking.decode import decode
from siou_tracking.mot.tracking.detections import Detections
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.sources import NetworkSource, Stopwatch
from siou_tracking.mot.tracking.tracker import OnlineTracker

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
    times: dict[str, list[float]] = {name: [] for name in versions}
    for _ in tqdm(range(repeats), desc=what, leave=False):
        for name, function in versions.items():
            start = time.thread_time()
            function()
            times[name].append(1e3 * (time.thread_time() - start))
    first = min(times[next(iter(versions))])
    return {
        name: {"least_ms": min(t), "median_ms": statistics.median(t), "times_first": min(t) / first}
        for name, t in times.items()
    }


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
    from skimage import data

    rng = np.random.default_rng(0)
    photo = cv2.resize(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), (width + 60, height + 60))
    folder = root / "VIEWS"
    (folder / "img1").mkdir(parents=True)
    sizes = f"seqLength={SHARE_FRAMES}\nimWidth={width}\nimHeight={height}\n"
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nname=VIEWS\nimDir=img1\nframeRate=30\nimExt=.jpg\n{sizes}")
    for frame in range(SHARE_FRAMES):
        view = photo[frame : frame + height, frame : frame + width] + rng.normal(0, 4, (height, width, 3))
        cv2.imwrite(str(folder / f"img1/{frame + 1:06d}.jpg"), np.clip(view, 0, 255).astype(np.uint8))
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
            start = time.perf_counter()
            for _, found in zip(network(sequence, clock), crowd(PEOPLE, SHARE_FRAMES, seed), strict=True):
                with clock("association"):
                    tracker.update(found)
            whole = time.perf_counter() - start
    return {
        "ms_per_frame": 1e3 * whole / SHARE_FRAMES,
        **{name: taken / whole for name, taken in clock.seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    result = {
        "settings": {"repeats": options.repeats, "seed": options.seed, "frames": FRAMES, "threads": 1},
        "machine": {
            "processor": platform.machine(),
            "python": sys.version.split()[0],
            "torch": torch.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "opencv": cv2.__version__,
        },
        "association_ms_per_frame": {
            str(people): compare_association(people, options.repeats, options.seed) for people in (5, 30, 100)
        },
        "decoding_ms_per_batch": {
            f"{batch} x {columns}x{rows}": compare_decoding(batch, rows, columns, 2 * options.repeats)
            for batch, rows, columns in ((8, 40, 64), (8, 152, 272))
        },
        "share_of_a_run": {name: shares(built, 8, options.seed) for name, built in NETWORKS.items()},
    }
    write_json(options.out, result)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
