"""OTB50 and OTB2013: two choices of 50 and 51 of OTB2015's targets, read from a folder of OTB2015 or of the part.

OTB50 (TB-50) is the harder half that the TPAMI 2015 paper names; OTB2013 (CVPR13) is the first benchmark, Wu, Lim and
Yang, CVPR 2013: 50 videos with two targets in Jogging. They share 28 targets, so numbers of one say nothing about the
other.
"""

from __future__ import annotations

from pathlib import Path

from siou_tracking.benchmarks.datasets.otb2015 import OTB2015, frame_ranges
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.wording import listed


class OTB50(OTB2015):
    """The 50 targets of TB-50."""

    name = "otb50"
    title = "OTB50"

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """As `OTB2015.read_sequences`, without the targets that are OTB2015's and not this part's.

        Raises:
            InputError: also where no other target is there.
        """
        others = set(frame_ranges()) - set(self.official_names)
        every = super().read_sequences(path, split)
        chosen = [one for one in every if one.name not in others]
        if not chosen:
            raise InputError(
                f"{self.name}: {path}: its targets, {listed([one.name for one in every])}, are OTB2015's only"
            )
        return chosen


class OTB2013(OTB50):
    """The 51 targets of the CVPR 2013 benchmark."""

    name = "otb2013"
    title = "OTB2013"
