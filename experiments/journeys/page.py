"""What docs/journeys.md tells a newcomer to type, read from the page, so that what is timed is what is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from siou_tracking.errors import InputError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "journeys.md"
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"<!-- journey: (\w+) -->\n")
_BLOCK = re.compile(r"```(bash|python)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Journey:
    """One section of the page."""

    name: str
    title: str
    install: tuple[str, ...]
    """Shell commands that make the environment."""
    commands: tuple[str, ...]
    """Shell commands after that."""
    code: str
    """Python to run after those, or empty."""
    lines: int
    """What is typed or pasted: lines of the shell, and Python as one."""


def read_journeys(page: Path = PAGE) -> dict[str, Journey]:
    """Name -> journey, in the order of the page.

    Raises:
        InputError: a journey without an install or with nothing after it, or a page without a journey.
    """
    found = {}
    for title, body in _SECTION.findall(page.read_text("utf-8")):
        if mark := _MARK.search(body):
            found[mark[1]] = _read(mark[1], title, body[mark.end() :])
    if not found:
        raise InputError(f"{page}: got no '<!-- journey: NAME -->', expected one at least")
    return found


def _read(name: str, title: str, body: str) -> Journey:
    blocks = _BLOCK.findall(body)
    typed = [line for language, code in blocks if language == "bash" for line in code.splitlines()]
    code = "".join(code for language, code in blocks if language == "python")
    commands = [command.strip() for line in typed for command in line.split(" && ")]
    install = tuple(command for command in commands if re.search(r" -m venv |/pip install ", command))
    rest = tuple(commands[len(install) :])
    if not install or not (rest or code) or install != tuple(commands[: len(install)]):
        raise InputError(f"journey {name}: got {commands}, expected an install and something after it")
    return Journey(name, title, install, rest, code, len(typed) + bool(code))
