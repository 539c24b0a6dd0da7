"""Photographs come from installed packages, and training never sees a held-out one."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.scenes import RenderedSequence, photos


def test_train_and_heldout_share_no_photograph_and_no_outline() -> None:
    assert not set(photos.photo_names("train")) & set(photos.photo_names("heldout"))
    used = {split: {entry.photo for entry in photos.silhouettes(split)} for split in photos.PHOTOS}
    assert not used["train"] & used["heldout"]


def test_train_and_heldout_share_no_face() -> None:
    stacks = {split: {face.tobytes() for face in photos.faces(split)} for split in photos.PHOTOS}
    assert len(stacks["train"]) == 70 and len(stacks["heldout"]) == 30
    assert not stacks["train"] & stacks["heldout"]


@pytest.mark.parametrize("split", sorted(photos.PHOTOS))
def test_outlines_lie_on_their_photograph(split: str) -> None:
    for entry in photos.silhouettes(split):
        height, width = photos.load_photo(entry.photo).shape[:2]
        assert (entry.polygon >= 0).all() and (entry.polygon <= [width, height]).all(), entry.name
        assert np.ptp(entry.polygon, axis=0).min() > 15, entry.name


def test_nothing_is_fetched_from_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    photos.load_photo.cache_clear()
    photos._load_scaled.cache_clear()
    for split in photos.PHOTOS:
        for name in photos.photo_names(split):
            assert photos.load_photo(name).ndim == 3
        RenderedSequence(0, 2, (120, 90), split).frame(0)


def test_a_missing_photograph_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"none\.png.*skimage"):
        photos.photo_path("none.png")
