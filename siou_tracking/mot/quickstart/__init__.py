"""Multi-object tracking on any machine: train with and without the DIM loss, track, score and show the difference."""

from siou_tracking.mot.quickstart.study import run_mot_quickstart

__all__ = ["run_mot_quickstart"]
