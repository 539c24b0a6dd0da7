"""Intervals of scores over a data set: resampled videos, each draw combined as the evaluator combines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from siou_tracking.mot.scoring.evaluator import Evaluator, Raw, numbers
from siou_tracking.mot.scoring.official import video_of

LEVEL = 0.95
RESAMPLES = 1000
FEWEST = 5
"""Videos that an interval needs: of fewer there are so few different draws that its ends are draws themselves."""
WITH_INTERVAL = ("hota", "deta", "assa", "mota", "idf1")


def bootstrap_videos(evaluator: Evaluator, names: Sequence[str], parts: Sequence[Raw]) -> dict[str, list[float]]:
    """Percentile bootstrap over videos: HOTA of a set is no mean of its sequences' HOTA.

    MOT17's three copies of a video have the same people in the same pictures, so they are drawn together.

    Args:
        evaluator: that made `parts`.
        names: of the sequences.
        parts: what was measured on each.

    Returns:
        metric -> [low, high]; empty with fewer than `FEWEST` videos.
    """
    videos: dict[str, list[Raw]] = {}
    for name, part in zip(names, parts, strict=True):
        videos.setdefault(video_of(name), []).append(part)
    if len(videos) < FEWEST:
        return {}
    units = list(videos.values())
    generator = np.random.default_rng(0)
    draws = generator.integers(0, len(units), (RESAMPLES, len(units))).tolist()
    scores = [numbers(evaluator.combine([part for at in draw for part in units[at]])) for draw in draws]
    counted = [score for score in scores if score["truth_boxes"]]
    table = np.array([[score[metric] for metric in WITH_INTERVAL] for score in counted])
    bounds = np.quantile(table, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0).T.tolist()
    return dict(zip(WITH_INTERVAL, bounds, strict=True))
