"""What a newcomer has before a journey begins: a clone, and results, data, a video or a checkout of his own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SIZE = (320, 240)
"""Pixels of generated frames."""
SEQUENCES, FRAMES, VIDEO_FRAMES = 3, 40, 100
_LEFT_BEHIND = (".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist", "parts")


def clone_tree(place: Path) -> None:
    """A copy of this repository without what is made in it."""
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(*_LEFT_BEHIND))


def borrow_environment(place: Path) -> None:
    """`.venv/bin/python` and `.venv/bin/siou-tracking` that are this process's Python and package."""
    programs = place / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, words in (("python", ""), ("siou-tracking", " -m siou_tracking")):
        script = programs / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}"{words} "$@"\n', "utf-8")
        script.chmod(0o755)


def put_results(place: Path, seed: int, frames: int = FRAMES) -> None:
    """`otb`, sequences in OTB's layout, and `results` of two trackers: one that drifts, and one that stays."""
    from siou_tracking.scenes.layouts import write_otb
    from siou_tracking.scenes.world import Difficulty, RenderedSequence

    rng = np.random.default_rng(seed)
    for number in range(SEQUENCES):
        name = f"scene{number + 1}"
        scene = RenderedSequence(seed + number, frames, SIZE, "heldout", Difficulty(outside=0.0))
        write_otb(place / "otb", name, scene)
        truth = np.loadtxt(place / "otb" / name / "groundtruth_rect.txt", delimiter=",")
        drift = np.cumsum(rng.normal(0, 1, truth.shape), axis=0) * np.array([1, 1, 0, 0])
        for tracker, boxes in {"drifts": truth + drift - drift[0], "stays": np.repeat(truth[:1], frames, 0)}.items():
            (place / "results" / tracker).mkdir(parents=True, exist_ok=True)
            np.savetxt(place / "results" / tracker / f"{name}.txt", boxes, "%.2f", ",")


def put_video(place: Path, seed: int, frames: int = VIDEO_FRAMES) -> str:
    """`video.mp4` of a generated scene; its target in the first frame as --init takes it."""
    from siou_tracking.media.video import write_overlay_video
    from siou_tracking.scenes.world import Difficulty, RenderedSequence

    scene = RenderedSequence(seed, frames, SIZE, "heldout", Difficulty(outside=0.0))
    write_overlay_video(place / "video.mp4", ((frame.image, {}) for frame in scene))
    return ",".join(f"{side:.0f}" for side in scene.frame(0).box)


def put_data(place: Path) -> None:
    """`data`, what `siou-tracking data example` draws; in a process of its own, which leaves nothing in this one."""
    command = [sys.executable, "-m", "siou_tracking", "data", "example", "--out", str(place / "data")]
    subprocess.run(command, cwd=ROOT, check=True)


def put_checkout(home: Path, checkout: Path) -> None:
    """`~/pytracking`, a link to the checkout."""
    (home / "pytracking").symlink_to(checkout.resolve(), target_is_directory=True)
