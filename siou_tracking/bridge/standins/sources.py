"""What the text of a checkout says without being run: which modules it imports, and which names it mentions."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Names:
    """Where the parts of a checkout are, by import name."""

    packages: tuple[str, ...] = ("ltr", "pytracking")
    """All that is looked through, and whose code is the checkout's."""
    training: str = "ltr"
    """Holds `data`, `dataset`, `admin` and `trainers`."""
    tracking: str = "pytracking"
    """Holds `tracker` and `evaluation`."""
    models: str = "ltr.models"
    """Holds the networks."""


PYTRACKING = Names()
_PLAIN = rb"import[ \t]+({0}(?:[ \t]*,[ \t]*{0})*)".replace(b"{0}", rb"[\w.]+(?:[ \t]+as[ \t]+\w+)?")
_IMPORT = re.compile(rb"^(?:\xef\xbb\xbf)?[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|" + _PLAIN + rb")", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Sources:
    """The Python files of a checkout's packages."""

    root: Path
    names: Names
    imports: frozenset[str]
    """Dotted names of the modules that some file imports, at its top or later."""

    @property
    def is_pytracking(self) -> bool:
        """Whether the packages are PyTracking's two and no others: a descendant in its layout brings more."""
        return self.names.training == PYTRACKING.training and not (self.root / "util").is_dir()

    def parts_of(self, package: str) -> list[str]:
        """The modules of `package` that are imported, itself and the packages between included; [] where none is."""
        found = {name for name in self.imports if name == package or name.startswith(f"{package}.")}
        steps = (name.split(".") for name in found)
        return sorted({".".join(parts[:depth]) for parts in steps for depth in range(1, len(parts) + 1)})


def read_sources(root: Path, names: Names = PYTRACKING) -> Sources:
    """Look through the packages of the checkout at `root`; those that it does not have are left out."""
    modules: set[str] = set()
    for package in names.packages:
        for path in (root / package).rglob("*.py"):
            for module, listed in _IMPORT.findall(path.read_bytes()):
                whole = [module] if module else [part.split()[0] for part in listed.split(b",")]
                modules.update(name.decode(errors="replace") for name in whole)
    return Sources(root, names, frozenset(modules))
