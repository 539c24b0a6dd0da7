"""Boxes in another form are known by what they would cover; boxes that are right are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.mot.data.box_forms import CORNERS, FRACTIONS, other_form
from siou_tracking.mot.data.tracks import Tracks, make_tracks


def people(form: str = "xywh", scale: float = 1.0, seed: int = 0) -> Tracks:
    """Thirty frames of two walkers, as a reader would read boxes written in a form."""
    generator = np.random.default_rng(seed)
    frame, identity = np.repeat(np.arange(1, 31), 2), np.tile([1, 2], 30)
    written = np.column_stack([300 + 5 * frame + 80 * identity, 200 + 0 * frame, 40 + 0 * frame, 90 + 0 * frame])
    written = (written + generator.normal(0, 1, written.shape)) * scale
    if form == "xyxy":
        written[:, 2:] += written[:, :2]
    return make_tracks(frame, identity, written - [1, 1, 0, 0])


@pytest.mark.parametrize(
    ("tracks", "others", "width", "form"),
    [
        (people(), people(seed=1), 640, ""),
        (people("xyxy"), people(), None, CORNERS),
        (people("xyxy"), None, 700, CORNERS),  # nearly all would leave the image
        (people("xyxy"), people("xyxy", seed=1), None, CORNERS),  # both are odd: right sides go with left ones
        (people("xyxy"), None, 1920, CORNERS),
        (people("xyxy").select(np.arange(60) < 10), None, 1920, ""),  # too few to tell it by
        (people(scale=0.1), None, 1920, ""),
        (people(scale=1 / 640), people(), None, FRACTIONS),
        (people(), people("xyxy"), None, ""),  # it is the others' form that is odd
        (people().select(np.zeros(60, bool)), people(), 640, ""),
    ],
)
def test_the_form_is_known(tracks: Tracks, others: Tracks | None, width: int | None, form: str) -> None:
    assert other_form(tracks, others, width) == form
