"""A table of tracks keeps its columns together, and its frames are found without a search a frame."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.mot.data.tracks import Tracks, make_tracks


def table(frames: list[int]) -> Tracks:
    count = len(frames)
    return make_tracks(frames, np.arange(count)[::-1], np.arange(4 * count), np.arange(count) / 8)


@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 15))
def test_frame_slices_are_the_rows_of_each_frame(frames: list[int], length: int) -> None:
    tracks = table(frames)
    slices = tracks.frame_slices(length)
    assert len(slices) == length
    for frame, rows in enumerate(slices, 1):
        assert np.array_equal(np.flatnonzero(tracks.frame == frame), np.arange(len(tracks))[rows])


@given(st.lists(st.integers(1, 12), max_size=40))
def test_a_table_is_ordered_and_no_column_loses_its_row(frames: list[int]) -> None:
    tracks = table(frames)
    keys = list(zip(tracks.frame.tolist(), tracks.identity.tolist(), strict=True))
    assert keys == sorted(keys)
    given_row = len(frames) - 1 - tracks.identity
    assert np.array_equal(tracks.frame, np.array(frames, int)[given_row])
    assert np.array_equal(tracks.xywh[:, 0], 4 * given_row) and np.array_equal(tracks.score, given_row / 8)


def test_columns_have_their_types_and_defaults() -> None:
    tracks = make_tracks([1.0], np.array([3], np.uint8), np.ones((1, 4), np.float32))
    kinds = {field.name: getattr(tracks, field.name).dtype for field in dataclasses.fields(tracks)}
    assert kinds["frame"] == kinds["identity"] == kinds["category"] == np.int64 and kinds["considered"] == np.bool_
    assert kinds["xywh"] == kinds["score"] == kinds["visibility"] == np.float64
    assert (tracks.score, tracks.category, tracks.considered, tracks.visibility) == (1, 1, True, 1)
    assert len(make_tracks([], [], [])) == 0


def test_rows_are_selected_by_mask_index_and_slice() -> None:
    tracks = table([1, 2, 3])
    for rows in (np.array([False, True, True]), np.array([1, 2]), slice(1, None)):
        assert tracks.select(rows).frame.tolist() == [2, 3] and tracks.select(rows).xywh.shape == (2, 4)


def test_columns_of_different_length_are_no_table() -> None:
    with pytest.raises(ValueError, match="reshape"):
        make_tracks([1, 2], [1], np.ones((2, 4)))
