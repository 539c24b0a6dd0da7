"""Which file of a tracker's folder or archive holds its result on which sequence."""

from __future__ import annotations

import os
from collections.abc import Iterable

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.one_pass.names import near_names
from siou_tracking.errors import InputError
from siou_tracking.wording import listed


class ResultFiles:
    """`<SEQ>.txt` of one tracker, in any folder (trackeval's `data/`) or archive around them.

    Args:
        path: the tracker's folder or archive.
        names: of the sequences.

    Attributes:
        others: names of text files of no sequence; they are not read.

    Raises:
        InputError: no such path, or two files of one sequence, as where `path` holds several trackers.
    """

    def __init__(self, path: str | os.PathLike[str], names: Iterable[str]) -> None:
        self._source = FileTree(path)
        self.names = list(names)
        found: dict[str, list[str]] = {}
        for file in self._source.paths:
            found.setdefault(file.rpartition("/")[2], []).append(file)
        self._files: dict[str, str] = {}
        self.others = sorted(name for name in found if name.endswith(".txt") and name[:-4] not in self.names)
        for name in self.names:
            files = found.get(f"{name}.txt", [])
            if len(files) > 1:
                got = f"{path}: {name}: got {listed(files)}"
                raise InputError(f"{got}: one file a sequence, of one tracker, is expected")
            if files:
                self._files[name] = files[0]

    @property
    def missing(self) -> list[str]:
        """Sequences without a file."""
        return [name for name in self.names if name not in self._files]

    def require_all(self, hint: str = "") -> None:
        """Refuse a tracker that lacks a sequence; `hint` is added to the error.

        Raises:
            InputError: names the missing sequences.
        """
        missing = self.missing
        if missing:
            files = listed([f"{name}.txt" for name in missing])
            what = f"{len(missing)} of {len(self.names)} sequences have no result: {files}"
            hint = near_names(self.others, missing) + hint
            raise InputError(f"{self._source.path}: {what}; a sequence without boxes needs an empty file{hint}")

    def read(self, name: str) -> bytes:
        return self._source.read(self._files[name])

    def where(self, name: str) -> str:
        """How an error names the file of a sequence."""
        return self._source.where(self._files[name])
