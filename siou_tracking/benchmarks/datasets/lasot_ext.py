"""LaSOT_ext (Fan et al., IJCV 2021): 150 sequences of 15 classes that LaSOT does not have, in LaSOT's layout."""

from __future__ import annotations

from siou_tracking.benchmarks.datasets.lasot import LaSOT


class LaSOTExt(LaSOT):
    """The 150 sequences of the extension."""

    name = "lasot_ext"
    title = "LaSOT_ext"
