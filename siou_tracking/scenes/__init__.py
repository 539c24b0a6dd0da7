"""Seeded, annotated tracking sequences made from photographs that installed packages ship.

`Sequence` renders one target, and `write_got10k` stores such sequences; crowds are in `siou_tracking.mot.scenes`.
"""

from siou_tracking.scenes.got10k import write_got10k
from siou_tracking.scenes.world import Difficulty, Frame, Sequence

__all__ = ["Difficulty", "Frame", "Sequence", "write_got10k"]
