"""Numbers in Markdown that come from result files: blocks between markers, and single numbers in sentences.

A block stands between `<!-- numbers: NAME -->` and `<!-- end -->`; `tables.TABLES` says what is in it. A sentence is an
entry of `sentences.SENTENCES`: its words with a `{}` for each number, and where each number is found. Everything else
that has a digit is a name, is code, or is on the short list of what is not measured; else it is reported.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # what JSON holds

from siou_tracking.errors import InputError

EXPERIMENTS = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- numbers: (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?"
_CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|<!--.*?-->", re.DOTALL)
# ResNet-18, VOT2018, float32, GOT-10k, DiMP-18/50: digits that belong to a word; and the numbers of a list.
_NAME = re.compile(r"[A-Za-z][\w+-]*?-?\d[\w-]*(?:/\d+)*|^\d+\. ", re.MULTILINE)


@dataclass(frozen=True)
class At:
    """Where one number of a sentence is found."""

    file: str
    """Below experiments/."""
    path: tuple[str | int, ...]
    """Keys and places that lead to it; of a list or a table there, its length."""
    form: str = "g"
    """As `format` takes it."""
    scale: float = 1.0
    """What it is multiplied by, such as 100 for percent."""


@dataclass(frozen=True)
class Sentence:
    """Words of a document with numbers in them."""

    document: str
    words: str
    """With `{}` for each number; where lines break does not matter."""
    numbers: tuple[At, ...]

    def rendered(self) -> str:
        """The words with the files' numbers."""
        return self.words.format(*(read_number(one) for one in self.numbers))

    def pattern(self) -> re.Pattern[str]:
        """Finds the words with any numbers."""
        parts = (r"\s+".join(map(re.escape, re.split(r"\s+", part))) for part in self.words.split("{}"))
        return re.compile(f"({NUMBER})".join(parts))


@functools.cache
def read_file(file: str) -> Any:
    """A result file below experiments/; None where it is absent, as of a study that has not been run."""
    path = EXPERIMENTS / file
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def read_number(at: At) -> str:
    """One number as a sentence shows it.

    Raises:
        InputError: the file or the place in it is not there.
    """
    value = read_file(at.file)
    if value is None:
        raise InputError(f"experiments/{at.file}: no such file, a sentence of a README has its numbers")
    try:
        for key in at.path:
            value = value[key]
        number = len(value) if isinstance(value, list | dict) else value
        return format(number * at.scale, at.form)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        where = ".".join(map(str, at.path))
        raise InputError(f"experiments/{at.file}: {where}: got {error!r}, expected a number") from error


def render(text: str, tables: Mapping[str, Callable[[], str]], sentences: Sequence[Sentence], document: str) -> str:
    """A document with every number of a block or sentence as the files have it.

    Args:
        text: of the document.
        tables: name of a block -> makes its Markdown.
        sentences: those of other documents are passed over.
        document: its name, for errors.

    Raises:
        InputError: an unknown block, or a sentence that is not in the document.
    """

    def fill(match: re.Match[str]) -> str:
        if match[2] not in tables:
            raise InputError(f"{document}: numbers: got '{match[2]}', allowed are {', '.join(sorted(tables))}")
        return f"{match[1]}{tables[match[2]]()}{match[4]}"

    text = BLOCK.sub(fill, text)
    for sentence in sentences:
        if sentence.document == document:
            found = sentence.pattern().search(text)
            if found is None:
                raise InputError(f"{document}: no sentence '{sentence.words}', which SENTENCES has: change it in both")
            text = text[: found.start()] + _with_numbers(found, sentence) + text[found.end() :]
    return text


def _with_numbers(found: re.Match[str], sentence: Sentence) -> str:
    """The words as they stand, line breaks too, with the files' numbers."""
    whole, at = found.group(), 0
    for place, one in enumerate(sentence.numbers, 1):
        begin, end = (edge - found.start() + at for edge in found.span(place))
        number = read_number(one)
        whole = whole[:begin] + number + whole[end:]
        at += len(number) - (end - begin)
    return whole


def uncovered(text: str, sentences: Sequence[Sentence], allowed: Sequence[str], document: str) -> list[str]:
    """Numbers that are in no block and no sentence, are no name, no code, and not on the list: "line N: NUMBER in ...".

    Args:
        allowed: phrases whose numbers are not measured.
        text, sentences, document: as for `render`.
    """
    bare = _blank(BLOCK, text)
    for sentence in sentences:
        if sentence.document == document:
            bare = _blank(sentence.pattern(), bare)
    bare = _blank(_CODE, bare)
    for phrase in sorted(allowed, key=len, reverse=True):
        bare = _blank(_phrase(phrase), bare)
    bare = _blank(_NAME, bare)
    return list(_left(bare, text))


def unused(texts: Sequence[str], allowed: Sequence[str]) -> list[str]:
    """Phrases of the list that no document has."""
    return [phrase for phrase in allowed if not any(_phrase(phrase).search(text) for text in texts)]


def _phrase(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, phrase.split()))
    return re.compile(rf"(?<![\w.]){words}(?![\w])")


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _left(bare: str, text: str) -> Iterator[str]:
    for line, (left, whole) in enumerate(zip(bare.splitlines(), text.splitlines(), strict=True), 1):
        for number in re.findall(NUMBER, left):
            yield f"line {line}: {number} in '{whole.strip()}'"
