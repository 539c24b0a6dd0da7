"""What the text of a checkout says without being run: which modules it imports, and which names it mentions."""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path

from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.untrusted.reading import peek

_PLAIN = rb"import[ \t]+({0}(?:[ \t]*,[ \t]*{0})*)".replace(b"{0}", rb"[\w.]+(?:[ \t]+as[ \t]+\w+)?")
_IMPORT = re.compile(rb"^(?:\xef\xbb\xbf)?[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|" + _PLAIN + rb")", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Sources:
    """The Python files of a checkout's packages."""

    root: Path
    layout: Layout
    imports: frozenset[str]
    """Dotted names of the modules that some file imports, at its top or later."""

    @functools.cached_property
    def packages(self) -> tuple[str, ...]:
        """The packages whose code is the checkout's, sorted."""
        return tuple(sorted(self.layout.packages(self.root)))

    @functools.cached_property
    def is_original(self) -> bool:
        """See `Layout.is_original`."""
        return self.layout.is_original(self.root)

    def folder(self, module: str) -> Path:
        """Where a package of the checkout lies, by its dotted name."""
        return self.root.joinpath(*module.split("."))

    def parts_of(self, package: str) -> list[str]:
        """The modules of `package` that are imported, itself and the packages between included; [] where none is."""
        found = {name for name in self.imports if name == package or name.startswith(f"{package}.")}
        steps = (name.split(".") for name in found)
        return sorted({".".join(parts[:depth]) for parts in steps for depth in range(1, len(parts) + 1)})


def read_sources(root: Path, layout: Layout) -> Sources:
    """Look through the packages of the checkout at `root`; those that it does not have are left out."""
    modules: set[str] = set()
    for package in layout.packages(root):
        for path in (root / package).rglob("*.py"):
            for module, listed in _IMPORT.findall(peek(path)):
                whole = [module] if module else [part.split()[0] for part in listed.split(b",")]
                modules.update(name.decode(errors="replace") for name in whole)
    return Sources(root, layout, frozenset(modules))
