"""Seeded, annotated tracking sequences made from photographs that installed packages ship.

`Sequence` renders one; `write_got10k` and `write_example` store them in the benchmarks' official layouts.
"""

from siou_tracking.scenes.example import write_example
from siou_tracking.scenes.got10k import write_got10k
from siou_tracking.scenes.world import Difficulty, Frame, Sequence

__all__ = ["Difficulty", "Frame", "Sequence", "write_example", "write_got10k"]
