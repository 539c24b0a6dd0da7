"""The main job on any machine: train with two box losses, track, score and show the difference."""

from siou_tracking.quickstart.study import run_quickstart

__all__ = ["run_quickstart"]
