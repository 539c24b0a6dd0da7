"""The bytes of a file that a stranger may have made: a regular file, and no more of it than was agreed.

A FIFO would be waited for, a device such as /dev/zero never ends: neither is opened as if it were a file.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from siou_tracking.errors import InputError

MIB = 1 << 20
TABLE_LIMIT = 128 * MIB
"""Bytes of a text of numbers, such as a result, an annotation or detections. The largest known, a result on MOT20-05
with nine decimals, has 60 MB; the longest of LaSOT has 1 MB."""
NOTE_LIMIT = 4 * MIB
"""Bytes of a small text: seqinfo.ini, a list of names, run.json; the longest known has 100 kB."""
_BLOCK = 16 * MIB
_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket"}
# A FIFO is opened without waiting for a writer; Windows has no such flag, and no FIFO among its files.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def is_there(path: str | os.PathLike[str]) -> bool:
    """Whether anything has that name: a link to nothing and what is no file are refused where they are read."""
    return os.path.lexists(path)


def kind_of(mode: int) -> str | None:
    """What a file of this `st_mode` is called that is neither a regular one nor a folder; None for those two."""
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def why_no_file(path: str | os.PathLike[str]) -> str:
    """What is wrong with a path at which there is no regular file, in words."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return "no such file"
    return f"got {kind_of(mode) or 'a folder'}, expected a file"


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """A file opened for reading, which is no FIFO, device, socket or folder.

    Raises:
        OSError: it cannot be opened, or is no regular file: "got a FIFO, allowed is a regular file".
    """
    descriptor = os.open(path, _FLAGS)
    try:
        _check_regular(descriptor, path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_limited(path: str | os.PathLike[str], limit: int = TABLE_LIMIT) -> bytes:
    """The content of a regular file.

    Args:
        path: the file; a link to a regular file is one.
        limit: the most bytes it may have.

    Raises:
        OSError: it cannot be read, is no regular file, or is larger; the reason is in `strerror`.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        size = _check_regular(descriptor, path)
        if size > limit:
            raise too_large(path, size, limit)
        content = os.read(descriptor, min(size + 1, limit + 1))
        if len(content) == size:
            return content
        # It grew, or the system gives less than was asked for, as it does above 2 GB.
        blocks, length = [content], len(content)
        while content and length <= limit:
            content = os.read(descriptor, min(_BLOCK, limit + 1 - length))
            blocks.append(content)
            length += len(content)
        if length > limit:
            raise too_large(path, length, limit)
        return b"".join(blocks)
    finally:
        os.close(descriptor)


def read_input(path: str | os.PathLike[str], what: str = "", limit: int = TABLE_LIMIT) -> bytes:
    """`read_limited` for files that a user names; the error begins with `what`.

    Raises:
        InputError: as `read_limited`.
    """
    try:
        return read_limited(path, limit)
    except OSError as error:
        start = f"{what}: {path}" if what else f"{path}"
        raise InputError(f"{start}: cannot be read: {error.strerror or error}") from error


def peek(path: str | os.PathLike[str]) -> bytes:
    """What a file says, for a look at code that may not be there: nothing where `read_limited` would raise."""
    try:
        return read_limited(path, NOTE_LIMIT)
    except OSError:
        return b""


def peek_text(path: str | os.PathLike[str]) -> str:
    """`peek` as text, with replacements for bytes that are none."""
    return peek(path).decode(errors="replace")


def read_input_text(path: str | os.PathLike[str], what: str = "", limit: int = NOTE_LIMIT) -> str:
    """`read_input` as text: UTF-8, with or without a byte order mark, every newline convention.

    Raises:
        InputError: as `read_input`, or no UTF-8.
    """
    content = read_input(path, what, limit)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = f"{what}: {path}" if what else f"{path}"
        raise InputError(f"{start}: got bytes that are no text ({error.reason}), allowed is UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def too_large(path: str | os.PathLike[str], size: int, limit: int) -> OSError:
    """What `read_limited` raises for a file of `size` bytes or more."""
    return OSError(errno.EFBIG, f"got {size:,} bytes or more, allowed are {limit:,}", os.fspath(path))


def _check_regular(descriptor: int, path: str | os.PathLike[str]) -> int:
    """Size of the file in bytes."""
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if kind := kind_of(status.st_mode):
        raise OSError(errno.EINVAL, f"got {kind}, allowed is a regular file", os.fspath(path))
    return status.st_size
