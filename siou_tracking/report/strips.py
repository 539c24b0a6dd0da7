"""Strips of a page: a few frames of one sequence with the truth and trackers drawn on them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from siou_tracking.benchmarks.vot2018.polygons import Regions, overlaps
from siou_tracking.errors import InputError
from siou_tracking.media.drawing import CYCLE, color_of
from siou_tracking.media.strip import view_of_outlines
from siou_tracking.report.footage import Footage
from siou_tracking.report.metrics import format_on_sequence
from siou_tracking.report.page import color_key, embed_jpeg, swatch
from siou_tracking.report.runs import tracker_label
from siou_tracking.report.score_figures import looks_of
from siou_tracking.report.table import Result

FRAMES = 4
"""Frames of a strip."""
MOST_BYTES = 11_000
"""Of a picture, where the page has room for it."""
TRUTH = "ground truth"
_LOST = 0.2
_MEAN_OVERLAPS = ("success_auc", "ao")  # metrics that are the mean overlap of a sequence, but for a few hundredths
_TOLERANCE, _ANNOTATED = 0.1, 0.9


@dataclasses.dataclass(frozen=True)
class Frames:
    """What a page may show of a benchmark's frames."""

    footage: Footage
    strips: int
    """At most, of all sections together."""
    most_bytes: int = MOST_BYTES
    """Of one picture."""


def draw_strip(frames: Frames, result: Result, name: str, values: Mapping[str, float], metric: str) -> str | None:
    """A heading, a key and frames that are spread evenly over a sequence, one of them where the first tracker is lost.

    Args:
        frames: whose footage has the sequence.
        result: whose trackers they are.
        name: of the sequence.
        values: tracker whose boxes are drawn -> its score here, in order; one without a result here is left out.
        metric: which score that is.

    Returns:
        HTML; None where a frame cannot be read, which the footage's notes say.
    """
    footage = frames.footage
    truth = footage.truth(name)
    found = {tracker: footage.outlines(result, tracker, name) for tracker in values}
    drawn = {tracker: corners for tracker, corners in found.items() if corners is not None}
    shares = {tracker: frame_overlaps(corners, truth) for tracker, corners in drawn.items()}
    if metric in _MEAN_OVERLAPS:
        _note_others(footage, result, name, {tracker: (values[tracker], one) for tracker, one in shares.items()})
    colors = _colors(result, list(drawn))
    figures = []
    for index in choose_frames(truth, next(iter(shares.values()), None)):
        outlines = [(truth[index], color_of(TRUTH)), *((one[index], colors[who]) for who, one in drawn.items())]
        try:
            picture = _picture(frames, name, index, outlines)
        except InputError as error:
            footage.note(f"{name}: no frames are shown: {error}")
            return None
        caption = _caption(index, {colors[who]: one[index] for who, one in shares.items()})
        figures.append(f"<figure>{picture}{caption}</figure>")
    if not figures:
        return None
    scores = {tracker: format_on_sequence(result["benchmark"], values[tracker], metric) for tracker in drawn}
    labels = [(TRUTH, color_of(TRUTH))]
    labels += [(f"{tracker_label(result, tracker)} {score}", colors[tracker]) for tracker, score in scores.items()]
    head = f"<h3>{escape(name)}</h3>{color_key(labels)}"
    return f'<div class="strip">{head}<div class="row">{"".join(figures)}</div></div>'


def _note_others(footage: Footage, result: Result, name: str, found: Mapping[str, tuple[float, np.ndarray]]) -> None:
    """Note a tracker whose boxes cannot be those that its score is of; of a mean of runs one run tells nothing."""
    for tracker, (score, shares) in found.items():
        mean = float(np.nanmean(shares[1:])) if np.isfinite(shares[1:]).mean() > _ANNOTATED else score
        if abs(mean - score) > _TOLERANCE and tracker not in result.get("runs", {}):
            footage.note(
                f"{tracker}: on {name} the boxes of --results overlap by {mean:.2f}, the score there is {score:.2f}: "
                "they are not what was scored"
            )


def frame_overlaps(corners: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(n,) overlap of (n, 4, 2) regions with the truth; 0 where there is only the truth, NaN where there is none."""
    there, both = np.isfinite(truth).all((1, 2)), np.isfinite(corners).all((1, 2))
    both &= there
    shares = np.where(there, 0.0, np.nan)
    rectangle = np.zeros(int(both.sum()), bool)
    shares[both] = overlaps(Regions(corners[both], rectangle), Regions(truth[both], rectangle))
    return shares


def choose_frames(truth: np.ndarray, shares: np.ndarray | None, count: int = FRAMES) -> list[int]:
    """Indices of frames spread evenly over those with a truth, the first frame aside.

    Args:
        truth: (n, 4, 2) corners, NaN where there is none.
        shares: (n,) overlaps of the tracker that matters; the first frame in which it is lost replaces the nearest.
        count: of frames, where there are so many.
    """
    seen = np.flatnonzero(np.isfinite(truth[1:]).all((1, 2))) + 1
    if not len(seen):
        return []
    places = np.linspace(0, len(seen) - 1, count + 1).round().astype(int)[1:]
    chosen = seen[places]
    lost = seen[shares[seen] < _LOST] if shares is not None else seen[:0]
    if len(lost):
        chosen[np.abs(chosen - lost[0]).argmin()] = lost[0]
    return sorted(set(chosen.tolist()))


def _picture(frames: Frames, name: str, index: int, outlines: Sequence[tuple[np.ndarray, str]]) -> str:
    from siou_tracking.ltr.data.image_loader import default_image_loader

    frame = default_image_loader(frames.footage.sequences[name].frames[index])
    picture = view_of_outlines(frame, outlines, most_bytes=frames.most_bytes)
    return embed_jpeg(picture, f"{name}, frame {index + 1}, with boxes")


def _caption(index: int, shares: Mapping[str, float]) -> str:
    parts = [f"<span>{swatch(color)}{share:.2f}</span>" for color, share in shares.items()]
    return f"<figcaption><span>frame {index + 1}</span>{''.join(parts)}</figcaption>"


def _colors(result: Result, trackers: Sequence[str]) -> dict[str, str]:
    """Each tracker's color in the page's figures; where two would look alike, another one."""
    looks, colors = looks_of(result["trackers"]), dict[str, str]()
    for tracker in trackers:
        taken = {color_of(TRUTH), *colors.values()}
        colors[tracker] = next(color for color in (looks[tracker][0], *CYCLE) if color not in taken)
    return colors
