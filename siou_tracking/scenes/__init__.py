"""Seeded, annotated tracking sequences made from photographs that installed packages ship.

`Sequence` renders one target, `Crowd` a street of people; `write_got10k`, `write_motchallenge` and `write_example`
store them in the benchmarks' official layouts.
"""

from siou_tracking.scenes.crowd import write_motchallenge
from siou_tracking.scenes.crowd_scene import Crowd, Crowdedness
from siou_tracking.scenes.example import write_example
from siou_tracking.scenes.got10k import write_got10k
from siou_tracking.scenes.world import Difficulty, Frame, Sequence

__all__ = [
    "Crowd",
    "Crowdedness",
    "Difficulty",
    "Frame",
    "Sequence",
    "write_example",
    "write_got10k",
    "write_motchallenge",
]
