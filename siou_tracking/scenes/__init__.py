"""Seeded, annotated tracking sequences made from photographs that installed packages ship.

Start reading in world.py: `RenderedSequence` renders one target, and `write_got10k` stores such sequences. Crowds are
in `siou_tracking.mot.scenes`.
"""

from siou_tracking.scenes.got10k import write_got10k
from siou_tracking.scenes.world import Difficulty, Frame, RenderedSequence

__all__ = ["Difficulty", "Frame", "RenderedSequence", "write_got10k"]
