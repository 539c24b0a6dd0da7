"""Single-object trackers: what one is (base), one by name (registry) or file (load), one over frames (follow)."""

from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.load import load_tracker
from siou_tracking.trackers.registry import available_trackers, build_tracker

__all__ = ["Tracker", "available_trackers", "build_tracker", "load_tracker"]
