"""JSON is bounded, and whatever is wrong with it is the input's fault, told in one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siou_tracking.errors import InputError
from siou_tracking.untrusted.json_text import DEPTH, DIGITS, VALUES, parse_json
from tests.untrusted.fuzzing import fuzz, refuses

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
)


@given(VALUE)
@settings(deadline=None)
def test_what_json_writes_is_read_again(value: Any) -> None:
    assert parse_json(json.dumps(value).encode(), "a") == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode("utf-16"), "a") == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "lists and objects inside one another, allowed are 64"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "lists and objects inside one another, allowed are 64"),
        (b"[" + b"1" * 5000 + b"]", "got a number of 5,000 digits, allowed are 300"),
        (b"[" + b"1" * 301 + b"]", "got a number of 301 digits, allowed are 300"),
        (rb'{"\ud800": 1}', "got half of a character"),
        (rb'["a", ["\udfff"]]', "got half of a character"),
        (b"[1,\n2,", "a:2: not JSON: Expecting value"),
        (b'"\xff"', "not JSON: 'utf-8' codec can't decode"),
        (b"[" + b"0," * VALUES, f"values, allowed are {VALUES:,}"),
    ],
)
def test_what_no_file_of_numbers_has_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_json(text, "a")
    assert words in str(refused.value)
    assert len(str(refused.value)) < 200


def test_what_is_allowed_is_read() -> None:
    assert parse_json(b"[" * DEPTH + b"]" * DEPTH, "a")
    assert parse_json(b"[" + b"1" * DIGITS + b"]", "a") == [int("1" * DIGITS)]
    flags = "0" * 5000  # a tag of VOT, one flag a frame
    assert parse_json(json.dumps([flags, "[" * 5000, r"\ud83d\ude00"]).encode(), "a")[0] == flags
    assert parse_json(rb'"\ud83d\ude00"', "a") == "\U0001f600"
    with pytest.raises(InputError, match="NaN is no number of JSON"):
        parse_json(b"[NaN]", "a", constants=False)


@given(st.binary(max_size=60) | st.text('[]{},:"\\u0dtruefalsn-1.eE ', max_size=60).map(str.encode))
@fuzz
def test_fuzz_any_bytes_are_json_or_refused(data: bytes) -> None:
    refuses(lambda: parse_json(data, "a"))
