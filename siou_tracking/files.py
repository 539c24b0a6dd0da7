"""Files that are either whole or not there: everything is written under a temporary name and moved into place."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from siou_tracking.errors import InputError


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on an exception it is removed.

    The temporary name keeps the suffix, because some writers (video encoders) choose a format by it.

    Args:
        path: the file to create or replace. Missing parent folders are made.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.tmp{target.suffix}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: str | os.PathLike[str], what: str) -> None:
    """Refuse before the work a file that could not be written after it. Nothing is made.

    Raises:
        InputError: `path` is a folder, or its folder (the nearest there is) cannot be written in; names `what`.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{what}: {target}: got a folder, allowed is a file name")
    try:
        with tempfile.TemporaryFile(dir=next(folder for folder in target.absolute().parents if folder.exists())):
            pass
    except OSError as error:
        raise InputError(f"{what}: {target}: cannot be written: {error.strerror}") from error


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write `content` to `path` in one move and return the path."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return Path(path)


def write_text(path: str | os.PathLike[str], content: str) -> Path:
    """Write `content` as UTF-8 with unchanged newlines to `path` in one move and return the path."""
    return write_bytes(path, content.encode("utf-8"))


def write_json(path: str | os.PathLike[str], value: Any) -> Path:
    """Write `value` as indented JSON to `path` in one move; NaN is refused because JSON has none."""
    return write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")
