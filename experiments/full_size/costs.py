"""What the rows cost in GPU-hours: published hours with their source, estimates with their formula; writes costs.json.

python -m experiments.full_size.costs
"""

from __future__ import annotations

from pathlib import Path
from typing import Any  # what JSON holds

from experiments.full_size.rows import EVALUATIONS, TRACKERS, Tracker
from siou_tracking.files import write_json

ISSUES = "https://github.com/visionml/pytracking/issues"
COSTS = Path(__file__).with_name("costs.json")

# hours, GPUs, which, where a maintainer says so
TRAINING: dict[str, tuple[float, int, str, str]] = {
    "atom": (5, 1, "GTX 1080", f"{ISSUES}/54"),
    "dimp18": (24, 1, "GTX 1080", f"{ISSUES}/121"),
    "tomp50": (48, 2, "Titan RTX", f"{ISSUES}/349"),
}
DIMP18_IMAGES = 50 * 26_000 * 6
RESNET50_OVER_18 = 3.8 / 1.8
"""Multiplications of ResNet-50 over those of ResNet-18, arXiv 1512.03385, table 1."""

# frames a second, on what, where
TRACKING: dict[str, tuple[float, str, str]] = {
    "atom": (30, "GTX 1080", "the list in github.com/wangdongdut/Online-Visual-Tracking-SOTA"),
    "dimp50": (43, "GTX 1080", "the list in github.com/wangdongdut/Online-Visual-Tracking-SOTA"),
    "prdimp50": (30, "GPU not named", "the list in github.com/wangdongdut/Online-Visual-Tracking-SOTA"),
    "tomp50": (11, "RTX 2080", f"{ISSUES}/442, a user's, who quotes 20 from the paper"),
}


def main() -> None:
    print(f"wrote {write_json(COSTS, {name: costs(name) for name in TRACKERS})}")


def costs(name: str) -> dict[str, Any]:
    """One training and all that is run with it, for a tracker of `TRACKERS`."""
    tracker = TRACKERS[name]
    frames = sum(one.frames * one.runs * (one.repetitions or 1) for one in EVALUATIONS.values())
    speed, device, source = TRACKING[name]
    return {
        "title": tracker.title,
        "training": training_hours(name, tracker),
        "tracking": {
            "gpu_hours": round(frames / speed / 3600, 1),
            "frames": frames,
            "frames_per_second": speed,
            "on": device,
            "source": source,
        },
        "checkpoints_gib": round(tracker.epochs * tracker.checkpoint_mib / 1024, 1),
    }


def training_hours(name: str, tracker: Tracker) -> dict[str, Any]:
    """GPU-hours of one training, low and high; equal where they are published."""
    if name in TRAINING:
        hours, gpus, device, source = TRAINING[name]
        low = high = hours * gpus
        return {"gpu_hours": [low, high], "published": True, "on": f"{gpus} {device}", "source": source}
    images = _images(tracker)
    tomp_hours, tomp_gpus, tomp_device, _ = TRAINING["tomp50"]
    low = images * tomp_hours * tomp_gpus / _images(TRACKERS["tomp50"])
    high = images * TRAINING["dimp18"][0] / DIMP18_IMAGES * RESNET50_OVER_18
    formula = (
        f"not published; from epochs x samples x images: low at ToMP-50's images an hour ({tomp_device}; it "
        f"freezes half of the backbone), high at DiMP-18's (GTX 1080, {ISSUES}/121) times 3.8 / 1.8, "
        "ResNet-50 over ResNet-18"
    )
    return {"gpu_hours": [round(low, 1), round(high, 1)], "published": False, "on": "", "source": formula}


def _images(tracker: Tracker) -> int:
    """That a training reads."""
    return tracker.epochs * tracker.samples * tracker.images


if __name__ == "__main__":
    main()
