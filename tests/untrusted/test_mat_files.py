"""A MATLAB file takes no more memory than its bytes say, packed or not."""

from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siou_tracking.benchmarks.files.otb_toolkit import parse_toolkit_result
from siou_tracking.errors import InputError
from siou_tracking.untrusted import mat_files
from siou_tracking.untrusted.mat_files import check_variable
from tests.untrusted.measured import measure

savemat = pytest.importorskip("scipy.io").savemat
HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
CELL, STRUCT, CHAR, DOUBLE, SPARSE = 1, 2, 4, 6, 5
SETUP = "from pathlib import Path\nfrom scipy.io import loadmat\n"
SETUP += "from siou_tracking.benchmarks.files.otb_toolkit import parse_toolkit_result"


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(kind: int, sizes: tuple[int, ...], *parts: bytes, name: bytes = b"") -> bytes:
    flags, shape = struct.pack("<II", kind, 0), struct.pack(f"<{len(sizes)}i", *sizes)
    return element(14, element(6, flags) + element(5, shape) + element(1, name) + b"".join(parts))


def results(kind: int, sizes: tuple[int, ...], *parts: bytes) -> bytes:
    return HEAD + matrix(kind, sizes, *parts, name=b"results")


def saved(value: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, value, **options)
    return buffer.getvalue()


RUN = {"res": np.ones((3, 4)), "type": "rect", "fps": 25.5, "len": 3, "tmplsize": [], "other": np.ones(2) * 1j}
CELLS = np.empty((1, 1), object)
CELLS[0, 0] = RUN


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("runs", [RUN, CELLS])
def test_what_the_toolkit_saves_is_let_through(compressed: bool, runs: Any) -> None:
    data = saved({"first": "a", "results": runs, "z": CELLS}, do_compression=compressed)
    assert check_variable(data, "results", "a") == ["first", "results", "z"]
    assert parse_toolkit_result(data, "a.mat", "a").tolist() == np.ones((3, 4)).tolist()


def test_zeros_that_were_packed_take_no_memory(tmp_path: Path) -> None:
    count = 600 << 20
    inside = matrix(DOUBLE, (count // 8, 1), struct.pack("<II", 9, count), name=b"results")
    packer = zlib.compressobj(1)
    packed = packer.compress(inside) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(600)) + packer.flush()
    (tmp_path / "a.mat").write_bytes(HEAD + struct.pack("<II", 15, len(packed)) + packed)
    cost = measure(SETUP, "parse_toolkit_result(Path('a.mat').read_bytes(), 'a.mat', 'a')", tmp_path)
    assert cost.error == "a.mat: got a variable of 134,217,728 bytes or more, allowed are fewer"
    assert cost.megabytes < 300


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (results(CELL, (1 << 30, 1)), "got 1,073,741,824 cells or letters announced, the file has 0"),
        (results(CELL, (1 << 30, 1 << 30)), "cells or letters announced, the file has 0"),
        (
            results(CHAR, (1, 1 << 30), element(16, b"ab")),
            "got 1,073,741,824 cells or letters announced, the file has 2",
        ),
        (results(CELL, (1, 1), matrix(CHAR, (1 << 30, 9), element(16, b""))), "announced, the file has 0"),
        (
            results(STRUCT, (1 << 30, 1), element(5, struct.pack("<i", 8)), element(1, b"res".ljust(8, b"\0"))),
            "got 1,073,741,824 cells or letters announced, the file has 0",
        ),
        (results(CELL, (-1, 1)), "got -1 cells or letters announced"),
        (results(SPARSE, (9, 9)), "got a matrix of class 5, allowed are cells, structures, texts and numbers"),
        (results(DOUBLE, (9, 9), struct.pack("<II", 9, 1 << 30)), "not a readable .mat"),
    ],
)
def test_what_is_announced_has_to_follow(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        parse_toolkit_result(data, "a.mat", "a")


def test_cells_in_cells_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = matrix(DOUBLE, (1, 1), element(9, bytes(8)))
    for _ in range(mat_files.DEPTH):
        inner = matrix(CELL, (1, 1), inner)
    with pytest.raises(InputError, match="got more than cells and fields 20 deep"):
        parse_toolkit_result(results(CELL, (1, 1), inner), "a.mat", "a")
    monkeypatch.setattr(mat_files, "MATRICES", 3)
    with pytest.raises(InputError, match="got more than 3 cells and fields"):
        parse_toolkit_result(results(CELL, (3, 1), *[struct.pack("<II", 14, 0)] * 3), "a.mat", "a")


def test_other_variables_are_not_read_but_named() -> None:
    with pytest.raises(InputError, match="got x, the variable 'results' of the OTB toolkit is expected"):
        parse_toolkit_result(HEAD + matrix(CELL, (1 << 30, 1), name=b"x"), "a.mat", "a")
