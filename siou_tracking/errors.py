"""The one exception that stands for a user's mistake: the command line prints it on one line and exits with 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Input that cannot be used. The message is one line: what, where, got, allowed."""

    def __init__(self, message: str) -> None:
        # A data-loader worker wraps an error in the text of its traceback: the last message is the one meant.
        text = str(message).rpartition("InputError: ")[2]
        super().__init__(" ".join(text.split()))


def unknown_name(what: str, got: str, allowed: Iterable[str]) -> InputError:
    """An `InputError` that lists the allowed names and, where one is close, the nearest.

    Args:
        what: the kind of thing that was named, such as "box loss".
        got: the name as the user typed it.
        allowed: every name that would have been accepted.
    """
    names = sorted(allowed)
    near = difflib.get_close_matches(str(got).lower(), names, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return InputError(f"unknown {what} '{got}': allowed are {', '.join(names)}{hint}")
