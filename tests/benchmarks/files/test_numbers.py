"""Any bytes become the right table or one line that says which file and line is wrong."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.benchmarks.files.numbers import _by_line, parse_flags, parse_table
from siou_tracking.benchmarks.files.plain_numbers import _HAS_LONG, parse_plain
from siou_tracking.errors import InputError

BOX = np.array([[1.5, 2, 3, 4], [5, -6, 7, 8e2]])
DIALECTS = {
    "comma": b"1.5,2,3,4\n5,-6,7,800\n",
    "no last newline": b"1.5,2,3,4\n5,-6,7,800",
    "tab": b"1.5\t2\t3\t4\n5\t-6\t7\t800\n",
    "space": b"1.5 2 3 4\n5 -6 7 800\n",
    "aligned columns": b"   1.5   2   3    4\n   5    -6   7  800\n",
    "comma and space": b"1.5, 2, 3, 4\n5, -6, 7, 800\n",
    "semicolon": b"1.5;2;3;4\n5;-6;7;800\n",
    "mixed in one file": b"1.5,2\t3 4\n5\t-6,7 , 800\n",
    "dialect changes": b"1.5,2,3,4\n5\t-6\t7\t800\n",
    "CRLF": b"1.5,2,3,4\r\n5,-6,7,800\r\n",
    "old Mac newlines": b"1.5,2,3,4\r5,-6,7,800\r",
    "byte order mark": b"\xef\xbb\xbf1.5,2,3,4\n5,-6,7,800\n",
    "blank lines": b"\n1.5,2,3,4\n\n5,-6,7,800\n\n\n",
    "scientific": b"1.5e+00,2.0E0,.3e1,4.\n+5,-6,7,8e2\n",
}


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_reads_the_same(name: str) -> None:
    assert np.array_equal(parse_table(DIALECTS[name], 4, "a.txt"), BOX)


@pytest.mark.parametrize("word", ["NaN", "nan", "NAN", "-nan"])
def test_nan_is_a_value(word: str) -> None:
    table = parse_table(f"1,2,3,4\n{word},{word},3,4\n".encode(), 4, "a.txt")
    assert np.isnan(table[1, :2]).all() and np.array_equal(table[1, 2:], [3, 4])


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"1,2,3,4\n1,2,3\n", 2),  # a row cut off
        (b"1,2,3,4\n1,2,3,4,5\n", 2),  # a number too many
        (b"1,2,3,4\n1,2,3,4,\n", 2),  # an empty field
        (b"1,,3,4\n", 1),  # an empty field inside
        (b"1,2,3\n4,5,6,7,8\n", 1),  # eight numbers, but not two boxes
        (b"x,y,w,h\n1,2,3,4\n", 1),  # a heading
        (b"1,2,3,4\n\n# end\n", 3),  # a comment; blank lines count
        (b"1,2,3,inf\n", 1),  # infinity is no box
        (b"1,2,3,4\n1,2,3,1e999\n", 2),  # overflows to infinity
        (b"1,2,3,0x10\n", 1),  # Python's other spellings are not numbers here
        (b"1,2,3,1_0\n", 1),
        (b"1,2,3,4\n1,2,3,4\0\n", 2),  # a damaged file
        (b"1,2,3,1+2i\n", 1),  # MATLAB writes complex boxes
        (b"1.2.3,2,3,4\n", 1),
        (b"1-2,2,3,4\n", 1),
    ],
)
def test_an_error_names_file_and_line(data: bytes, line: int) -> None:
    with pytest.raises(InputError, match=rf"^results/a\.txt:{line}: "):
        parse_table(data, 4, "results/a.txt")


def test_an_empty_file_is_an_empty_table() -> None:
    assert parse_table(b"", 4, "a.txt").shape == parse_table(b" \r\n\n", 4, "a.txt").shape == (0, 4)


@given(
    st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), min_size=1, max_size=30),
    st.sampled_from([",", "\t", " ", ", "]),
    st.sampled_from(["{!r}", "{:.3f}", "{:.7f}", "{:.10f}", "{:.12f}", "{:.18e}", "{:.0f}", "{:g}"]),
)
def test_values_equal_those_of_python(boxes: list[list[float]], separator: str, spelling: str) -> None:
    words = [[spelling.format(value) for value in box] for box in boxes]
    table = parse_table("\n".join(separator.join(row) for row in words).encode(), 4, "a.txt")
    assert np.array_equal(table, [[float(word) for word in row] for row in words])


def test_numbers_half_way_between_two_float64_are_rounded_as_python_rounds_them() -> None:
    random = np.random.default_rng(0)
    words = [f"{whole}.{part:014d}" for whole, part in random.integers((1, 0), (1_300, 10**14), (40_000, 2))]
    words += ["9007199254740993", "9007199254740993.0", "4503599627370497.5", "4503599627370498.5", "0.000000000000001"]
    words += ["0"] * (-len(words) % 4)
    text = "\n".join(",".join(words[start : start + 4]) for start in range(0, len(words), 4)).encode()
    expected = np.array([float(word) for word in words]).reshape(-1, 4)
    assert np.array_equal(parse_table(text, 4, "a.txt"), expected)
    assert np.array_equal(parse_plain(text + b"\n", 4), expected) or not _HAS_LONG


@pytest.mark.parametrize(
    "text", [b".,1\n", b"-,1\n", b"-.,1\n", b"1.2.3,1\n", b"1-2,1\n", b"1..2,1\n", b".-5,1\n", b"1,,2\n"]
)
def test_what_is_no_plain_number_is_left_to_the_other_readers(text: bytes) -> None:
    assert parse_plain(text, 2) is None
    with pytest.raises(InputError, match=r"^a\.txt:1: "):
        parse_table(text, 2, "a.txt")


@pytest.mark.parametrize(("text", "value"), [(b"-.5", -0.5), (b"5.", 5), (b"-0", 0), (b"007.50", 7.5), (b"-3", -3)])
def test_short_spellings_are_plain_numbers(text: bytes, value: float) -> None:
    assert parse_plain(text + b"\n", 1).tolist() == [[value]]


@given(
    st.lists(st.lists(st.integers(-12_000, 12_000), min_size=4, max_size=4), min_size=1, max_size=30),
    st.sampled_from([",", "\t", " "]),
    st.booleans(),
)
def test_whole_numbers_equal_those_of_python(boxes: list[list[int]], separator: str, last_newline: bool) -> None:
    text = "\n".join(separator.join(map(str, box)) for box in boxes) + "\n" * last_newline
    assert np.array_equal(parse_table(text.encode(), 4, "a.txt"), boxes)


@given(st.text("0123456789-,\t \n.", max_size=40).map(str.encode))
def test_damaged_plain_numbers_give_what_reading_line_by_line_gives(data: bytes) -> None:
    check_against_lines(data)


@given(st.one_of(st.binary(max_size=200), st.text("0123456789.,-+eEnaN \t\r\n;", max_size=80).map(str.encode)))
def test_any_bytes_give_what_reading_line_by_line_gives(data: bytes) -> None:
    check_against_lines(data)


@given(
    st.one_of(
        st.lists(st.tuples(*[st.integers(-99, 999)] * 4), max_size=20).map(
            lambda rows: "\n".join(",".join(map(str, row)) for row in rows)
        ),
        st.text("0123456789.,- \n", max_size=80),
    )
)
def test_a_file_in_many_blocks_gives_what_reading_line_by_line_gives(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siou_tracking.benchmarks.files.numbers._BLOCK", 8)
        check_against_lines(text.encode())


def check_against_lines(data: bytes) -> None:
    def outcome(read: object, content: bytes) -> list | str:
        try:
            return np.nan_to_num(read(content, 4, "a.txt"), nan=-7.25).tolist()
        except InputError as error:
            assert re.match(r"a\.txt:\d+: ", str(error)) and "\n" not in str(error)
            return str(error)

    plain = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert outcome(parse_table, data) == outcome(_by_line, plain)


@pytest.mark.parametrize(
    "data", [b"0\n1\n0\n", b"0,1,0", b"0,1,0\r\n", b"0 1\t0\n", b"\xef\xbb\xbf0\r\n1\r\n0", b"0.0,1.,0"]
)
def test_labels_read_from_a_line_or_a_column(data: bytes) -> None:
    assert parse_flags(data, "a").tolist() == [0, 1, 0]


def test_labels_may_have_more_digits_and_none_is_lost() -> None:
    assert parse_flags(b"8\n10\n8\n", "a").tolist() == [8, 10, 8]
    assert parse_flags(b"10", "a").tolist() == [10]


@pytest.mark.parametrize("data", [b"0,1,x", b"0\n-1\n", b"0,0.5"])
def test_a_label_that_is_no_whole_number_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^absent/a\.txt: label \d"):
        parse_flags(data, "absent/a.txt")


@given(st.binary(max_size=60))
def test_any_bytes_are_labels_or_an_error(data: bytes) -> None:
    try:
        assert parse_flags(data, "a").dtype == np.int64
    except InputError as error:
        assert str(error).startswith("a: label ")


@pytest.mark.parametrize(("row", "hint"), [
    ("1,2,3,4,0.9", "a frame number or a score beside the box?"), ("1,2,9,2,9,8,1,8", "the corners of a polygon?"),
    ("1,1,2,3,4,5,1,-1,-1,-1", "rows of a multi-object result?"),
])  # fmt: skip
def test_rows_of_another_kind_are_named(row: str, hint: str) -> None:
    with pytest.raises(InputError, match=rf"a\.txt:1: \d+ numbers in .*, 4 expected; {re.escape(hint)}"):
        parse_table(f"{row}\n{row}\n".encode(), 4, "a.txt")
