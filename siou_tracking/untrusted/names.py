"""Names from files as they may be shown: on a terminal, where they could give orders, and in a figure.

Names are folders, members of archives, keys of JSON and entries of checkpoints, so a stranger may have chosen them.
"""

from __future__ import annotations

import os

_LONGEST_DRAWN = 80
_LONGEST_PART, _LONGEST_PATH = 255, 4095
"""Bytes of a file's name and of its whole path that Linux takes; other systems take no more."""


def printable(text: str) -> str:
    """A text for one line of a terminal: what would move a cursor, change a color or turn the writing is escaped.

    That is all that Unicode does not call printable, so a line break and half of a surrogate pair too: what is shown is
    what is there, and every encoding can say it.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def printable_lines(text: str) -> str:
    """`printable` of a text whose line breaks and tabs are meant."""
    if text.isprintable():
        return text
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def drawable(text: str) -> str:
    r"""A name for matplotlib as it stands: $ starts no formula, a leading _ hides it from no legend; long ones are cut.

    `$x$` becomes `\$x\$`, which matplotlib draws as `$x$`.
    """
    shown = printable(text)
    shown = shown if len(shown) <= _LONGEST_DRAWN else shown[: _LONGEST_DRAWN - 3] + "..."
    shown = shown.replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def decoded(name: str) -> str:
    r"""The name of a file that is no UTF-8, whose other bytes Python keeps as halves of characters, with `\xff` there.

    So it can be written into any file and read again.
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") if not name.isascii() else name


def is_possible(path: str | os.PathLike[str]) -> bool:
    """Whether there can be a file of this name, so that asking the system whether there is raises nothing."""
    whole = os.fsencode(path)
    return b"\0" not in whole and len(whole) <= _LONGEST_PATH and max(map(len, whole.split(b"/"))) <= _LONGEST_PART
