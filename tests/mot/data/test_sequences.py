"""A sequence is what its seqinfo.ini says, and a seqinfo.ini that cannot be right is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.errors import InputError
from siou_tracking.mot.data.sequences import find_sequences, read_sequence
from tests.mot.mot_files import INFO, write_sequence


def test_everything_in_seqinfo_is_read(tmp_path: Path) -> None:
    info = read_sequence(write_sequence(tmp_path, "MOT17-02 night", length=7))
    assert (info.name, info.frame_rate, info.length, info.width, info.height) == ("MOT17-02 night", 10, 7, 640, 480)
    assert info.image_path(3) == tmp_path / "MOT17-02 night" / "img1" / "000003.jpg"
    assert info.truth_path == info.folder / "gt" / "gt.txt" and info.detections_path == info.folder / "det" / "det.txt"


def test_the_name_is_the_folders_because_two_copies_may_say_the_same(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path, "copy")
    (folder / "seqinfo.ini").write_text(INFO.format(name="MOT16-02", length=20))
    assert read_sequence(folder).name == "copy"


def test_windows_ends_byte_order_mark_comments_and_other_case(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path, "a")
    text = INFO.format(name="a 100%", length=20).replace("seqLength", "SEQLENGTH").replace("\n", "\r\n")
    (folder / "seqinfo.ini").write_bytes(b"\xef\xbb\xbf; made by hand\r\n" + text.replace("=", " = ").encode())
    assert read_sequence(folder).length == 20


@pytest.mark.parametrize("key", ["frameRate", "seqLength", "imWidth", "imHeight"])
@pytest.mark.parametrize("value", [None, "", "0", "-5", "many", "nan", "inf"])
def test_a_key_that_is_missing_or_wrong_is_named(tmp_path: Path, key: str, value: str | None) -> None:
    folder = write_sequence(tmp_path, "a")
    lines = [line for line in INFO.format(name="a", length=20).splitlines() if not line.startswith(key)]
    (folder / "seqinfo.ini").write_text("\n".join(lines + ([] if value is None else [f"{key}={value}"])))
    with pytest.raises(InputError, match=rf"seqinfo\.ini: .*{key}"):
        read_sequence(folder)


def test_image_folder_and_suffix_have_defaults(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path, "a")
    text = INFO.format(name="a", length=20)
    (folder / "seqinfo.ini").write_text(text.replace("imDir=img1\n", "").replace("imExt=.jpg\n", ""))
    assert read_sequence(folder).image_path(20) == folder / "img1" / "000020.jpg"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "got no section"),
        (b"[Other]\nseqLength=3\n", r"got \[Other\], a section \[Sequence\]"),
        (b"seqLength=3\n", "not a readable ini file"),
        (b"\xff\xfe[\0S\0", "not a readable ini file"),
    ],
)
def test_what_is_no_seqinfo_is_told_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    folder = write_sequence(tmp_path, "a")
    (folder / "seqinfo.ini").write_bytes(content)
    with pytest.raises(InputError, match=rf"^{folder}/seqinfo\.ini: {words}"):
        read_sequence(folder)


lines = st.one_of(
    st.sampled_from(["[Sequence]", "[sequence]", "[", "seqLength=20", "frameRate=25", "imWidth=9", "imHeight=9"]),
    st.text("[]=:;#% \t\x00\u00e9seqLength20-.e", max_size=12),
)
content = st.one_of(st.binary(max_size=80), st.lists(lines, max_size=12).map(lambda all_of: "\n".join(all_of).encode()))


@given(content)
def test_any_bytes_as_seqinfo_are_a_sequence_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzzed"
    folder.mkdir(exist_ok=True)
    (folder / "seqinfo.ini").write_bytes(content)
    try:
        info = read_sequence(folder)
    except InputError as error:
        assert str(error).startswith(f"{folder}/seqinfo.ini: ") and "\n" not in str(error)
        return
    assert info.length >= 1 and info.width >= 1 and info.height >= 1 and info.frame_rate > 0


def add_images(folder: Path, names: list[str]) -> None:
    (folder / "img1").mkdir()
    for name in names:
        (folder / "img1" / name).touch()


def test_images_must_be_those_that_seqlength_counts(tmp_path: Path) -> None:
    add_images(write_sequence(tmp_path, "right", length=3), ["000001.jpg", "000002.jpg", "000003.jpg", "Thumbs.db"])
    add_images(write_sequence(tmp_path, "wrong", length=4), ["000001.jpg", "000002.jpg", "000003.jpg"])
    add_images(write_sequence(tmp_path, "gap", length=3), ["000001.jpg", "000002.jpg", "000004.jpg"])
    add_images(write_sequence(tmp_path / "other", "png", length=2), ["000001.png", "000002.png"])
    add_images(write_sequence(tmp_path / "other", "none", length=2), [])
    assert read_sequence(tmp_path / "right").length == 3 and read_sequence(tmp_path / "other" / "none").length == 2
    with pytest.raises(InputError, match=r"seqLength is 2, but .*img1 has 0 images \*\.jpg"):
        read_sequence(tmp_path / "other" / "png")
    with pytest.raises(InputError, match=r"seqLength is 4, but .*img1 has 3 images \*\.jpg"):
        read_sequence(tmp_path / "wrong")
    with pytest.raises(InputError, match=r"000003\.jpg: no such image"):
        read_sequence(tmp_path / "gap")


def test_numbers_of_images_may_have_other_than_six_digits(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path, "dance", length=2)
    add_images(folder, ["00000001.jpg", "00000002.jpg"])
    assert read_sequence(folder).image_path(2).is_file()


def test_sequences_are_found_by_name_in_a_split_and_one_alone(tmp_path: Path) -> None:
    for name in ("b", "a", "c d"):
        write_sequence(tmp_path, name)
    (tmp_path / "seqmaps").mkdir()
    assert [info.name for info in find_sequences(tmp_path)] == ["a", "b", "c d"]
    assert [info.name for info in find_sequences(tmp_path, ["c d", "a", "c d"])] == ["c d", "a"]
    assert [info.name for info in find_sequences(tmp_path / "b")] == ["b"]
    with pytest.raises(InputError, match=r"unknown sequence in .* 'c_d': allowed are a, b, c d; did you mean 'c d'"):
        find_sequences(tmp_path, ["c_d"])


@pytest.mark.parametrize(("inside", "root"), [(".", "."), ("img1", "..")])
def test_a_sequence_is_called_after_its_folder_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, root: str
) -> None:
    write_sequence(tmp_path, "SEQ", [])
    (tmp_path / "SEQ" / "img1").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "SEQ" / inside)
    assert [found.name for found in find_sequences(root)] == ["SEQ"]


def test_a_sequence_that_lost_its_seqinfo_is_not_passed_over(tmp_path: Path) -> None:
    write_sequence(tmp_path, "a")
    (write_sequence(tmp_path, "b") / "seqinfo.ini").unlink()
    with pytest.raises(InputError, match=r"b/seqinfo\.ini: no such file"):
        find_sequences(tmp_path)


def test_a_folder_without_sequences_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with pytest.raises(InputError, match=r"no sequence: got train, folders that hold a seqinfo\.ini are expected"):
        find_sequences(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        find_sequences(tmp_path / "none")
