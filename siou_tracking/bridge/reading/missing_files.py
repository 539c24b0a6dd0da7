"""Files of a checkout that its own code imports and that are not there, as where a repository was published without."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from siou_tracking.untrusted.reading import peek


class MissingFile(NamedTuple):
    """A module that is not there."""

    file: str
    """Where it would lie, relative to the checkout, if it is no folder."""
    importer: str
    """The file that imports it, likewise."""
    line: int


def find_missing(
    root: Path, entries: Iterable[Path], packages: Collection[str], supplied: Collection[str]
) -> MissingFile | None:
    """The first module that importing `entries` would miss; None where every one is there.

    Followed are the imports at the top of files, which always run: not those in functions, conditions and attempts.

    Args:
        root: of the checkout.
        entries: its files that a training imports.
        packages: its own top-level packages.
        supplied: modules of theirs that a session brings. What lies in a folder `external` is passed over too: other
            people's repositories, fetched apart.
    """
    seen: set[Path] = set()
    waiting = list(entries)
    while waiting:
        path = waiting.pop(0)
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        for module, line in _imports(path, root):
            parts = module.split(".")
            if parts[0] not in packages or module in supplied or "external" in parts:
                continue
            found = _files_of(root.joinpath(*parts))
            if found is None:
                return MissingFile(f"{'/'.join(parts)}.py", path.relative_to(root).as_posix(), line)
            waiting += found
    return None


def _imports(path: Path, root: Path) -> Iterator[tuple[str, int]]:
    """Modules that a file imports whenever it runs, whole, with the line."""
    try:
        tree = ast.parse(peek(path))
    except (SyntaxError, ValueError):
        return
    package = path.parent.relative_to(root).parts
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module, node.lineno
            for alias in node.names:  # a name of a package may be a module of it, or anything that it holds
                if (root / Path(*module.split("."), f"{alias.name}.py")).is_file():
                    yield f"{module}.{alias.name}", node.lineno


def _files_of(path: Path) -> list[Path] | None:
    """The files that run when a module is imported; None where it is not there."""
    if path.with_name(f"{path.name}.py").is_file():
        return [path.with_name(f"{path.name}.py")]
    if (path / "__init__.py").is_file():
        return [path / "__init__.py"]
    return [] if path.is_dir() and any(path.glob("*")) else None
