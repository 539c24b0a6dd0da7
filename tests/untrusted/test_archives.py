"""Archives are read within limits: no zeros, no million members and no header fills the memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.errors import InputError
from siou_tracking.untrusted import limits, zip_files
from siou_tracking.untrusted.reading import MIB, TABLE_LIMIT
from tests.untrusted.measured import measure

READ = "tree = FileTree('{name}'); [tree.read(one) for one in tree.paths]"
SETUP = "from siou_tracking.benchmarks.files.file_tree import FileTree"
ROWS = b"1,1,9,9\n"


class Zeros(io.RawIOBase):
    """As many as are asked for."""

    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def tar_header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


def open_all(path: Path) -> dict[str, bytes]:
    tree = FileTree(path)
    return {name: tree.read(name) for name in tree.paths}


def many_zeros(name: str, count: int) -> bytes:
    """A gzip of a tar with one member of zeros, which is a thousandth of them."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as stream:
        stream.write(tar_header(name, count))
        for _ in range(count // MIB):
            stream.write(bytes(MIB))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("member", "words"),
    [("a.txt", "a.tar.gz:a.txt: got 629,145,600 bytes unpacked"), ("a.jpg", "bytes or more unpacked from")],
)
def test_zeros_behind_any_name_take_no_memory(member: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(many_zeros(member, 600 * MIB))
    cost = measure(SETUP, READ.format(name="a.tar.gz"), tmp_path)
    assert words in cost.error
    assert cost.megabytes < 60
    assert cost.seconds < 20


@pytest.mark.parametrize("pack", [lzma.compress, bz2.compress])
def test_other_packings_are_bounded_too(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    whole = tar_header("a.jpg", 300 * MIB) + bytes(300 * MIB)
    packed = pack(whole) if pack is bz2.compress else lzma.compress(whole, preset=0)
    (tmp_path / "a.tar").write_bytes(packed)
    cost = measure(SETUP, READ.format(name="a.tar"), tmp_path)
    assert "bytes or more unpacked from" in cost.error
    assert cost.megabytes < 60


def test_a_zip_of_zeros_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(TABLE_LIMIT + 1))
        archive.writestr("b.jpg", bytes(TABLE_LIMIT + 1))
    cost = measure(SETUP, READ.format(name="a.zip"), tmp_path)
    assert cost.error == f"a.zip:a.txt: got {TABLE_LIMIT + 1:,} bytes unpacked, allowed are {TABLE_LIMIT:,}"
    assert cost.megabytes < 30


def test_a_zip_that_lies_about_its_sizes_gives_no_more_than_it_says(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(100 * MIB))
    data = buffer.getvalue().replace(struct.pack("<I", 100 * MIB), struct.pack("<I", 8))
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"a.zip:a.txt: cannot be read: Bad CRC-32"):
        open_all(tmp_path / "a.zip")


def test_a_packing_that_python_does_not_bound_is_refused(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
            archive.writestr("a.txt", ROWS)
        with pytest.raises(InputError, match=rf"packed by method {method}, allowed are 0 \(none\) and 8 \(deflate\)"):
            open_all(tmp_path / "a.zip")


def test_members_are_counted_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.MEMBERS == 200_000
    monkeypatch.setattr(limits, "MEMBERS", 10)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, tarfile.open(tmp_path / "a.tar", "w") as tar:
        for number in range(11):
            archive.writestr(f"{number}.txt", ROWS)
            tar.addfile(tarfile.TarInfo(f"{number}.txt"))
    for name in ("a.zip", "a.tar"):
        with pytest.raises(InputError, match=rf"{name}: got 11 members or more, allowed are 10"):
            FileTree(tmp_path / name)
    monkeypatch.setattr(zip_files, "DIRECTORY_LIMIT", 100)
    with pytest.raises(InputError, match=r"a.zip: got a list of members of [\d,]+ bytes, allowed are 100"):
        FileTree(tmp_path / "a.zip")


def test_what_is_kept_of_an_archive_and_what_it_unpacks_to_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name in ("a.txt", "b.txt"):
            archive.writestr(name, ROWS)
            member = tarfile.TarInfo(name)
            member.size = 8
            tar.addfile(member, io.BytesIO(ROWS))
    monkeypatch.setattr(limits, "KEPT_LIMIT", 15)
    with pytest.raises(InputError, match=r"a.tar: got 16 bytes of results or more, allowed are 15"):
        FileTree(tmp_path / "a.tar")
    monkeypatch.setattr(limits, "UNPACKED_LIMIT", 15)
    with pytest.raises(InputError, match=r"a.zip: got 16 bytes unpacked or more, allowed are 15"):
        FileTree(tmp_path / "a.zip")


def test_headers_and_maps_of_a_tar_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    for kind in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
        file.write_bytes(tar_header("x", 2 * MIB, kind) + bytes(2 * MIB))
        with pytest.raises(InputError, match=r"a.tar: got a header of 2,097,152 bytes, allowed are 1,048,576"):
            FileTree(file)
    file.write_bytes(tar_header("a.txt", 8, tarfile.GNUTYPE_SPARSE) + ROWS.ljust(512, b"\0"))
    with pytest.raises(InputError, match=r"a.tar:a.txt: got a sparse file"):
        FileTree(file)
    for data in (b"", tar_header("a.txt", 1024) + ROWS, tar_header("a.jpg", 1024) + ROWS, b"\1" * 512):
        file.write_bytes(data)
        with pytest.raises(InputError, match=r"a.tar: not a readable archive"):
            FileTree(file)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar_is_read_as_python_reads_it(form: int, tmp_path: Path) -> None:
    names = ["a/One.txt", f"{'folder/' * 12}Two.txt", "a/\u00fc.txt"]
    names += [f"{'b' * 200}/Three.txt"] * (form != tarfile.USTAR_FORMAT)
    with tarfile.open(tmp_path / "a.tar.xz", "w:xz", format=form) as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            other = tarfile.TarInfo("other.txt")
            other.type, other.linkname = kind, "/etc/passwd"
            archive.addfile(other)
        for number, name in enumerate(names):
            member = tarfile.TarInfo(name)
            member.size = 8 * number
            archive.addfile(member, io.BytesIO(ROWS * number))
    assert open_all(tmp_path / "a.tar.xz") == {name: ROWS * number for number, name in enumerate(names)}
