"""Checked copies of all files, with plain names and small identities, which are no trouble to trackeval."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.mot.data.box_forms import COLUMNS, other_form
from siou_tracking.mot.data.motchallenge import parse_results, write_results, write_truth
from siou_tracking.mot.data.result_files import ResultFiles
from siou_tracking.mot.data.tracks import Tracks, refuse_other_classes
from siou_tracking.mot.scoring.detectors import part_hint
from siou_tracking.mot.scoring.truths import ScoredTruth, refuse_outside
from siou_tracking.wording import listed


class Layout:
    """truth/<key>/gt/gt.txt and trackers/<key>/<key>.txt in a folder, all checked.

    Args:
        folder: to fill.
        truths: of the sequences.
        benchmark: one of `MOT_BENCHMARKS`.
        truth_file: that the truths are from.

    Attributes:
        lengths: frames of each sequence, by the name that it has there.
        failed: tracker -> why it is not there.
    """

    def __init__(self, folder: Path, truths: Sequence[ScoredTruth], benchmark: str, truth_file: str) -> None:
        self._folder, self._truths, self._benchmark, self._truth_file = folder, truths, benchmark, truth_file
        self.lengths = {_key(at): len(truth) for at, truth in enumerate(truths)}
        self.failed: dict[str, str] = {}
        self._trackers: list[str] = []
        self._odd_truth: dict[str, list[str]] = {}
        self._odd_results: dict[tuple[str, str], list[str]] = {}
        for at, truth in enumerate(truths):
            write_truth(folder / "truth" / _key(at) / "gt" / "gt.txt", _renumbered(truth.tracks))

    def add(self, tracker: str, files: ResultFiles) -> None:
        """Lay out a tracker's results; what is wrong with them goes to `failed`, and other trackers are scored."""
        folder = self._folder / "trackers" / _key(len(self._trackers))
        try:
            files.require_all(part_hint(files.names, files.missing))
            for at, truth in enumerate(self._truths):
                write_results(folder / f"{_key(at)}.txt", _renumbered(self._read(tracker, truth, files)))
        except InputError as error:
            self.failed[tracker] = str(error)
            return
        self._trackers.append(tracker)

    def _read(self, tracker: str, truth: ScoredTruth, files: ResultFiles) -> Tracks:
        where = files.where(truth.name)
        tracks = parse_results(files.read(truth.name), where, truth.length)
        if self._benchmark != "mot15":
            refuse_other_classes(tracks, where)
        refuse_outside(tracks, truth, self._truth_file, where)
        tracks = truth.cut(tracks, where)
        if form := other_form(tracks, truth.tracks, truth.width):
            self._odd_results.setdefault((tracker, form), []).append(truth.name)
        elif form := other_form(truth.tracks, tracks, truth.width):
            self._odd_truth.setdefault(form, []).append(truth.name)
        return tracks

    def keys(self) -> dict[str, str]:
        """Tracker -> its name there.

        Raises:
            InputError: none could be laid out; tells why, of the first.
        """
        if not self._trackers:
            reason, *others = self.failed.values()
            raise InputError(reason + f"; and {len(others)} more trackers cannot be scored" * bool(others))
        return {tracker: _key(number) for number, tracker in enumerate(self._trackers)}

    def notes(self) -> list[str]:
        """Boxes that would be right in another form, which is no proof: they are scored as they are."""
        total = len(self._truths)
        notes = [
            f"{tracker}: boxes look like {form} in {len(names)} of {total} sequences ({listed(names)}): {COLUMNS}"
            for (tracker, form), names in self._odd_results.items()
        ]
        for form, names in self._odd_truth.items():
            known = list(dict.fromkeys(names))
            notes.append(f"truth: boxes look like {form} in {len(known)} of {total} ({listed(known)}): {COLUMNS}")
        return notes


def _key(number: int) -> str:
    return f"n{number:04d}"


def _renumbered(tracks: Tracks) -> Tracks:
    """Identities 1, 2, .. in their order: the evaluator's memory grows with the largest."""
    identity = np.unique(tracks.identity, return_inverse=True)[1].reshape(-1) + 1
    return Tracks(**{**vars(tracks), "identity": identity})
