"""Only regular files are read, and no more of them than is allowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import open_regular, read_input, read_input_text, read_limited, why_no_file


def test_a_file_is_read_whole_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert read_limited(file, 5) == b"12345"
    link = tmp_path / "b"
    link.symlink_to(file)
    assert read_input(link) == b"12345"
    (tmp_path / "empty").touch()
    assert read_limited(tmp_path / "empty", 0) == b""


@pytest.mark.parametrize("size", [6, 10 << 40])  # one byte more, and ten terabytes that are not on the disk
def test_a_larger_file_is_refused_before_it_is_read(size: int, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    os.truncate(file, size)
    with pytest.raises(InputError, match=rf"boxes: {file}: cannot be read: got {size:,} bytes or more, allowed are 5$"):
        read_input(file, "boxes", 5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, kind in (("fifo", "a FIFO"), ("zero", "a device")):
        with pytest.raises(InputError, match=f"{name}: cannot be read: got {kind}, allowed is a regular file"):
            read_input(tmp_path / name)
        with pytest.raises(OSError, match=f"got {kind}"):
            open_regular(tmp_path / name)
        assert why_no_file(tmp_path / name) == f"got {kind}, expected a file"
    assert why_no_file(tmp_path) == "got a folder, expected a file"
    assert why_no_file(tmp_path / "other") == why_no_file("a\0b") == "no such file"
    with pytest.raises(InputError, match="Is a directory"):
        read_input(tmp_path)
    with pytest.raises(InputError, match="No such file"):
        read_input(tmp_path / "other")


def test_a_text_is_utf8_with_any_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_input_text(file) == "a\nb\nc\n"
    file.write_bytes(b"a\xff")
    with pytest.raises(InputError, match="got bytes that are no text"):
        read_input_text(file)
