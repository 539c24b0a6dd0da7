"""Any bytes, any tables: what is read is right or named, and what is written reads back."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.errors import InputError
from siou_tracking.mot.data.motchallenge import (
    Tracks,
    format_results,
    make_tracks,
    parse_results,
    parse_truth,
    write_truth,
)

boxes = st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(1e-3, 1e5), st.floats(1e-3, 1e5))
keys = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 10**12)), unique=True, max_size=20)


@st.composite
def tables(draw) -> Tracks:
    pairs = draw(keys)
    count = len(pairs)
    return make_tracks(
        [frame for frame, _ in pairs],
        [identity for _, identity in pairs],
        draw(st.lists(boxes, min_size=count, max_size=count)),
        draw(st.lists(st.floats(-100, 100), min_size=count, max_size=count)),
        draw(st.lists(st.integers(1, 13), min_size=count, max_size=count)),
        draw(st.lists(st.booleans(), min_size=count, max_size=count)),
        draw(st.lists(st.floats(0, 1), min_size=count, max_size=count)),
    )


@given(tables(), st.randoms(use_true_random=False))
def test_what_is_written_reads_back_whatever_the_order_of_rows(tracks: Tracks, random) -> None:
    order = list(range(len(tracks)))
    random.shuffle(order)
    text = format_results(tracks.select(np.array(order, int)))
    assert text == format_results(tracks)
    back = parse_results(text.encode(), "r.txt")
    assert np.array_equal(back.frame, tracks.frame) and np.array_equal(back.identity, tracks.identity)
    np.testing.assert_allclose(back.xywh, tracks.xywh, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back.score, tracks.score, rtol=0, atol=1e-9)
    assert format_results(back) == text  # so nothing drifts, however often a file is read and written


@given(tables())
def test_truth_that_is_written_reads_back(tmp_path_factory: pytest.TempPathFactory, tracks: Tracks) -> None:
    path = write_truth(tmp_path_factory.getbasetemp() / "gt.txt", tracks)
    back = parse_truth(path.read_bytes(), "gt.txt", 50)
    for name in ("frame", "identity", "category", "considered"):
        assert np.array_equal(vars(back)[name], vars(tracks)[name])
    np.testing.assert_allclose(back.xywh, tracks.xywh, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back.visibility, tracks.visibility, rtol=0, atol=1e-9)


numbers = st.one_of(st.integers(-3, 40).map(str), st.floats(-50, 50).map(repr), st.sampled_from(["nan", "1e9", ""]))
rows = st.lists(numbers, min_size=6, max_size=11).map(",".join)
damaged = st.one_of(
    st.binary(max_size=120),
    st.text("0123456789.,-+eEnaN \t\r\n;", max_size=120).map(str.encode),
    st.lists(rows, max_size=6).map("\n".join).map(str.encode),
)


@given(damaged)
def test_any_bytes_are_a_right_table_or_one_line_that_names_the_place(data: bytes) -> None:
    for parse in (
        lambda: parse_results(data, "r.txt", 30),
        lambda: parse_results(data, "r.txt", tracked=False),
        lambda: parse_truth(data, "r.txt", 30),
    ):
        try:
            tracks = parse()
        except InputError as error:
            assert re.match(r"r\.txt:\d+: ", str(error)) and "\n" not in str(error)
            continue
        assert len(tracks) == sum(
            bool(line.strip()) for line in re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf"))
        )
        assert (tracks.frame >= 1).all() and np.isfinite(tracks.xywh).all() and (tracks.xywh[:, 2:] >= 0).all()


plain = st.one_of(st.integers(-(10**6), 10**6).map(str), st.floats(-1e6, 1e6).map(lambda value: f"{value:.4f}"))
positive = st.one_of(st.integers(1, 10**6).map(str), st.floats(0.001, 1e6).map(lambda value: f"{value:.3f}"))


@given(st.lists(st.tuples(plain, plain, positive, positive, plain), max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_values_equal_those_of_an_independent_reader(boxes: list[tuple[str, ...]], end: str) -> None:
    text = end.join(",".join([str(1 + at // 3), str(at), *box, "-1", "-1", "-1"]) for at, box in enumerate(boxes))
    tracks = parse_results(text.encode(), "r.txt")
    slow = [[float(word) for word in row] for row in csv.reader(io.StringIO(text, newline=""))]
    expected = np.array(slow).reshape(-1, 10)
    assert np.array_equal(tracks.frame, expected[:, 0]) and np.array_equal(tracks.identity, expected[:, 1])
    assert np.array_equal(tracks.xywh, expected[:, 2:6] - [1, 1, 0, 0])
    assert np.array_equal(tracks.score, expected[:, 6])
