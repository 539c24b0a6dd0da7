"""Changes to attributes of live objects that are undone together, in reverse order."""

from __future__ import annotations

from collections.abc import Callable

_MISSING = object()


class Patches:
    """Remembers what each attribute was before it was set."""

    def __init__(self) -> None:
        self._undo: list[tuple[object, str, object]] = []
        self._then: list[Callable[[], object]] = []

    def set(self, owner: object, name: str, value: object) -> None:
        """Set attribute `name` of a module or class until `undo`."""
        self._undo.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, value)

    def then(self, call: Callable[[], object]) -> None:
        """Call something once everything is back."""
        self._then.append(call)

    def undo(self) -> None:
        """Put everything back; attributes that were not there are removed."""
        while self._undo:
            owner, name, before = self._undo.pop()
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        while self._then:
            self._then.pop()()
