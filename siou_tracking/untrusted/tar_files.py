"""Tar archives in one pass and within limits, with xz, gz, bz2 or nothing around them.

Python's `tarfile` reads headers that describe other headers, and maps of sparse files, into memory whatever their size;
here of an archive only the wanted members are kept, and nothing else than their names and contents is understood.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from siou_tracking.errors import InputError
from siou_tracking.untrusted.limits import check_count, check_kept, check_member, check_stream
from siou_tracking.untrusted.reading import MIB, open_regular

_BLOCK = tarfile.BLOCKSIZE
_PIECE = MIB
_HEADER_LIMIT = MIB
"""Bytes of a header that describes the next one, by a long name for example."""
_OPEN: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\xfd7zXZ": lzma.open,
    b"\x1f\x8b": gzip.open,  # type: ignore[dict-item]  # for reading it is an IO[bytes]
    b"BZh": bz2.open,
}
_ABOUT_OTHERS = (
    *(tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_RECORD = re.compile(rb"(\d{1,20}) ([^=]+)=")


def read_tar(path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """The wanted members of an archive that are plain files, name -> content.

    All of the stream is read, because only at its end a checksum is compared.

    Raises:
        InputError: too many members, too much in all of them or in the wanted ones, or one too large or sparse.
        OSError, EOFError, ValueError, tarfile.TarError, lzma.LZMAError, zlib.error: not there, or damaged.
    """
    content: dict[str, bytes] = {}
    kept = 0
    with open_regular(path) as file:
        magic = file.read(6)
        file.seek(0)
        unpack = next((function for start, function in _OPEN.items() if magic.startswith(start)), None)
        stream = _Stream(file, path) if unpack is None else _Stream(unpack(file), path, path.stat().st_size)
        for name, size in _plain_files(stream, path):
            if not wanted(name):
                continue
            check_member(size, f"{path}:{name}")
            kept += size
            check_kept(kept, path)
            content[name] = stream.read_all(size)
        stream.finish()
    return content


class _Stream:
    """The unpacked bytes of an archive, from its first to its last."""

    def __init__(self, stream: IO[bytes], path: Path, packed: int | None = None) -> None:
        self._stream, self._path, self._packed = stream, path, packed
        self.place = 0

    def read(self, size: int) -> bytes:
        part = self._stream.read(size)
        self.place += len(part)
        if self._packed is not None:
            check_stream(self.place, self._packed, self._path)
        return part

    def read_all(self, size: int) -> bytes:
        """So many bytes, in pieces: a size may be stated that is not there."""
        pieces = []
        while size > 0:
            pieces.append(self.read(min(size, _PIECE)))
            size -= len(pieces[-1])
            if not pieces[-1]:
                raise EOFError("unexpected end of data")
        return b"".join(pieces)

    def skip_to(self, place: int) -> None:
        if self._packed is None:  # a sparse file of terabytes is passed over at once
            if place > self._path.stat().st_size:
                raise EOFError("unexpected end of data")
            self.place = self._stream.seek(place)
            return
        while self.place < place:
            if not self.read(min(place - self.place, _PIECE)):
                raise EOFError("unexpected end of data")

    def finish(self) -> None:
        while self._packed is not None and self.read(_PIECE):
            pass


def _plain_files(stream: _Stream, path: Path) -> Iterator[tuple[str, int]]:
    """Name and size of each plain file; the content may be read before the next one is asked for."""
    told: dict[str, bytes] = {}  # by headers before the one that it is about
    count = 0
    while (block := stream.read(_BLOCK)).strip(b"\0") or not stream.place:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        size = int(told["size"]) if "size" in told else header.size
        if size < 0:
            raise tarfile.ReadError(f"a member of {size} bytes")
        count += 1
        check_count(count, path)
        # Links and folders may state a size that is not behind them.
        has_data = header.isreg() or header.type not in tarfile.SUPPORTED_TYPES or header.type in _ABOUT_OTHERS
        end = stream.place + (-(-size // _BLOCK) * _BLOCK if has_data else 0)
        if header.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME):
            if size > _HEADER_LIMIT:
                raise InputError(f"{path}: got a header of {size:,} bytes, allowed are {_HEADER_LIMIT:,}")
            data = stream.read_all(size)
            long_name = header.type == tarfile.GNUTYPE_LONGNAME
            told |= {"path": data.partition(b"\0")[0]} if long_name else _records(data)
        else:
            name = told["path"].decode("utf-8", "surrogateescape") if "path" in told else header.name
            if header.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse") for key in told):
                raise InputError(f"{path}:{name}: got a sparse file, allowed are plain ones: pack it without --sparse")
            if header.isreg() and not name.endswith("/"):  # as old archives spell a folder
                yield name, size
            if header.type not in _ABOUT_OTHERS:
                told = {}
        stream.skip_to(end)


def _records(data: bytes) -> dict[str, bytes]:
    """What an extended header of POSIX says: "LENGTH KEY=VALUE" lines, each of so many bytes.

    Raises:
        tarfile.ReadError: another form.
    """
    found, place = {}, 0
    while place < len(data) and data[place]:
        match = _RECORD.match(data, place)
        length = int(match[1]) if match else 0
        if match is None or length <= match.end() - place or data[place + length - 1 : place + length] != b"\n":
            raise tarfile.ReadError("invalid header")
        found[match[2].decode("utf-8", "replace")] = data[match.end() : place + length - 1]
        place += length
    return found
