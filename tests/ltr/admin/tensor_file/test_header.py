"""A header is believed only where the file bears it out: hostile sizes, gaps and names are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.tensor_file.header import LIMIT, printable
from siou_tracking.ltr.admin.tensor_file.tensors import read_tensors

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def write(path: Path, header: object, data: bytes = b"\0" * 8, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def test_a_file_made_by_hand_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", {"b": ONE, "__metadata__": {"format": "pt"}}, b"\0\0\x80?\0\0\0\xc0")
    tensors, metadata = read_tensors(path)
    assert metadata == {"format": "pt"}
    assert torch.equal(tensors["b"], torch.tensor([1.0, -2.0]))


HOSTILE = {
    "nothing": (b"", b"", None, "its header cannot be read"),
    "longer than the file": ({"b": ONE}, b"", 2**63, "header of 9,223,372,036,854,775,808 bytes"),
    "longer than allowed": (b"{", b"", LIMIT + 1, "allowed: at most 1$"),
    "no JSON": (b"{nonsense", b"", None, "its header cannot be read"),
    "no UTF-8": (b'{"\xff": 1}', b"", None, "its header cannot be read"),
    "a constant": (b'{"b": NaN}', b"", None, "NaN is no JSON"),
    "a name twice": (b'{"b": 1, "b": 1}', b"", None, "a name is there twice"),
    "deep": (b"[" * 100_000, b"", None, "its header cannot be read"),
    "many digits": (b'{"b": ' + b"9" * 5000 + b"}", b"", None, "its header cannot be read"),
    "a list": (b"[]", b"", None, "its header has no names"),
    "a number for a text": ({"__metadata__": {"a": 1}}, b"", None, "expected texts by name"),
    "another type": ({"b": ONE | {"dtype": "F128"}}, b"\0" * 8, None, "tensor b: got .*F128.*, expected dtype"),
    "no shape": ({"b": {"dtype": "F32", "data_offsets": [0, 8]}}, b"\0" * 8, None, "tensor b: got"),
    "a truth value as a size": ({"b": ONE | {"shape": [True]}}, b"\0" * 8, None, "tensor b: got"),
    "a negative size": ({"b": ONE | {"shape": [-2]}}, b"\0" * 8, None, "tensor b: got"),
    "a large size": ({"b": ONE | {"shape": [2**40, 2**40]}}, b"\0" * 8, None, "tensor b: got 8 bytes, expected"),
    "three offsets": ({"b": ONE | {"data_offsets": [0, 4, 8]}}, b"\0" * 8, None, "tensor b: got"),
    "an overlap": ({"b": ONE, "c": ONE}, b"\0" * 8, None, "tensor c: begins at byte 0, expected 8"),
    "a gap": ({"b": ONE | {"data_offsets": [8, 16]}}, b"\0" * 16, None, "tensor b: begins at byte 8, expected 0"),
    "cut short": ({"b": ONE}, b"\0" * 7, None, "cut short: got 7 bytes of tensors, expected 8"),
    "more behind": ({"b": ONE}, b"\0" * 9, None, "with more behind it: got 9 bytes of tensors, expected 8"),
    "zero beside much": (
        {"b": {"dtype": "F32", "shape": [0, 2**62, 2**62], "data_offsets": [0, 0]}},
        b"",
        None,
        "got the shape",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_header_that_the_file_does_not_bear_out_is_refused(case: str, tmp_path: Path) -> None:
    header, data, length, words = HOSTILE[case]
    with pytest.raises(InputError, match=f"^checkpoint .*a.safetensors: .*{words}"):
        read_tensors(write(tmp_path / "a.safetensors", header, data, length))


def test_a_header_of_a_large_file_is_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", b"{", b"", LIMIT + 1)
    with path.open("r+b") as file:
        file.truncate(2 * LIMIT)  # sparse: no disk is taken
    with pytest.raises(InputError, match=r"got a header of 100,000,001 bytes .*, allowed: at most 100,000,000$"):
        read_tensors(path)
    path.write_bytes(b"abc")
    with pytest.raises(InputError, match=r"in a file of 3, allowed: at most 0$"):
        read_tensors(path)


def test_a_name_cannot_move_the_cursor() -> None:
    assert printable("layer.0") == "layer.0"
    assert printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"
    assert printable("\ud800") == "\\ud800"
