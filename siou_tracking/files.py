"""Files that are either whole or not there: everything is written under a temporary name and moved into place."""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import json
import os
import re
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import kind_of

_TEMPORARY = re.compile(r"\.(?P<stem>.+)\.(?P<process>\d+)(\.(?P<place>[0-9a-f]{8}))?\.tmp(\.\w+)?")


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str], durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on an exception it is removed.

    The temporary name keeps the suffix, because some writers (video encoders) choose a format by it. What processes
    that were killed left in the folder is removed first.

    Args:
        path: the file to create or replace. Missing parent folders are made.
        durable: let the content reach the disk before the name does, and the name before this returns, so that a
            machine that loses power has either file whole.

    Raises:
        OSError: with a file's name, also where a write found no room, of which Python names none; or `path` is a
            device, a FIFO or a socket, such as /dev/null, which the file would replace for everyone.
    """
    target = Path(path)
    _check_replaceable(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _tidy_once(target.parent)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.{_place()}.tmp{target.suffix}")
    try:
        yield temporary
        if durable:
            sync(temporary)
        temporary.replace(target)
        if durable:
            sync(target.parent)
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _check_replaceable(target: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if kind := kind_of(target.stat().st_mode):
            raise OSError(errno.EINVAL, f"got {kind}, allowed is a file name", str(target))


def sync(path: Path) -> None:
    """Let a file's content, or a folder's names, reach the disk.

    Raises:
        OSError: with the file's name; not for folders, which some file systems do not sync.
    """
    with contextlib.suppress(*[OSError] if path.is_dir() else []):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error
        finally:
            os.close(descriptor)


def remove_leftovers(folder: Path, of_any: bool = False) -> None:
    """Remove the temporary files in a folder whose process has ended without moving them into place.

    Args:
        folder: there or not.
        of_any: those of processes that cannot be looked at from here too, such as another machine's: for a folder in
            which nobody else writes now.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _TEMPORARY.fullmatch(entry.name)
            if match and (of_any or (match["place"] == _place() and not _is_alive(int(match["process"])))):
                with contextlib.suppress(OSError):  # a folder of this form, or gone meanwhile
                    os.unlink(entry)  # noqa: PTH108  # an entry of scandir


@functools.lru_cache(maxsize=256)
def _tidy_once(folder: Path) -> None:
    """`remove_leftovers`, once for a folder: one that gets thousands of files is not looked at for each of them."""
    remove_leftovers(folder)


@functools.cache
def _place() -> str:
    """Eight digits for the machine and container whose process numbers ours is one of."""
    try:
        numbers = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        numbers = ""
    return hashlib.blake2b(f"{socket.gethostname()} {numbers}".encode(), digest_size=4).hexdigest()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


def check_output(path: str | os.PathLike[str], what: str) -> None:
    """Refuse before the work a file that could not be written after it. Nothing is made.

    Raises:
        InputError: `path` is a folder, a device, a FIFO or a socket, or its folder (the nearest there is) cannot be
            written in; names `what`.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{what}: {target}: got a folder, allowed is a file name")
    try:
        _check_replaceable(target)
        with tempfile.TemporaryFile(dir=next(folder for folder in target.absolute().parents if folder.exists())):
            pass
    except OSError as error:
        raise InputError(f"{what}: {target}: cannot be written: {error.strerror}") from error


def check_outputs(
    outputs: Mapping[str, str | os.PathLike[str] | None],
    inputs: Iterable[str | os.PathLike[str] | None] = (),
    ours: tuple[bytes, ...] = (),
) -> None:
    """Refuse before the work files that could not be written after it, or that would replace what it reads.

    Links, hard links and other spellings of a path count as the file that they lead to.

    Args:
        outputs: what each file is called in the error, such as "--out", and the file; None where it is not asked for.
        inputs: files, and folders of which no file that is there is replaced; None where one is not given.
        ours: how files of these kinds begin, where one in a folder of inputs may be replaced because an earlier call
            wrote it.

    Raises:
        InputError: see `check_output`; an output is an input or lies in a folder of inputs; two outputs are one file.
    """
    read = [Path(entry) for entry in inputs if entry is not None]
    seen: dict[str, str] = {}
    for what, path in outputs.items():
        if path is None:
            continue
        check_output(path, what)
        for entry in read:
            _refuse_input(Path(path), what, entry, ours)
        place = os.path.realpath(path)
        if place in seen:
            raise InputError(f"{what}: {path}: got the name of {seen[place]} too, allowed is another file name")
        seen[place] = what


def check_output_folder(
    path: str | os.PathLike[str] | None, what: str, inputs: Iterable[str | os.PathLike[str] | None]
) -> None:
    """Refuse before the work a folder for results that is one of the folders it reads, or lies in one.

    Raises:
        InputError: so it is; names `what`.
    """
    for entry in inputs:
        if path is not None and entry is not None and Path(entry).is_dir():
            folder, place = Path(os.path.realpath(entry)), Path(os.path.realpath(path))
            if place.is_relative_to(folder):
                where = "is" if place == folder else "lies in"
                raise InputError(
                    f"{what}: {path}: {where} the folder '{entry}' that is read, allowed is one outside it"
                )


def _refuse_input(target: Path, what: str, entry: Path, ours: tuple[bytes, ...]) -> None:
    if not target.exists() or not entry.exists():
        return
    if target.samefile(entry):
        raise InputError(f"{what}: {target}: is the input '{entry}', which would be lost; allowed is another file name")
    if entry.is_dir() and _is_in(target, entry) and not _begins_with(target, ours):
        raise InputError(
            f"{what}: {target}: is a file of the folder '{entry}' that is read, and would be lost; allowed is a name "
            "that is not taken there"
        )


def _begins_with(file: Path, beginnings: tuple[bytes, ...]) -> bool:
    with file.open("rb") as opened:
        return opened.read(max(map(len, beginnings), default=0)).startswith(beginnings)


def _is_in(file: Path, folder: Path) -> bool:
    """Whether the file is in the folder at any depth, under whatever name, behind links in the path or folder too."""
    place = Path(os.path.realpath(file))
    linked = [entry for entry in folder.iterdir() if entry.is_symlink()]
    if any(place.is_relative_to(os.path.realpath(entry)) for entry in (folder, *linked)):
        return True
    if any(above.samefile(folder) for above in file.absolute().parents):
        return True
    return file.stat().st_nlink > 1 and any(file.samefile(entry) for entry in folder.rglob("*") if entry.is_file())


def write_bytes(path: str | os.PathLike[str], content: bytes, durable: bool = False) -> Path:
    """Write `content` to `path` in one move and return the path; for `durable` see `atomic_path`."""
    with atomic_path(path, durable) as temporary:
        temporary.write_bytes(content)
    return Path(path)


def write_text(path: str | os.PathLike[str], content: str, durable: bool = False) -> Path:
    """Write `content` as UTF-8 with unchanged newlines to `path` in one move and return the path."""
    return write_bytes(path, content.encode("utf-8"), durable)


def write_json(path: str | os.PathLike[str], value: Any, durable: bool = False) -> Path:
    """Write `value` as indented JSON to `path` in one move; NaN is refused because JSON has none."""
    return write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n", durable)
