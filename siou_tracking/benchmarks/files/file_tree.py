"""A folder, a zip or a tar archive of result files, read alike: path inside -> bytes. Nothing is ever extracted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from siou_tracking.errors import InputError

_READ = (".txt", ".label", ".ini", ".value", ".tag", ".json", ".csv", ".list", ".yml", ".bin", ".mat")
_TAR = (".tar", ".tar.xz", ".txz", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2")
_UNPACK = {b"\xfd7zXZ": lzma.decompress, b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress}
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError)


class FileTree:
    """Text, .bin (vot-toolkit) and .mat (OTB toolkit) files under one path, with the names they have inside it.

    Args:
        path: a folder, .zip, or .tar with any of xz, gz, bz2 around it.

    Attributes:
        name: the folder's or archive's name without suffixes.
        paths: names of these files inside, "/" between folders, sorted. Hidden files and __MACOSX are left out. The
            back-slashes of an archive made on Windows count as "/".

    Raises:
        InputError: no such path, another kind of file, a damaged archive, or one that has a name twice.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.name = _stem(self.path.name or self.path.resolve().name)
        self._zip: zipfile.ZipFile | None = None
        self._content: dict[str, bytes] | None = None
        if self.path.is_dir():
            names: list[str] = list(_walk(self.path))
        elif not self.path.is_file():
            raise InputError(f"{self.path}: no such file or folder")
        else:
            names = self._open_archive()
        self._stored: dict[str, str] = {}  # name -> as the folder or archive spells it
        for stored in names:
            name = _plain(stored)
            if name in self._stored and _wanted(name):
                raise InputError(f"{self.where(name)}: got it twice, one file of a name is expected")
            if _wanted(name):
                self._stored[name] = stored
        self.paths = sorted(self._stored)

    def __contains__(self, name: str) -> bool:
        return name in self._stored

    def read(self, name: str) -> bytes:
        """The bytes of one of `paths`."""
        if self._content is not None:
            return self._content[self._stored[name]]
        try:
            if self._zip is not None:
                return self._zip.read(self._stored[name])
            with open(f"{self.path}/{self._stored[name]}", "rb") as file:  # noqa: PTH123 - joining paths costs as much as reading
                return file.read()
        except (*_DAMAGE, zipfile.BadZipFile) as error:
            raise InputError(f"{self.where(name)}: cannot be read: {error}") from error

    def where(self, name: str) -> str:
        """How an error names one of `paths`."""
        return f"{self.path}/{name}" if self._zip is None and self._content is None else f"{self.path}:{name}"

    def _open_archive(self) -> list[str]:
        lower = self.path.name.lower()
        try:
            if lower.endswith(".zip"):
                self._zip = zipfile.ZipFile(self.path)
                return [member.filename for member in self._zip.infolist() if not member.is_dir()]
            if lower.endswith(_TAR):
                self._content = _read_tar(self.path)
                return list(self._content)
        except (*_DAMAGE, tarfile.TarError, zipfile.BadZipFile) as error:
            raise InputError(f"{self.path}: not a readable archive: {error}") from error
        raise InputError(f"{self.path}: expected a folder, a .zip or one of {', '.join(_TAR)}")


def _read_tar(path: Path) -> dict[str, bytes]:
    """All wanted members at once. The whole stream is unpacked first: only at its end are its checksums compared."""
    packed = path.read_bytes()
    unpack = next((function for magic, function in _UNPACK.items() if packed.startswith(magic)), bytes)
    content = {}
    with tarfile.open(fileobj=io.BytesIO(unpack(packed)), mode="r:") as archive:
        for member in archive:
            if member.isfile() and _wanted(_plain(member.name)):
                handle = archive.extractfile(member)
                if handle is not None:
                    content[member.name] = handle.read()
    return content


def _walk(root: Path) -> Iterator[str]:
    """Paths of files under `root`, relative; symbolic links to folders are followed once."""
    seen = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        prefix = os.path.relpath(folder, root).replace(os.sep, "/")
        for name in files:
            yield name if prefix == "." else f"{prefix}/{name}"


def _plain(stored: str) -> str:
    """A name as an archive spells it, with "/" between folders, whoever made it."""
    return stored.replace("\\", "/").removeprefix("./")


def _wanted(name: str) -> bool:
    parts = name.split("/")
    return name.lower().endswith(_READ) and not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _stem(name: str) -> str:
    for suffix in (".zip", *sorted(_TAR, key=len, reverse=True)):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
