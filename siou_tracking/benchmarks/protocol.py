"""One table of every rule that changes a number, a row for each benchmark and each evaluator people compare with.

Two evaluators of one benchmark differ in the fourth digit because of the rules below, not because of arithmetic: read
the fields of `Protocol` for what a rule means and `PROTOCOLS` for who follows it.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np


@dataclasses.dataclass(frozen=True)
class Protocol:
    """The rules of one evaluator; boxes are x, y, w, h in pixels, the defaults are the OTB toolkit's."""

    benchmark: str
    name: str
    source: str
    """The code whose numbers this row reproduces."""
    metrics: tuple[str, ...] = ("success_auc", "precision", "norm_precision")
    """Headline metrics, in the order they are printed."""
    averaging: Literal["sequences", "frames"] = "sequences"
    """Mean of per-sequence curves, or one pool of all frames."""
    drops_empty_curves: bool = False
    """A sequence whose whole curve is zero is left out of the mean."""

    # the two boxes of a frame
    first_frame: Literal["replaced", "kept", "excluded"] = "replaced"
    """The result's first row becomes the ground truth, counts as given, or is not counted."""
    bad_rows: Literal[
        "copy", "copy all-NaN", "copy zero, refuse NaN and negative", "keep", "refuse NaN", "refuse partial NaN"
    ] = "copy"
    """Result rows with NaN or w <= 0 or h <= 0 repeat the last good row (from row 2 on), or count as they are. The OTB
    toolkit copies a NaN row only when all four are NaN; the TrackingNet devkit makes a number of a partial one."""
    short_file: Literal["refuse", "cut ground truth", "pad with zeros", "miss"] = "refuse"
    """A result with fewer rows than the ground truth; "miss": the absent rows fail every threshold."""
    long_file: Literal["refuse", "cut"] = "cut"
    missing_file: Literal["refuse", "zeros"] = "refuse"
    absent: Literal["miss", "scored", "excluded", "not annotated"] = "scored"
    """Frames where the target cannot be seen: they fail every threshold but count in the denominator (LaSOT), or count
    as any other, or are left out (GOT-10k: cover 0), or count as frames without an annotation."""
    positive_truth: Literal["box", "center", "none"] = "box"
    """A frame is not annotated when one of x, y, w, h is <= 0; for errors "center" asks only the center's sign."""
    error_without_truth: Literal["hit", "miss"] = "hit"
    """Center error of a frame that is not annotated: -1, below every threshold, or infinite. Its overlap is a miss."""
    norm_error_without_truth: Literal["hit", "miss"] = "hit"
    tiger1_start: Literal[1, 6] = 6
    """OTB Tiger1: all 354 rows when the result has them, or the official 349 from frame 6."""

    # their overlap and distance
    rounded: bool = False
    """Coordinates of both boxes are rounded to whole pixels first."""
    clipped: bool = False
    """Both boxes are cut to the image first."""
    last_pixel: Literal["x+w-1", "x+w"] = "x+w-1"
    """Right edge; the widths that follow are equal, only floating-point rounding differs."""
    overlap_range: Literal["as is", "clamped", "clamped, union + eps"] = "as is"
    norm_form: Literal[
        "centers / wh", "centers / (wh + 1e-16)", "offset / max(1, wh)", "(offset / wh * offset) / wh"
    ] = "centers / wh"
    """Order of the operations of the normalized center error: it decides frames that lie on a threshold."""

    # from values to a number
    success_thresholds: np.ndarray = dataclasses.field(default_factory=lambda: np.linspace(0, 1, 21), compare=False)
    success_inclusive: bool = False
    """Success is overlap >= t instead of overlap > t. Errors always use error <= t."""
    precision_thresholds: np.ndarray = dataclasses.field(default_factory=lambda: np.arange(51.0), compare=False)
    """Pixels."""
    norm_thresholds: np.ndarray = dataclasses.field(default_factory=lambda: np.arange(51) / 100, compare=False)
    """Fractions of the ground truth's width and height."""
    success_number: Literal["mean", "area"] = "mean"
    """Mean of the curve's values, or the trapezoid area over equally spaced points on 0..1."""
    precision_number: Literal["at 20 px", "area"] = "at 20 px"
    norm_number: Literal["at 0.2", "mean", "area"] = "at 0.2"


_OTB = Protocol(
    benchmark="otb2015",
    name="official",
    source="OTB MATLAB toolkit, calcSeqErrRobust.m; norm_precision by LaSOT's formula, OTB has none",
    bad_rows="copy all-NaN",
    short_file="cut ground truth",
    drops_empty_curves=True,
)
_OTB_PYSOT = Protocol(
    benchmark="otb2015",
    name="pysot",
    source="StrangerZhang/pysot-toolkit OPEBenchmark",
    first_frame="kept",
    bad_rows="keep",
    long_file="refuse",
    positive_truth="center",
    last_pixel="x+w",
    overlap_range="clamped",
    norm_form="centers / (wh + 1e-16)",
)
_OTB_PYTRACKING = Protocol(
    benchmark="otb2015",
    name="pytracking",
    source="visionml/pytracking analysis",
    bad_rows="copy zero, refuse NaN and negative",
    short_file="pad with zeros",
    error_without_truth="miss",
)
_OTB_GOT10K = Protocol(
    benchmark="otb2015",
    name="got10k",
    source="got-10k/toolkit ExperimentOTB",
    bad_rows="keep",
    short_file="cut ground truth",
    positive_truth="none",
    tiger1_start=1,
    last_pixel="x+w",
    overlap_range="clamped, union + eps",
    norm_form="offset / max(1, wh)",
    norm_thresholds=np.linspace(0, 0.5, 51),
    norm_number="mean",
)
_LASOT = Protocol(
    benchmark="lasot",
    name="official",
    source="HengLan/LaSOT_Evaluation_Toolkit",
    absent="miss",
    drops_empty_curves=True,
)
_LASOT_PYSOT = dataclasses.replace(
    _OTB_PYSOT,
    benchmark="lasot",
    source="StrangerZhang/pysot-toolkit OPEBenchmark (only monkey-17 may be longer there)",
    absent="miss",
    long_file="cut",
)
_LASOT_PYTRACKING = dataclasses.replace(_OTB_PYTRACKING, benchmark="lasot", absent="miss", short_file="refuse")
_LASOT_GOT10K = dataclasses.replace(
    _OTB_GOT10K, benchmark="lasot", source="got-10k/toolkit ExperimentLaSOT", tiger1_start=6
)
_GOT10K = Protocol(
    benchmark="got10k",
    name="official",
    source="got10k 0.1.3 ExperimentGOT10k on the validation split",
    metrics=("ao", "sr50", "sr75"),
    averaging="frames",
    first_frame="excluded",
    bad_rows="refuse NaN",
    long_file="refuse",
    absent="excluded",
    positive_truth="none",
    clipped=True,
    last_pixel="x+w",
    overlap_range="clamped, union + eps",
    success_thresholds=np.linspace(0, 1, 101),
)
_TRACKINGNET = Protocol(
    benchmark="trackingnet",
    name="official",
    source="SilvioGiancola/TrackingNet-devkit metrics.py, the code of the server",
    metrics=("success_auc", "precision", "norm_precision", "coverage"),
    bad_rows="refuse partial NaN",
    short_file="miss",
    missing_file="zeros",
    positive_truth="none",
    rounded=True,
    norm_form="(offset / wh * offset) / wh",
    success_inclusive=True,
    precision_thresholds=np.linspace(0, 50, 21),
    norm_thresholds=np.linspace(0, 0.5, 21),
    success_number="area",
    precision_number="area",
    norm_number="area",
)
_OTB_ROWS = (_OTB, _OTB_PYSOT, _OTB_PYTRACKING, _OTB_GOT10K)


def _for(benchmark: str, *rows: Protocol) -> tuple[Protocol, ...]:
    """Another benchmark's rows where the rules are the same."""
    return tuple(dataclasses.replace(row, benchmark=benchmark) for row in rows)


_UAV_PYTRACKING = dataclasses.replace(_OTB_PYTRACKING, error_without_truth="hit")
_UAV_GOT10K = dataclasses.replace(_OTB_GOT10K, source="got-10k/toolkit ExperimentUAV123")
_EXT_PYTRACKING = dataclasses.replace(_OTB_PYTRACKING, absent="not annotated")
_TNL2K = dataclasses.replace(_LASOT, source="wangxiao5791509/TNL2K_evaluation_toolkit")
_TNL2K_PYTRACKING = dataclasses.replace(
    _OTB_PYTRACKING, source="visionml/pytracking analysis, as its forks score TNL2K: without absent labels"
)
_ROWS = (
    *_OTB_ROWS,
    *(_LASOT, _LASOT_PYSOT, _LASOT_PYTRACKING, _LASOT_GOT10K),
    _GOT10K,
    _TRACKINGNET,
    *_for("otb50", *_OTB_ROWS),
    *_for("otb2013", *_OTB_ROWS),
    *_for("lasot_ext", _LASOT, _EXT_PYTRACKING),
    *_for("nfs", _OTB, _OTB_PYSOT, _OTB_PYTRACKING),
    *_for("nfs240", _OTB, _OTB_PYSOT, _OTB_PYTRACKING),
    *_for("uav123", _OTB, _OTB_PYSOT, _UAV_PYTRACKING, _UAV_GOT10K),
    *_for("tnl2k", _TNL2K, _TNL2K_PYTRACKING),
)
PROTOCOLS: dict[tuple[str, str], Protocol] = {(row.benchmark, row.name): row for row in _ROWS}


def protocols_of(benchmark: str) -> dict[str, Protocol]:
    """Name -> rules of the rows of one benchmark, the official ones first."""
    return {name: row for (owner, name), row in PROTOCOLS.items() if owner == benchmark}
