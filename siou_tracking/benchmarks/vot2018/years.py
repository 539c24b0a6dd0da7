"""The other years of VOT's reset-based challenge: their 60 sequences and the run lengths that EAO averages.

The intervals are those of the organizers' stacks (votchallenge/toolkit, vot/stack/vot2016/rgb.yaml and
vot2019/shortterm.yaml); each year's dataset sets its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from siou_tracking.benchmarks.vot2018.benchmark import ResetBasedVOT
from siou_tracking.benchmarks.vot2018.protocol import REPETITIONS


class VOT2016(ResetBasedVOT):
    """Kristan et al., ECCVW 2016. Images lie in the sequence's folder; the challenge had no real-time experiment."""

    name = "vot2016"
    title = "VOT2016"
    interval = (108, 371)
    experiments: ClassVar[Mapping[str, int]] = {"baseline": REPETITIONS}


class VOT2019(ResetBasedVOT):
    """Kristan et al., ICCVW 2019: twelve sequences of VOT2018 were replaced."""

    name = "vot2019"
    title = "VOT2019"
    interval = (46, 291)
