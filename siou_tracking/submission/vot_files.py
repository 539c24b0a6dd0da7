"""One tracker's reset-based results to be packed, in a folder or in an archive such as `vot pack` writes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.errors import InputError


class VotFiles:
    """Files `<experiment>/<sequence>/<file>` of one tracker.

    Args:
        tree: where they are.
        prefix: of the tracker's files there, ending in "/"; empty where they lie at the top.

    Attributes:
        name: the tracker's: of its folder or archive.
        where: what was given, for errors.
        manifest: the bytes of a `manifest.yml` beside the experiments that names the tracker; None without one.
    """

    def __init__(self, tree: FileTree, prefix: str = "") -> None:
        self._tree, self._prefix = tree, prefix
        self.where = tree.path / prefix if tree.path.is_dir() else tree.path
        self.name = prefix.rstrip("/").rpartition("/")[2] or (self.where.resolve() if tree.path.is_dir() else tree).name
        self._files: dict[tuple[str, str], list[str]] = {}
        for path in tree.paths:
            parts = path.removeprefix(prefix).split("/")
            if path.startswith(prefix) and len(parts) == 3:
                self._files.setdefault((parts[0], parts[1]), []).append(parts[2])
        manifest = tree.read(f"{prefix}manifest.yml") if f"{prefix}manifest.yml" in tree else b""
        self.manifest = manifest if re.search(rb"^identifier:\s*\S", manifest, re.MULTILINE) else None

    def has(self, experiment: str) -> bool:
        return any(found == experiment for found, _ in self._files)

    def sequences(self, experiment: str) -> set[str]:
        """Names of the folders of an experiment."""
        return {sequence for found, sequence in self._files if found == experiment}

    def list_files(self, experiment: str, sequence: str) -> list[str]:
        """Names of the files of one sequence, sorted."""
        return self._files.get((experiment, sequence), [])

    def read(self, file: str) -> bytes:
        return self._tree.read(self._prefix + file)


def open_tracker(results: str | os.PathLike[str]) -> VotFiles:
    """The one tracker at or below a path that has a `baseline` folder.

    Raises:
        InputError: none, more than one, or a path that `FileTree` refuses.
    """
    tree = FileTree(results)
    found = {match[1] or "" for path in tree.paths if (match := re.match(r"(.*?/)??baseline/", path))}
    if "" not in found and len(found) != 1:
        names = ", ".join(Path(prefix).name for prefix in sorted(found)) or "none"
        raise InputError(f"VOT2018 submission: {results}: expected one tracker with a 'baseline' folder, got {names}")
    return VotFiles(tree, "" if "" in found else found.pop())
