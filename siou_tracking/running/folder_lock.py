"""One process for one folder: a second that would write what the first is writing is refused.

A lock is on a file beside the folder, `.<folder>.lock`, and is the kernel's (POSIX record locks): it ends with the
process however that ends, a child does not inherit it, and NFS has it where its lock service runs. Processes that share
out a folder's parts on purpose lock a part each. Where the system has no such locks, as on Windows, nothing is locked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from siou_tracking.errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_WHOLE = (0, 0)  # place and length: to the end of any file
_BUSY = (errno.EACCES, errno.EAGAIN)
_held: set[Path] = set()
"""What this process has: the kernel would let it have a lock twice, and end both with the first."""


@contextlib.contextmanager
def lock_folder(
    folder: str | os.PathLike[str], what: str, parts: Iterable[str] | None = None, instead: str = ""
) -> Iterator[None]:
    """Keep other processes out of a folder, or out of some parts of it, inside the block.

    Args:
        folder: there or not; it may be renamed meanwhile.
        what: it is called in errors, such as "results".
        parts: names that share out what is in the folder, such as those of sequences; None for all of it.
        instead: what else can be done where it is in use, for the error.

    Raises:
        InputError: another process has it, or one of the parts; or nothing can be written there.
    """
    folder = Path(folder).absolute()
    path = Path(os.path.realpath(folder.parent)) / f".{folder.name}.lock"
    wanted = [_WHOLE] if parts is None else sorted(map(_place, set(parts)))
    refused = _Refused(what, folder, instead)
    if path in _held:
        raise refused.by("this process")
    made = [parent for parent in path.parents if not parent.exists()]
    file = _open(path, refused)
    try:
        while not _lock_all(file, path, wanted, refused):
            os.close(file)
            file = _open(path, refused)
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
            _remove_if_last(file, path)
    finally:
        os.close(file)
        with contextlib.suppress(OSError):  # not empty: what was done here is in them
            for parent in made:
                parent.rmdir()


@dataclasses.dataclass(frozen=True)
class _Refused:
    """The errors of one folder."""

    what: str
    folder: Path
    instead: str

    def by(self, owner: str) -> InputError:
        advice = f", or {self.instead}" if self.instead else ""
        return InputError(f"{self.what}: {self.folder}: {owner} is writing there now: wait until it has ended{advice}")

    def unusable(self, error: OSError) -> InputError:
        return InputError(f"{self.what}: {self.folder}: cannot be written: {error.strerror}")


def _lock_all(file: int, path: Path, wanted: list[tuple[int, int]], refused: _Refused) -> bool:
    """Lock every part; False where another process has removed the file meanwhile, whose locks hold nobody off."""
    for place, length in wanted if fcntl is not None else []:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, place)
        except OSError as error:
            if error.errno in _BUSY:
                raise refused.by(_owner(file, place, length)) from None
            raise refused.unusable(error) from error
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _open(path: Path, refused: _Refused) -> int:
    try:
        with contextlib.suppress(FileExistsError):  # a file is there: opening says so better
            path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise refused.unusable(error) from error


def _remove_if_last(file: int, path: Path) -> None:
    """Remove the file if no other process has a lock on it."""
    with contextlib.suppress(OSError):  # others have theirs, or somebody has removed it
        if fcntl is not None:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _place(part: str) -> tuple[int, int]:
    """Where in the file a part's lock is, and its length."""
    return int.from_bytes(hashlib.blake2b(part.encode("utf-8", "surrogateescape"), digest_size=6).digest(), "big"), 1


def _owner(file: int, place: int, length: int) -> str:
    """Who has a lock, as far as the kernel tells."""
    form = "@hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, process
    with contextlib.suppress(OSError, struct.error):
        asked = struct.pack(form, fcntl.F_WRLCK, os.SEEK_SET, place, length, 0)
        process = struct.unpack(form, fcntl.fcntl(file, fcntl.F_GETLK, asked))[4]
        if process > 0 and Path(f"/proc/{process}").exists():
            return f"process {process}"
    return "another process"
