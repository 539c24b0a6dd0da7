"""Multi-object tracking on any machine: train with and without the DIM loss, track, score and show the difference.

Start reading in dim.py: the recipe that `siou_tracking.quickstart.skeleton` follows.
"""

from siou_tracking.mot.quickstart.dim import run_mot_quickstart

__all__ = ["run_mot_quickstart"]
