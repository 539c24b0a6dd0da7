"""Zip archives within limits, which are told from their directory before Python makes an object of every member."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from siou_tracking.errors import InputError
from siou_tracking.untrusted.limits import check_count, check_member, check_sum
from siou_tracking.untrusted.reading import MIB, open_regular

DIRECTORY_LIMIT = 64 * MIB
"""Bytes of the list of members, of which each takes 46 and its name."""
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\5\6", 22, 1 << 16
_LOCATOR, _LOCATOR_SIZE, _END64, _END64_SIZE = b"PK\6\7", 20, b"PK\6\6", 56
_ENTRY = b"PK\1\2"
_METHODS = {zipfile.ZIP_STORED: "none", zipfile.ZIP_DEFLATED: "deflate"}
"""Those whose output Python bounds by the size that the archive states."""


def open_zip(path: Path) -> zipfile.ZipFile:
    """A zip archive opened for reading.

    Raises:
        InputError: too many members, or too much in all of them.
        OSError, zipfile.BadZipFile: not there, no regular file, or no zip.
    """
    file = open_regular(path)
    try:
        check_directory(file, path)
        archive = zipfile.ZipFile(file)
        check_sum(sum(member.file_size for member in archive.infolist()), path)
        return archive
    except BaseException:
        file.close()
        raise


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> bytes:
    """The content of a member, which is never longer than the archive says, and that is checked first.

    Raises:
        InputError: it is too large, or packed by another method than deflate.
    """
    check_member(member.file_size, where)
    if member.compress_type not in _METHODS:
        allowed = " and ".join(f"{number} ({name})" for number, name in _METHODS.items())
        raise InputError(f"{where}: packed by method {member.compress_type}, allowed are {allowed}")
    return archive.read(member)


def check_directory(file: BinaryIO, path: Path) -> None:
    """Count the members where `zipfile` looks for them; what it will not find is left to it."""
    size = file.seek(0, os.SEEK_END)
    start = max(size - _END_SIZE - _LONGEST_COMMENT, 0)
    file.seek(start)
    tail = file.read()
    last = tail[-_END_SIZE:]
    place = len(tail) - _END_SIZE if last.startswith(_END) and last.endswith(b"\0\0") else tail.rfind(_END)
    if place < 0 or place + _END_SIZE > len(tail):
        return
    end = start + place
    (length,) = struct.unpack_from("<I", tail, place + 12)
    file.seek(max(end - _LOCATOR_SIZE - _END64_SIZE, 0))
    wide = file.read(_END64_SIZE + _LOCATOR_SIZE)
    if wide[_END64_SIZE:].startswith(_LOCATOR) and wide.startswith(_END64):
        (length,) = struct.unpack_from("<Q", wide, 40)
        end -= _LOCATOR_SIZE + _END64_SIZE
    if length > DIRECTORY_LIMIT:
        raise InputError(f"{path}: got a list of members of {length:,} bytes, allowed are {DIRECTORY_LIMIT:,}")
    file.seek(max(end - length, 0))
    check_count(file.read(length).count(_ENTRY), path)
