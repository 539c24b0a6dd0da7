"""The rules by which reset-based VOT results become accuracy, robustness and EAO, one row a program.

The rows agree on the definitions of the VOT2018 report (Kristan et al., ECCVW 2018): accuracy leaves out 10 frames from
each initialization on; EAO is the mean over lengths 100..356 (other years: other lengths) of the expected overlap of a
run of that length. They differ in how overlaps are counted, what a failed run lasts, and what "robustness" is:

    official     the MATLAB toolkit's rules with pysot's pixel counts; reproduces the published numbers.
    pysot        pysot-toolkit to the letter. Its EAO treats a failure exactly 5 frames before the end as a failed run
                 padded with zeros, followed by an empty run (0-based frames compared with <=). One of ten trackers
                 moves: .3180 against .3215.
    vot-toolkit  vot-toolkit 0.9.0: accuracy is a mean per run, weighted by sequence length; robustness is the
                 length-weighted mean count of failures; a failed run ends before the failure; lengths 101..357.
    exact        the official rules with exact polygon areas instead of pixels.

The MATLAB toolkit's later versions draw a result rectangle one pixel shorter than pysot does, as vot-toolkit does;
that raises accuracy by about .007. The numbers that papers print, made with pysot, are the ones `official` matches.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siou_tracking.benchmarks.vot2018 import polygons
from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.raster import region_overlaps, vot_toolkit_overlaps
from siou_tracking.errors import unknown_name

BURN_IN = 10  # frames from an initialization on, itself included, that accuracy leaves out
SKIP = 5  # frames from a failure to the next initialization
REPETITIONS = 15  # runs of a tracker that is not deterministic
TAGS = ("camera_motion", "illum_change", "motion_change", "size_change", "occlusion")
EMPTY_TAG = "empty"  # frames with none of TAGS

Overlap = Callable[[Regions, Regions, "np.ndarray | None"], np.ndarray]


@dataclass(frozen=True)
class Vot2018Protocol:
    """One program's rules."""

    name: str
    """What users type."""
    source: str
    """The program whose numbers these rules reproduce."""
    overlap: Overlap
    """Function of (result regions, annotated regions, largest x and y that count) -> (N,) overlaps."""
    accuracy_inset: int = 1
    """Accuracy counts pixels up to (width - inset, height - inset)."""
    eao_inset: int = 1
    """The same for EAO."""
    pooled: bool = True
    """Accuracy is the mean over all frames of all sequences; else sequence means weighted by length."""
    robustness_in_percent: bool = True
    """Failures per 100 frames; else length-weighted mean count of failures."""
    ends_at_restart: bool = True
    """A failed run lasts up to and including the restart frame; else it ends before the failure."""
    restart_at_end: bool = False
    """A restart one frame past the last counts as one (pysot)."""
    weighted_by_repetition: bool = True
    """A run counts 1 / repetitions in EAO; else every run counts 1."""
    interval: tuple[int, int] = (100, 356)
    """First and last run length that EAO averages, both included."""
    rows_to_lose: int | None = 1
    """How many rows a result may be short or long; None cuts any to the shorter."""
    benchmark: str = "vot2018"
    """Whose rules these are."""


_OFFICIAL = Vot2018Protocol(
    name="official", source="VOT MATLAB toolkit, with pysot's pixel counts", overlap=region_overlaps
)
_PYSOT = Vot2018Protocol(
    name="pysot",
    source="StrangerZhang/pysot-toolkit",
    overlap=region_overlaps,
    accuracy_inset=0,
    restart_at_end=True,
    rows_to_lose=None,
)
_TOOLKIT = Vot2018Protocol(
    name="vot-toolkit",
    source="votchallenge/toolkit 0.9.0",
    overlap=vot_toolkit_overlaps,
    pooled=False,
    robustness_in_percent=False,
    ends_at_restart=False,
    weighted_by_repetition=False,
    interval=(101, 357),
    rows_to_lose=0,
)
_EXACT = Vot2018Protocol(name="exact", source="official rules with exact polygon areas", overlap=polygons.overlaps)
PROTOCOLS: dict[str, Vot2018Protocol] = {p.name: p for p in (_OFFICIAL, _PYSOT, _TOOLKIT, _EXACT)}


@functools.cache
def protocols_of(benchmark: str, interval: tuple[int, int]) -> dict[str, Vot2018Protocol]:
    """The rules of another year, which differ in the run lengths that EAO averages.

    Args:
        benchmark: such as vot2019.
        interval: first and last length; vot-toolkit, which numbers lengths from 0, means those one longer.
    """
    low, high = interval
    return {
        name: replace(row, benchmark=benchmark, interval=(low + row.interval[0] - 100, high + row.interval[1] - 356))
        for name, row in PROTOCOLS.items()
    }


def find_protocol(name: str) -> Vot2018Protocol:
    """The protocol of that name.

    Raises:
        InputError: no such protocol; lists the known ones.
    """
    if name not in PROTOCOLS:
        raise unknown_name("VOT2018 protocol", name, PROTOCOLS)
    return PROTOCOLS[name]
