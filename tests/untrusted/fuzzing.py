"""Properties of readers that hypothesis tries on some inputs with every run of the tests, and on many when asked for.

    SIOU_FUZZ=100000 python -m pytest -k fuzz tests/untrusted

`test_long_fuzz.py` does that for each kind of file, marked slow.
"""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Callable, Container, Iterator
from typing import Any  # what a file holds

import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from siou_tracking.errors import InputError

COUNT = int(os.environ.get("SIOU_FUZZ", "50"))
fuzz = settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck), database=None)
"""Of every test here; what is found becomes a case of the reader's own tests."""


def fuzz_each(readers: int) -> settings:
    """Of a test that is run for each of some readers, which share the inputs that are asked for."""
    return settings(fuzz, max_examples=max(50, -(-COUNT // readers)))


GONE = object()
"""In the place of what is left out."""

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


def places(value: object, skipped: Container[object] = ()) -> Iterator[tuple[object, ...]]:
    """Where something can be replaced: in dictionaries, lists and objects, however deep, but not below `skipped`."""
    for key, part in _parts(value):
        yield (key,)
        if key not in skipped:
            yield from ((key, *place) for place in places(part))


def _parts(value: Any) -> list[tuple[object, object]]:
    if isinstance(value, list | tuple):
        return list(enumerate(value[:4]))  # hundreds of words of a generator are alike
    fields = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return [] if isinstance(value, torch.Tensor) else list(fields.items())


def replaced(value: Any, place: tuple[object, ...], new: object) -> Any:
    """A copy with something else in that place, or nothing (`GONE`); as it is where there is no such place any more."""
    if not place:
        return new
    key, *rest = place
    if key not in dict(_parts(value)):
        return value
    changed = list(value) if isinstance(value, tuple) else copy.copy(value)
    inside: Any = changed if isinstance(changed, dict | list) else vars(changed)
    if not rest and new is GONE:
        del inside[key]
    else:
        inside[key] = replaced(inside[key], tuple(rest), new)
    return tuple(changed) if isinstance(value, tuple) else changed


def change(value: object, parts: SearchStrategy[object] = JSON) -> SearchStrategy[object]:
    """A value of dictionaries and lists with up to three parts of it left out or replaced by something else."""
    one = st.tuples(st.sampled_from(list(places(value))), st.just(GONE) | parts)
    return st.lists(one, max_size=3).map(
        lambda changes: functools.reduce(lambda last, it: replaced(last, *it), changes, value)
    )


def refuses(read: Callable[[], object]) -> bool:
    """Whether a reader refuses its input; anything but an `InputError` of one printable line fails the test."""
    try:
        read()
    except InputError as error:
        assert str(error).isprintable()
        return True
    return False
