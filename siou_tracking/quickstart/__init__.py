"""The main job on any machine: train with two box losses, track, score and show the difference.

Start reading in skeleton.py, which has the order of things; box_losses.py is what `siou-tracking quickstart` fills it
with, `siou_tracking.mot.quickstart.dim` what `siou-tracking mot quickstart` does.
"""

from siou_tracking.quickstart.box_losses import run_quickstart

__all__ = ["run_quickstart"]
