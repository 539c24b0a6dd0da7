"""A folder, a zip or a tar archive of result files, read alike: path inside -> bytes. Nothing is ever extracted."""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.untrusted.names import decoded, printable
from siou_tracking.untrusted.reading import read_limited
from siou_tracking.untrusted.tar_files import read_tar
from siou_tracking.untrusted.zip_files import open_zip, read_member

_READ = (".txt", ".label", ".ini", ".value", ".tag", ".json", ".csv", ".list", ".yml", ".bin", ".mat")
_TAR = (".tar", ".tar.xz", ".txz", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2")
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError)


class FileTree:
    """Text, .bin (vot-toolkit) and .mat (OTB toolkit) files under one path, with the names they have inside it.

    Args:
        path: a folder, .zip, or .tar with any of xz, gz, bz2 around it.

    Attributes:
        name: the folder's or archive's name without suffixes.
        paths: names of these files inside, "/" between folders, sorted. Hidden files and __MACOSX are left out. The
            back-slashes of an archive made on Windows count as "/". Bytes that are no UTF-8 are escaped.

    Raises:
        InputError: no such path, another kind of file, an archive that is damaged or larger than `untrusted.limits`
            allows, or one that has a name twice.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.name = printable(decoded(_stem(self.path.name or self.path.resolve().name)))
        self._zip: zipfile.ZipFile | None = None
        self._content: dict[str, bytes] | None = None
        if self.path.is_dir():
            names: list[str] = list(_walk(self.path))
        elif not self.path.exists():
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
        """The bytes of one of `paths`.

        Raises:
            InputError: it cannot be read, is no regular file, or has more than `TABLE_LIMIT` bytes.
        """
        if self._content is not None:
            return self._content[self._stored[name]]
        try:
            if self._zip is not None:
                return read_member(self._zip, self._zip.getinfo(self._stored[name]), self.where(name))
            return read_limited(f"{self.path}/{self._stored[name]}")  # joining paths costs as much as reading
        except InputError:
            raise
        except (*_DAMAGE, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"{self.where(name)}: cannot be read: {reason}") from error

    def where(self, name: str) -> str:
        """How an error names one of `paths`."""
        return f"{self.path}/{name}" if self._zip is None and self._content is None else f"{self.path}:{name}"

    def _open_archive(self) -> list[str]:
        lower = self.path.name.lower()
        try:
            if lower.endswith(".zip"):
                self._zip = open_zip(self.path)
                return [member.filename for member in self._zip.infolist() if not member.is_dir()]
            if lower.endswith(_TAR):
                self._content = read_tar(self.path, lambda name: _wanted(_plain(name)))
                return list(self._content)
        except InputError:
            raise
        except (*_DAMAGE, tarfile.TarError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{self.path}: not a readable archive: {getattr(error, 'strerror', None) or error}"
            ) from error
        raise InputError(f"{self.path}: expected a folder, a .zip or one of {', '.join(_TAR)}")


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
    """A name as it is stored, with "/" between folders, whoever made it, in letters that every file can hold."""
    return decoded(stored.replace("\\", "/").removeprefix("./"))


def _wanted(name: str) -> bool:
    parts = name.split("/")
    return name.lower().endswith(_READ) and not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _stem(name: str) -> str:
    for suffix in (".zip", *sorted(_TAR, key=len, reverse=True)):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
