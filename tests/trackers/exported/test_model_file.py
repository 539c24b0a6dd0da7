"""A file's metadata are read from its bytes; what is no exported tracker is refused in one line."""

import re
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.trackers.exported.model_file import FORMAT, ExportedInfo, read_info

INFO = ExportedInfo(
    tracker="atom",
    param="lite",
    parameters={"patch_size": 224, "mean": [0.5, 0.4, 0.3]},
    steps={"features": {"inputs": ["pixels"], "outputs": ["fine"]}},
    box_loss="smooth_iou",
    version="0.1.0",
    checkpoint="a.pth.tar",
    sha256="00",
)


def field(number: int, content: bytes) -> bytes:
    """A protobuf field of a length below 2^14."""
    length = len(content)
    size = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    return bytes([number << 3 | 2]) + size + content


def onnx_bytes(metadata: dict[str, str], graph: bytes = b"graph") -> bytes:
    """IR version 10, a graph, and metadata, as onnx writes them."""
    entries = [field(14, field(1, key.encode()) + field(2, value.encode())) for key, value in metadata.items()]
    return b"\x08\x0a" + field(7, graph) + b"".join(entries)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(onnx_bytes(INFO.to_metadata()))
    assert read_info(path) == INFO


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in INFO.to_metadata().items() if key != name}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "got no ONNX model"),
        (b"hello, this is text\n", "got no ONNX model"),
        (b"PK\x03\x04" + bytes(200), "got no ONNX model"),
        (onnx_bytes(INFO.to_metadata())[:-9], "got no ONNX model"),  # cut short
        (onnx_bytes({})[:2], "got no ONNX model"),  # without a graph
        (b"\x08" + b"\xff" * 30, "got no ONNX model"),  # a number without end
        (onnx_bytes({}), "got another ONNX model"),
        (onnx_bytes({"format": FORMAT[:-1] + "9"}), f"got '{FORMAT[:-1]}9'"),  # of a later version
        (onnx_bytes(without("sha256")), "damaged"),
        (onnx_bytes({**INFO.to_metadata(), "parameters": "{"}), "damaged"),
        (onnx_bytes({**INFO.to_metadata(), "steps": "[1]"}), "damaged"),
    ],
)
def test_a_stranger_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_info(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "none.onnx", "no such file"), (tmp_path, "got a folder, expected a file")):
        with pytest.raises(InputError, match=f"onnx: {path}: {told}: allowed is"):
            read_info(path)
