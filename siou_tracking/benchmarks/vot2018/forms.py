"""Whether a tracker's boxes are written in another form than x, y, w, h: reset-based results have no given box to tell.

A tracker is restarted whenever it has lost its target, so its boxes overlap the target well on average. Boxes that do
not, and would in another form, are most likely of that form.
"""

from __future__ import annotations

import numpy as np

from siou_tracking.benchmarks.one_pass.doubts.readings import FORMS, overlap
from siou_tracking.benchmarks.vot2018.polygons import Regions, enclosing_boxes

_POOR, _GAIN = 0.3, 0.2


def find_other_form(found: Regions, truth: Regions, overlaps: np.ndarray) -> str | None:
    """What the boxes of all runs of a tracker would be right as, in words; None where nothing is better.

    Args:
        found: N answers of the tracker; only boxes are looked at.
        truth: N annotations.
        overlaps: (N,) theirs.
    """
    chosen = found.rectangle
    if not chosen.any() or overlaps.mean() >= _POOR:
        return None
    corners = found.corners[chosen]
    boxes = np.concatenate((corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    target = enclosing_boxes(truth.corners[chosen])
    fits = {words: float(np.nan_to_num(overlap(convert(boxes), target)).mean()) for words, convert in FORMS.items()}
    words = max(fits, key=lambda form: fits[form])
    stands = float(overlaps[chosen].mean())
    if fits[words] < stands + _GAIN:
        return None
    return f"the boxes may be {words}: mean overlap {stands:.2f} as they stand, {fits[words]:.2f} so read"
