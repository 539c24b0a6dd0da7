"""The field's own evaluator, `trackeval`: HOTA (Luiten et al., IJCV 2021), CLEAR (Bernardin and Stiefelhagen, 2008) and
the identity measures (Ristani et al., 2016). Nothing of them is computed here; files go in, numbers come out.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any  # a field of trackeval's: a number or an array, whichever it is

import numpy as np

from siou_tracking.errors import EXTRAS, InputError, missing_extra

_ALPHA_50 = 9  # of the thresholds .05, .1, .. .95
_MEANS = {
    "hota": "HOTA",
    "deta": "DetA",
    "assa": "AssA",
    "loca": "LocA",
    "detre": "DetRe",
    "detpr": "DetPr",
    "assre": "AssRe",
    "asspr": "AssPr",
}
_FRACTIONS = {
    "mota": ("CLEAR", "MOTA"),
    "motp": ("CLEAR", "MOTP"),
    "recall": ("CLEAR", "CLR_Re"),
    "precision": ("CLEAR", "CLR_Pr"),
    "idf1": ("Identity", "IDF1"),
    "idp": ("Identity", "IDP"),
    "idr": ("Identity", "IDR"),
}
COUNTS = {
    "idsw": ("CLEAR", "IDSW"),
    "fp": ("CLEAR", "CLR_FP"),
    "fn": ("CLEAR", "CLR_FN"),
    "tp": ("CLEAR", "CLR_TP"),
    "frag": ("CLEAR", "Frag"),
    "mt": ("CLEAR", "MT"),
    "pt": ("CLEAR", "PT"),
    "ml": ("CLEAR", "ML"),
    "idtp": ("Identity", "IDTP"),
    "idfp": ("Identity", "IDFP"),
    "idfn": ("Identity", "IDFN"),
    "truth_boxes": ("Count", "GT_Dets"),
    "boxes": ("Count", "Dets"),
    "truth_identities": ("Count", "GT_IDs"),
    "identities": ("Count", "IDs"),
}
"""Metrics that are counts -> measure and field of trackeval's; all others are fractions."""

Raw = Mapping[str, Mapping[str, Any]]
"""What trackeval keeps of one sequence or a combination: measure -> field -> number or array over thresholds."""


class Evaluator:
    """trackeval on one folder of files.

    Args:
        folder: holds truth/<sequence>/gt/gt.txt and trackers/<tracker>/<sequence>.txt.
        lengths: sequence -> frames.
        trackers: names of the folders in trackers/.
        benchmark: one of `MOT_BENCHMARKS`.

    Raises:
        InputError: trackeval is not installed.
    """

    def __init__(self, folder: Path, lengths: Mapping[str, int], trackers: Sequence[str], benchmark: str) -> None:
        trackeval = import_trackeval()
        quiet = {"PRINT_CONFIG": False}
        with _silence():
            metrics = trackeval.metrics
            self._measures = [metrics.HOTA(), metrics.CLEAR(quiet), metrics.Identity(quiet), metrics.Count()]
            self._dataset = trackeval.datasets.MotChallenge2DBox(
                {
                    **quiet,
                    "GT_FOLDER": str(folder / "truth"),
                    "TRACKERS_FOLDER": str(folder / "trackers"),
                    "TRACKER_SUB_FOLDER": "",
                    "TRACKERS_TO_EVAL": list(trackers),
                    "BENCHMARK": benchmark.upper(),
                    "SEQ_INFO": dict(lengths),
                    "SKIP_SPLIT_FOL": True,
                }
            )

    def evaluate(self, tracker: str, sequence: str) -> Raw:
        """One tracker on one sequence."""
        with _silence():
            data = self._dataset.get_preprocessed_seq_data(
                self._dataset.get_raw_seq_data(tracker, sequence), "pedestrian"
            )
            return {measure.get_name(): measure.eval_sequence(data) for measure in self._measures}

    def combine(self, parts: Sequence[Raw]) -> Raw:
        """Several sequences as one: boxes and identities are pooled, which is no mean over sequences."""
        with _silence():
            return {
                name: measure.combine_sequences({str(number): part[name] for number, part in enumerate(parts)})
                for measure in self._measures
                for name in [measure.get_name()]
            }


def numbers(raw: Raw) -> dict[str, float]:
    """The metrics of one sequence or a combination: fractions as float, counts as int.

    HOTA and its parts are means over the IoU thresholds .05 to .95; hota_05 and hota_50 are at one of them.
    """
    hota = raw["HOTA"]
    return {
        **{name: float(np.mean(hota[field])) for name, field in _MEANS.items()},
        "hota_05": float(hota["HOTA"][0]),
        "hota_50": float(hota["HOTA"][_ALPHA_50]),
        **{name: float(raw[measure][field]) for name, (measure, field) in _FRACTIONS.items()},
        **{name: int(raw[measure][field]) for name, (measure, field) in COUNTS.items()},
    }


def import_trackeval() -> ModuleType:
    """The evaluator's package.

    Raises:
        InputError: it is not installed; says how to.
    """
    try:
        with _silence():
            import trackeval
    except ImportError as error:
        if error.name in EXTRAS:
            raise InputError(f"MOT scores: {missing_extra(error.name)}") from error
        raise InputError(f"MOT scores: trackeval cannot be imported: {error}") from error
    return trackeval


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """trackeval prints its settings, every table and the traceback of every error; callers get the exception."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
