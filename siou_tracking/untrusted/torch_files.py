"""What a file of `torch.save` says of itself, looked at before torch makes anything of it.

`torch.load(weights_only=True)` runs no code of a file. It still does as it is told: unpacks entries that were deflated
to a thousandth, makes a `bytearray` of any length, and, in older versions, takes a tensor to be as long as it says.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO  # Any: what a pickle puts on its stack

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import MIB, open_regular
from siou_tracking.untrusted.zip_files import check_directory

PICKLE_LIMIT = 16 * MIB
"""Bytes of the description of a file's content, without the tensors' numbers: ten thousand tensors, with an optimizer's
state of each, have 4 MB."""
_MARK = object()
_REFUSED = ("builtins bytearray", "__builtin__ bytearray")
_ITEM_SIZES = {
    **dict.fromkeys(("Double", "Long", "ComplexFloat"), 8),
    **dict.fromkeys(("Float", "Int", "QInt32"), 4),
    **dict.fromkeys(("Half", "BFloat16", "Short"), 2),
    "ComplexDouble": 16,
}
_LEGACY_HEADS = 3  # pickles before the content: a magic number, a version, the machine's sizes
_TUPLES = ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3")


def check_torch_file(path: Path) -> None:
    """Refuse a file that would take more memory than its own size, or whose tensors are not as long as they say.

    Raises:
        InputError: so it is, or the file is no regular one or cannot be read as one of `torch.save`.
    """
    try:
        with open_regular(path) as file:
            if file.read(4) == b"PK\3\4":
                _check_zip(file, path)
            else:
                _check_legacy(file, path)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"checkpoint {path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # a damaged pickle makes its reader raise whatever it stumbles over
        raise InputError(
            f"checkpoint {path}: not a checkpoint, or cut short ({type(error).__name__}: {error})"
        ) from error


def _check_zip(file: BinaryIO, path: Path) -> None:
    check_directory(file, path)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        sizes = {entry.filename: entry.file_size for entry in entries}
        for entry in entries:
            if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
                packed = f"got {entry.file_size:,} bytes packed to {entry.compress_size:,}, allowed is no packing"
                raise InputError(f"checkpoint {path}: {entry.filename}: {packed}")
        if len(sizes) < len(entries):
            raise InputError(f"checkpoint {path}: got two entries of one name, allowed is one")
        description = next(name for name in sizes if name.endswith("/data.pkl") or name == "data.pkl")
        _check_length(sizes[description], path)
        folder = description.removesuffix("data.pkl")
        for key, declared in _storages(archive.read(description), path):
            size = sizes.get(f"{folder}data/{key}")
            if size != declared:
                got = "has none" if size is None else f"has {size:,}"
                raise InputError(f"checkpoint {path}: tensor data {key}: {declared:,} bytes announced, the file {got}")


def _check_legacy(file: BinaryIO, path: Path) -> None:
    """The form before PyTorch 1.6: pickles one after another, then the numbers, whose lengths torch compares."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(PICKLE_LIMIT)
    place = 0
    for _ in range(_LEGACY_HEADS):
        place += 1 + next(at or 0 for op, _, at in pickletools.genops(head[place:]) if op.name == "STOP")
    declared = sum(dict(_storages(head[place:], path)).values())
    if declared > size:
        raise InputError(f"checkpoint {path}: tensors of {declared:,} bytes announced, the file has {size:,}")


def _check_length(size: int, path: Path) -> None:
    if size > PICKLE_LIMIT:
        raise InputError(f"checkpoint {path}: got a description of {size:,} bytes, allowed are {PICKLE_LIMIT:,}")


def _storages(data: bytes, path: Path) -> Iterator[tuple[str, int]]:
    """Key and bytes of each storage that a pickle refers to, found without making anything that it describes.

    Raises:
        InputError: it names a class that makes as much memory as it likes.
    """
    stack: list[Any] = []
    memo: dict[Any, Any] = {}
    for op, arg, _ in pickletools.genops(data):
        taken = _take(stack, op)
        if op.name in ("GLOBAL", "STACK_GLOBAL"):
            named = arg if op.name == "GLOBAL" else " ".join(map(str, taken))
            if named in _REFUSED:
                raise InputError(f"checkpoint {path}: holds an object of {named.replace(' ', '.')}, of any length")
            stack.append(named)
        elif op.name == "BINPERSID":
            yield _storage(taken[0])
            stack.append(None)
        elif op.name in _TUPLES:
            stack.append(tuple(taken))
        elif op.name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[arg] = stack[-1]
        elif op.name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[arg])
        elif op.name == "MEMOIZE":
            memo[len(memo)] = taken[0]
            stack.append(taken[0])
        elif op.name == "MARK":
            stack.append(_MARK)
        else:
            stack += [arg] * len(op.stack_after)


def _take(stack: list[Any], op: pickletools.OpcodeInfo) -> list[Any]:
    """What an operation takes from the stack: so many values, or those behind the last mark and some before it."""
    taken: list[Any] = []
    before = len(op.stack_before)
    if pickletools.markobject in op.stack_before:
        mark = len(stack) - 1 - next(at for at, one in enumerate(reversed(stack)) if one is _MARK)
        taken = stack[mark + 1 :]
        del stack[mark:]
        before = op.stack_before.index(pickletools.markobject)
    if before > len(stack):
        raise ValueError(f"{op.name} takes more than there is")
    if before:
        taken = stack[-before:] + taken
        del stack[-before:]
    return taken


def _storage(reference: Any) -> tuple[str, int]:
    """Of torch's ("storage", class, key, place, numbers)."""
    kind, key, count = reference[1], reference[2], reference[4]
    name = str(kind).rpartition(" ")[2].removesuffix("Storage")
    return str(key), int(count) * _ITEM_SIZES.get(name, 1)
