"""Properties of readers that hypothesis tries on some inputs with every run of the tests, and on many when asked for.

    SIOU_FUZZ=100000 python -m pytest -k fuzz tests/untrusted

`test_long_fuzz.py` does that for each of them, marked slow.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from siou_tracking.errors import InputError

COUNT = int(os.environ.get("SIOU_FUZZ", "50"))
fuzz = settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck), database=None)
"""Of every test here; what is found becomes a case of the reader's own tests."""

WORDS = st.sampled_from(
    [
        *("0", "1", "-1", "2.5", ".5", "5.", "1e3", "1e999", "nan", "-nan", "inf", "NaN", "1" * 25, "0" * 400, "9e15"),
        *("", " ", "\t", ",", ";", "\n", "\r\n", "\n\n", "x", "\x00", "\ufeff", "\u0663", "--1", "1-1", "1,1,9,9\n"),
        *("1,1,9,9,1,1,1\n", "1 1 9 9", '"a"', "=", "[Sequence]\n", "1000000", "99999999", "-0.0"),
    ]
)
TEXT = st.lists(WORDS, max_size=14).map(lambda words: "".join(words).encode("utf-8"))
CONTENT = TEXT | st.binary(max_size=80)
"""Bytes of a file of numbers, most of them nearly right."""

NUMBERS = st.sampled_from([0, 1, -1, 2.5, 1e300, 10**400, float("nan"), float("inf"), 64, 2**63, True, None, "1", ""])
JSON = st.recursive(
    NUMBERS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
"""What a file of JSON may say, numbers that it can spell and Python cannot hold among them."""


def change(value: object, parts: SearchStrategy[object] = JSON) -> SearchStrategy[object]:
    """A value of dictionaries and lists with any part of it left out or replaced by something else."""
    if isinstance(value, dict):
        kept = {key: change(inner, parts) for key, inner in value.items()}
        whole: SearchStrategy[object] = st.fixed_dictionaries({}, optional=kept) | st.fixed_dictionaries(kept)
    elif isinstance(value, list):
        whole = st.tuples(*(change(inner, parts) for inner in value)).map(list)
    else:
        whole = st.just(value)
    return st.one_of(whole, whole, whole, whole, parts)


def refuses(read: Callable[[], object]) -> bool:
    """Whether a reader refuses its input; anything but an `InputError` of one printable line fails the test."""
    try:
        read()
    except InputError as error:
        assert str(error).isprintable()
        return True
    return False
