"""Entries found by name or alias: what registries share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from siou_tracking.errors import unknown_name


@dataclass(frozen=True)
class NamedEntry:
    """What can be named; subclasses say how it is made."""

    name: str
    """The name to type."""
    aliases: tuple[str, ...]
    """Other accepted names."""
    description: str
    """One line: what it is, and its source."""


AnyEntry = TypeVar("AnyEntry", bound=NamedEntry)


class Registry(Generic[AnyEntry]):
    """The entries of one kind.

    Args:
        kind: what messages call an entry, such as "box loss".
        entries: in the order in which they are listed.
    """

    def __init__(self, kind: str, entries: Iterable[AnyEntry]) -> None:
        self.kind = kind
        self._entries = {entry.name: entry for entry in entries}
        self._aliases = {alias: entry.name for entry in self._entries.values() for alias in entry.aliases}

    def names(self) -> list[str]:
        """The registered names, without aliases."""
        return list(self._entries)

    def knows(self, name: str) -> bool:
        """Whether `name` is registered or an alias."""
        return name in self._entries or name in self._aliases

    def find(self, name: str) -> AnyEntry:
        """The entry of `name`, which may be an alias.

        Raises:
            InputError: unknown name; the message lists the known ones and the nearest.
        """
        entry = self._entries.get(self._aliases.get(name, name))
        if entry is None:
            raise unknown_name(self.kind, name, [*self._entries, *self._aliases])
        return entry
