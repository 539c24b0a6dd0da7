"""Calls of functions whose arguments differ from checkout to checkout: each gets what its parameters' names ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any  # functions of a checkout, and their arguments

from siou_tracking.errors import InputError

_FROM_OUTSIDE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def match_arguments(function: Callable[..., Any], roles: Mapping[str, str], what: str) -> dict[str, str]:
    """Which argument of a function means what.

    Args:
        function: of a checkout; of a class its constructor is meant.
        roles: part of a parameter's name -> its meaning; the first that fits counts.
        what: the function, for the error.

    Returns:
        Parameter -> meaning, of those that have one.

    Raises:
        InputError: it asks for something else and has no default.
    """
    found: dict[str, str] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in _FROM_OUTSIDE:
            continue
        role = next((role for part, role in roles.items() if part in name.lower()), None)
        if role is not None:
            found[name] = role
        elif parameter.default is inspect.Parameter.empty:
            raise InputError(f"{what} asks for '{name}', which is not known here")
    return found


def call_with(function: Callable[..., Any], matched: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    """Call a function whose arguments `match_arguments` has found; a meaning that has no value is left out."""
    return function(**{name: values[role] for name, role in matched.items() if role in values})
