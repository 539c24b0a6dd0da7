"""The part of YAML that experiments are written in: nested mappings, lists, flow lists and mappings, plain values.

A stand-in for PyYAML's `safe_load`. What it reads it reads as PyYAML does; anything else (anchors, tags, block texts,
several documents, values over several lines) is refused with its line.
"""

from __future__ import annotations

import re
from typing import IO, Any, NoReturn  # values of any kind

from siou_tracking.bridge.standins.packages.inert import make_lazy
from siou_tracking.bridge.standins.packages.yaml_scalars import resolve, unquote
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure
from siou_tracking.errors import InputError

_QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\""
_COMMENT = re.compile(rf"((?:{_QUOTED}|(?<!\s)#|[^#])*?)(?:(?:^|(?<=\s))#.*)?$")
_KEY = re.compile(rf"({_QUOTED}|[^\s\[\]{{}},#&*!|>%@`\"'?-](?:[^:#]|:(?!\s|$)|(?<!\s)#)*?)\s*:(?:\s+(.*))?$")
_FLOW = re.compile(
    rf"\s*({_QUOTED}|[\[\]{{}},]|:(?=[\s,\[\]{{}}]|$)|(?:[^\s\[\]{{}},:]|:(?![\s,\[\]{{}}]|$)|\s+(?=[^\s\[\]{{}},:]))+)"
)
_HINT = "pip install pyyaml"

Line = tuple[int, int, str]
"""Number, indent, and text without it and without comments."""


class YAMLError(InputError):
    """A text that is not read here."""


def safe_load(stream: str | bytes | IO[str] | IO[bytes]) -> Any:
    """Read one document; None of an empty one.

    Args:
        stream: the text, or a file open for reading.

    Raises:
        YAMLError: names the file where it is known, the line, and what is there.
    """
    text = stream if isinstance(stream, (str, bytes)) else stream.read()
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    return _Reader(text.removeprefix("\ufeff"), str(getattr(stream, "name", "text"))).read()


def load(stream: str | bytes | IO[str] | IO[bytes], Loader: object = None) -> Any:
    """`safe_load`: objects that other loaders would make are refused."""
    return safe_load(stream)


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.name, self.place = name, 0
        self.lines: list[Line] = []
        for number, raw in enumerate(text.splitlines(), 1):
            found = _COMMENT.match(raw)
            line = (found[1] if found else raw).rstrip()
            content = line.lstrip(" ")
            if content.startswith("\t"):
                self.refuse(number, "a tab in the indent")
            if content and not (content == "---" and not self.lines):
                self.lines.append((number, len(line) - len(content), content))

    def read(self) -> Any:
        if not self.lines:
            return None
        value = self.read_block(self.lines[0][1])
        if self.place < len(self.lines):
            self.refuse(self.lines[self.place][0], "an indent that fits no line before")
        return value

    def read_block(self, indent: int) -> Any:
        """The mapping or list whose first line is the next one."""
        number, _, content = self.lines[self.place]
        if content == "-" or content.startswith("- "):
            return self.read_list(indent)
        if _KEY.match(content):
            return self.read_mapping(indent)
        self.place += 1
        return self.read_value(number, content)

    def read_mapping(self, indent: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        while (line := self.next_line(indent)) is not None:
            number, content = line
            found = _KEY.match(content)
            if found is None:
                self.refuse(number, f"'{content}', not KEY: VALUE")
            self.place += 1
            key = self.read_scalar(number, found[1])
            result[key] = self.read_value(number, found[2]) if found[2] else self.read_below(indent)
        return result

    def read_list(self, indent: int) -> list[Any]:
        result: list[Any] = []
        while (line := self.next_line(indent)) is not None:
            number, content = line
            if content != "-" and not content.startswith("- "):
                break
            rest = content[1:].lstrip()
            if rest and (rest == "-" or rest.startswith("- ") or _KEY.match(rest)):
                inner = indent + len(content) - len(rest)
                self.lines[self.place] = (number, inner, rest)
                result.append(self.read_block(inner))
                continue
            self.place += 1
            result.append(self.read_value(number, rest) if rest else self.read_below(indent + 1))
        return result

    def read_below(self, indent: int) -> Any:
        """What a key without a value stands for: the lines that are indented more, or a list at its own indent."""
        if self.place == len(self.lines):
            return None
        _, depth, content = self.lines[self.place]
        listed = depth == indent and (content == "-" or content.startswith("- "))
        return self.read_block(depth) if depth > indent or listed else None

    def next_line(self, indent: int) -> tuple[int, str] | None:
        """The next line of a block; None where the block ends."""
        if self.place == len(self.lines) or self.lines[self.place][1] < indent:
            return None
        number, depth, content = self.lines[self.place]
        if depth > indent:
            self.refuse(number, "a value over several lines, or an indent that fits no line before")
        return number, content

    def read_value(self, number: int, text: str) -> Any:
        if text[0] not in "[{":
            return self.read_scalar(number, text)
        while text.count("[") + text.count("{") > text.count("]") + text.count("}") and self.place < len(self.lines):
            text += " " + self.lines[self.place][2]
            self.place += 1
        tokens = _FLOW.findall(text)
        if "".join(tokens).replace(" ", "") != text.replace(" ", ""):
            self.refuse(number, f"'{text}'")
        value = self.read_flow(number, tokens)
        if tokens:
            self.refuse(number, f"'{tokens[0]}' after a list")
        return value

    def read_flow(self, number: int, tokens: list[str]) -> Any:
        """The value that the first tokens spell, which are taken away."""
        token = tokens.pop(0) if tokens else self.refuse(number, "a list that is not closed")
        if token not in ("[", "{"):
            return self.read_scalar(number, token)
        items: list[Any] = []
        pairs: dict[Any, Any] = {}
        while tokens and tokens[0] != ("]" if token == "[" else "}"):
            if tokens[0] in (",", ":", "]", "}"):
                self.refuse(number, f"'{tokens[0]}' where a value belongs")
            value = self.read_flow(number, tokens)
            if token == "{":
                if not tokens or tokens.pop(0) != ":":
                    self.refuse(number, "a mapping without ': '")
                pairs[value] = None if tokens and tokens[0] in (",", "}") else self.read_flow(number, tokens)
            items.append(value)
            if tokens and tokens[0] == ",":
                tokens.pop(0)
            elif tokens and tokens[0] not in ("]", "}"):
                self.refuse(number, "a list without ', '")
        if not tokens:
            self.refuse(number, "a list that is not closed")
        tokens.pop(0)
        return items if token == "[" else pairs

    def read_scalar(self, number: int, text: str) -> Any:
        try:
            if text[0] in "'\"":
                if not re.fullmatch(_QUOTED, text):
                    raise ValueError("a quoted text that does not end on its line")
                return unquote(text)
            if re.search(r":(\s|$)|^[-?:,\]}](\s|$)|^[,\]}]", text):
                raise ValueError(f"'{text}'")
            return resolve(text)
        except ValueError as error:
            self.refuse(number, str(error))

    def refuse(self, number: int, what: str) -> NoReturn:
        raise YAMLError(f"{self.name}: line {number}: got {what}: needs PyYAML, which is not installed: {_HINT}")


def yaml(sources: Sources) -> StandIn | None:
    """The reader of experiments."""
    parts = sources.parts_of("yaml")
    state = import_failure("yaml") if parts else None
    if state is None:
        return None
    content = {"safe_load": safe_load, "load": load, "YAMLError": YAMLError}
    make = make_lazy(_HINT, **content, **dict.fromkeys(("FullLoader", "SafeLoader", "Loader"), object))
    return StandIn("yaml", state, "experiments are read by a reader of plain YAML", _HINT, dict.fromkeys(parts, make))
