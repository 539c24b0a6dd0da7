"""Functions get what their parameters' names ask for."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.making.calls import call_with, match_arguments
from siou_tracking.errors import InputError

ROLES = {"dataset": "data", "_name": "param", "param": "params"}


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        (lambda params: params, 1),
        (lambda params, dataset_name: (params, dataset_name), (1, 3)),
        (lambda params, parameter_name, dataset_name: (params, parameter_name, dataset_name), (1, 2, 3)),
        (lambda params, epoch=7: epoch, 7),
        (lambda params, *rest, **more: (params, rest, more), (1, (), {})),
        (lambda *, params: params, 1),
        (lambda params, DatasetName=None: DatasetName, 3),
    ],
)
def test_a_call_by_names(function, answer) -> None:
    matched = match_arguments(function, ROLES, "it")
    assert call_with(function, matched, {"params": 1, "param": 2, "data": 3}) == answer


def test_what_is_not_known_is_named_unless_it_has_a_default() -> None:
    with pytest.raises(InputError, match="its class asks for 'teacher', which is not known here"):
        match_arguments(lambda params, teacher: None, ROLES, "its class")
    function = lambda params, dataset="own": dataset  # noqa: E731
    assert call_with(function, match_arguments(function, ROLES, "it"), {"params": 1}) == "own"
