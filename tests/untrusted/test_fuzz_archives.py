"""Archives, whatever is in them, are read or refused in one line, as are pictures and the tables of videos."""

from __future__ import annotations

import io
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.errors import InputError
from siou_tracking.image_bytes import read_image_bytes
from siou_tracking.media.avi_index import read_avi_chunks
from siou_tracking.media.mp4_table import read_mp4_times
from siou_tracking.untrusted.picture_size import declared_size
from tests.untrusted.fuzzing import fuzz, refuses


def tar_of(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name in ("a/One.txt", "b" * 120 + "/Two.txt"):
            member = tarfile.TarInfo(name)
            member.size = 8
            archive.addfile(member, io.BytesIO(b"1,1,9,9\n"))
    return buffer.getvalue()


def zip_of() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/One.txt", "1,1,9,9\n")
    return buffer.getvalue()


ARCHIVES = [(".tar", tar_of(form)) for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)] + [(".zip", zip_of())]
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=12)), max_size=3)


def changed(data: bytes, changes: list[tuple[float, bytes]]) -> bytes:
    for place, part in changes:
        at = int(place * len(data))
        data = data[:at] + part + data[at + len(part) :]
    return data


@given(st.sampled_from(ARCHIVES), CHANGES)
@fuzz
def test_fuzz_archives(archive: tuple[str, bytes], changes: list[tuple[float, bytes]]) -> None:
    suffix, data = archive
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"a{suffix}"
        file.write_bytes(changed(data, changes))

        def read() -> None:
            tree = FileTree(file)
            for name in tree.paths:
                tree.read(name)

        refuses(read)


HEADS = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"BM",
    b"RIFF\0\0\0\0WEBPVP8 ",
    b"RIFF\0\0\0\0WEBPVP8X",
    b"II*\0",
]


@given(st.sampled_from([*HEADS, b"MM\0*", b"P6\n", b"P5 # "]), st.binary(max_size=80))
@fuzz
def test_fuzz_heads_of_pictures(head: bytes, rest: bytes) -> None:
    size = declared_size(head + rest)
    assert size is None or min(size) >= 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.png"
        file.write_bytes(head + rest)
        refuses(lambda: read_image_bytes(file))


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


NUMBERS = st.lists(st.sampled_from([0, 1, 2, 25, 1 << 31, (1 << 32) - 1]), max_size=8).map(
    lambda values: struct.pack(f">{len(values)}I", *values)
)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.binary(max_size=40))
@fuzz
def test_fuzz_tables_of_videos(stts: bytes, ctts: bytes, elst: bytes, mdhd: bytes, rest: bytes) -> None:
    table = box(b"stbl", box(b"stts", stts) + box(b"ctts", ctts))
    media = box(b"mdia", box(b"hdlr", bytes(8) + b"vide") + box(b"mdhd", mdhd) + box(b"minf", table))
    movie = box(b"moov", box(b"mvhd", bytes(12) + struct.pack(">I", 1000)) + box(b"trak", media + box(b"edts", elst)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a"
        file.write_bytes(box(b"ftyp", b"isom") + movie + rest)
        times = read_mp4_times(file)
        assert times is None or times.ndim == 1
        file.write_bytes(b"RIFF\0\0\0\0AVI LIST" + rest + b"idx1" + stts + rest)
        try:
            read_avi_chunks(file)
        except (InputError, struct.error):
            raise AssertionError from None
