"""Reading raw results and sequences: every layout, every kind of damage named with its place, and fuzzed files."""

from __future__ import annotations

import json
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siou_tracking.benchmarks.vot2018.data import load_sequences
from siou_tracking.benchmarks.vot2018.results import FAILED, INITIALIZED, SKIPPED, TRACKED, load_results, parse_run
from siou_tracking.errors import InputError

ROWS = ["1", "10.0000,20.0000,5.0000,6.0000", "2", "0", "0", "0", "0", "1", "1,1,9,1,9,9,1,9"]
TEXT = "\n".join(ROWS) + "\n"
KINDS = [INITIALIZED, TRACKED, FAILED, *[SKIPPED] * 4, INITIALIZED, TRACKED]


def write(folder: Path, *names: str, text: str = TEXT) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_run_is_markers_rectangles_and_polygons() -> None:
    run = parse_run(TEXT.encode(), "x.txt")
    assert run.kinds.tolist() == KINDS
    assert run.regions.rectangle.tolist() == [True, False]
    assert run.regions.corners[0].tolist() == [[10, 20], [15, 20], [15, 26], [10, 26]]
    assert run.cut(2).regions.corners.shape == (1, 4, 2)


@pytest.mark.parametrize("text", [
    TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.rstrip(), TEXT.replace(",", "\t"), TEXT.replace(",", ", "),
    TEXT.replace("1\n", "1.0000\n", 1), TEXT + "\n\n",
])  # fmt: skip
def test_spellings_of_the_same_run_read_as_stats_type(text: str) -> None:
    run, plain = parse_run(text.encode(), "x.txt"), parse_run(TEXT.encode(), "x.txt")
    assert run.kinds.tolist() == plain.kinds.tolist()
    np.testing.assert_array_equal(run.regions.corners, plain.regions.corners)


@pytest.mark.parametrize(("row", "said"), [
    ("nan,1,2,3", "'nan,1,2,3', allowed are finite numbers"),
    ("inf,1,2,3", "finite"),
    ("1,1,1e300,3", "finite numbers below 1e"),  # beyond the single precision that regions are drawn in
    ("3", "unknown marker '3', allowed are 1"),
    ("-1", "unknown marker '-1'"),
    ("1,2,3", "got 3 numbers, allowed are 4"),
    ("1,2,3,4,5,6", "got 6 numbers"),
    ("a,b,c,d", "got 'a,b,c,d', allowed are 0, 1, 2 or a region"),
    ("", "got 0 numbers"),
    ("m3,4,5,6", "got 'm3,4,5,6'"),
])  # fmt: skip
def test_a_damaged_row_is_named_by_file_and_line(row: str, said: str) -> None:
    with pytest.raises(InputError, match=f"x.txt:2: .*{said}"):
        parse_run("\n".join([ROWS[0], row, *ROWS[2:]]).encode(), "x.txt")


@pytest.mark.parametrize("text", ["", "\n", "10,20,5,6\n11,20,5,6\n", "0\n0\n1\n"])
def test_a_run_without_its_first_marker_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"x\.txt:1"):
        parse_run(text.encode(), "x.txt")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="012,.\n -enaf\t", max_size=120).map(str.encode))
def test_any_bytes_give_a_run_or_one_line_of_refusal(content: bytes) -> None:
    for name in ("x.txt", "x.bin"):
        try:
            run = parse_run(content, name)
        except InputError as error:
            assert str(error).startswith(name) and "\n" not in str(error)
        else:
            assert run.kinds[0] == INITIALIZED
            assert len(run.regions) == (run.kinds == TRACKED).sum()
            assert np.isfinite(run.regions.corners).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2]) | st.lists(st.floats(-1e4, 1e4, width=32), min_size=4, max_size=4)))
def test_written_rows_are_read_back_exactly(rows: list) -> None:
    rows = [1, *rows]
    text = "\n".join(str(row) if isinstance(row, int) else ",".join(map(repr, row)) for row in rows)
    packed = struct.pack("<hI", 1, len(rows))
    for row in rows:
        packed += struct.pack("<BI", 0, row) if isinstance(row, int) else struct.pack("<B4f", 1, *row)
    for run in (parse_run(text.encode(), "x.txt"), parse_run(packed, "x.bin")):
        assert run.kinds.tolist() == [row if isinstance(row, int) else TRACKED for row in rows]
        boxes = np.array([row for row in rows if not isinstance(row, int)]).reshape(-1, 4)
        np.testing.assert_array_equal(run.regions.corners[:, 0], boxes[:, :2])


def test_binary_polygons_are_read_and_masks_are_refused() -> None:
    head = struct.pack("<hIBI", 1, 2, 0, 1)
    run = parse_run(head + struct.pack("<BH8f", 2, 4, 0, 0, 4, 0, 4, 4, 0, 4), "x.bin")
    assert run.regions.corners[0].tolist() == [[0, 0], [4, 0], [4, 4], [0, 4]]
    with pytest.raises(InputError, match="row 2: got a mask"):
        parse_run(head + struct.pack("<BhhHHH", 3, 0, 0, 1, 1, 0), "x.bin")
    with pytest.raises(InputError, match="cut off after 20 bytes, 1 rows were whole"):
        parse_run(head + struct.pack("<B2f", 1, 0, 0), "x.bin")


@pytest.mark.parametrize(("prefix", "inside"), [
    ("results/mine/baseline/", "results"), ("mine/baseline/", "mine"), ("mine/baseline/", "mine/baseline"),
])  # fmt: skip
def test_folders_of_trackers_a_tracker_and_an_experiment_are_read(tmp_path: Path, prefix: str, inside: str) -> None:
    write(tmp_path, *(f"{prefix}{s}/{s}_{n:03d}.txt" for s in ("one", "two") for n in (1, 2)))
    write(tmp_path, f"{prefix}one/one_001_time.value", f"{prefix}one/one_time.txt", text="0.1\n")
    results = load_results(tmp_path / inside)
    assert list(results) == ["mine"]
    assert {name: len(runs) for name, runs in results["mine"].items()} == {"one": 2, "two": 2}


def test_archives_are_read_like_folders(tmp_path: Path) -> None:
    write(tmp_path, "mine/baseline/one/one_001.txt", "mine/baseline/one/one_002.txt")
    for name, mode in (("a.tar.xz", "w:xz"), ("b.tar.gz", "w:gz"), ("c.tar", "w")):
        with tarfile.open(tmp_path / name, mode) as archive:
            archive.add(tmp_path / "mine", "./mine")
        assert len(load_results(tmp_path / name)["mine"]["one"]) == 2
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.write(tmp_path / "mine/baseline/one/one_001.txt", "baseline/one/one_001.txt")
        archive.writestr("manifest.yml", "identifier: x")
    assert list(load_results(tmp_path / "packed.zip")) == ["packed"]


def test_a_workspace_of_vot_toolkit_is_read_with_its_binary_files(tmp_path: Path) -> None:
    folder = write(tmp_path, "mine/baseline/one/one_001_time.value", text="0.1\n") / "mine/baseline/one"
    (folder / "one_001.bin").write_bytes(struct.pack("<hIBIB4f", 1, 2, 0, 1, 1, 1, 2, 3, 4))
    assert load_results(tmp_path)["mine"]["one"][0].kinds.tolist() == [INITIALIZED, TRACKED]


def test_the_asked_experiment_is_read_among_several(tmp_path: Path) -> None:
    write(tmp_path, "mine/baseline/one/one_001.txt", "mine/realtime/two/two_001.txt")
    assert list(load_results(tmp_path, "realtime")["mine"]) == ["two"]
    with pytest.raises(InputError, match="no experiment 'unsupervised', it has baseline, realtime"):
        load_results(tmp_path, "unsupervised")


def test_trackers_of_one_name_in_two_folders_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path, *(f"r/{folder}/baseline/one/one_001.txt" for folder in ("mine", "old/mine", "b")))
    assert list(load_results(tmp_path)) == ["b", "r/mine", "r/old/mine"]


def test_what_lies_among_the_trackers_is_passed_over_with_a_note(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(4)]
    write(tmp_path, *(f"r/mine/baseline/{name}/{name}_001.txt" for name in names))
    write(tmp_path, "r/mine/old/baseline/s0/s0_001.txt", "r/part/baseline/s0/s0_001.txt", "r/otb/ATOM/Couple.txt")
    found = load_results(tmp_path / "r", names=names)
    assert list(found) == ["mine", "part"]
    assert found.passed_over == [
        f"{tmp_path}/r: passed over: mine/old: 1 of 4 sequences, inside the folder of another tracker",
        f"{tmp_path}/r: passed over: otb: 1 file, of none of the sequences",
    ]


def test_one_pass_files_are_refused_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path, "ants1.txt", "ants3.txt", text="1,2,3,4\n")
    with pytest.raises(InputError, match=r"one-pass files such as ants1\.txt: .*EAO need reset-based results"):
        load_results(tmp_path)


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar.xz", "broken.tar"])
def test_a_damaged_archive_is_one_line_of_refusal(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(InputError, match="not a readable archive"):
        load_results(tmp_path / name)


def test_a_place_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        load_results(tmp_path / "absent")
    with pytest.raises(InputError, match="no <tracker>/baseline/"):
        load_results(tmp_path)


def make_sequences(root: Path) -> Path:
    for name, rows in (("one", "1,1,9,1,9,9,1,9\n" * 3), ("two", "1,2,3,4\n" * 2)):
        write(root, f"{name}/groundtruth.txt", text=rows)
        write(root, f"{name}/sequence", text="width=64\nheight=48\nfps=20\nchannels.color=color/%08d.jpg\n")
        write(root, f"{name}/occlusion.tag", text="1\n0\n")
        write(root, *(f"{name}/color/{n:08d}.jpg" for n in range(1, rows.count("\n") + 1)), text="")
    return write(root, "list.txt", text="two\none\n")


def test_the_official_folder_layout_is_read(tmp_path: Path) -> None:
    two, one = load_sequences(make_sequences(tmp_path))
    assert (one.name, two.name, len(one), len(two)) == ("one", "two", 3, 2)
    assert (one.width, one.height, one.fps) == (64, 48, 20.0)
    assert one.tags["occlusion"].tolist() == [True, False, False]  # a short label file ends in zeros
    assert one.tags["empty"].tolist() == [False, True, True]
    assert [frame.name for frame in two.frames] == ["00000001.jpg", "00000002.jpg"]
    assert [s.name for s in load_sequences(tmp_path, ["one"])] == ["one"]


def test_json_and_folder_agree(tmp_path: Path) -> None:
    folder = load_sequences(make_sequences(tmp_path), ["one"])[0]
    gt = [[1, 1, 9, 1, 9, 9, 1, 9]] * 3
    (tmp_path / "a.json").write_text(
        json.dumps({"one": {"width": 64, "height": 48, "gt": gt, "tags": {"occlusion": "100"}}})
    )
    given_as_json = load_sequences(tmp_path / "a.json")[0]
    np.testing.assert_array_equal(folder.regions.corners, given_as_json.regions.corners)
    for tag, flags in folder.tags.items():
        assert given_as_json.tags[tag].tolist() == flags.tolist()


@pytest.mark.parametrize(("line", "words"), [
    ("width=0", "width: got '0'"), ("height=x", "height: got 'x'"), ("fps=fast", "fps: got 'fast'"),
])  # fmt: skip
def test_a_property_that_is_no_number_is_named(tmp_path: Path, line: str, words: str) -> None:
    make_sequences(tmp_path)
    write(tmp_path, "one/sequence", text=f"width=64\nheight=48\n{line}\n")
    with pytest.raises(InputError, match=rf"one/sequence: {words}, a positive number is expected"):
        load_sequences(tmp_path)


def test_the_pattern_that_found_no_image_is_named(tmp_path: Path) -> None:
    write(tmp_path, "one/groundtruth.txt", text="1,2,3,4\n")
    write(tmp_path, "one/sequence", text="channels.color=pictures/%08d.png\n")
    with pytest.raises(InputError, match=r"no image to measure at .*one/pictures/%08d\.png"):
        load_sequences(tmp_path)
    write(tmp_path, "one/sequence", text="channels.color=pictures/%08d.png\nwidth=64\nheight=48\n")
    assert load_sequences(tmp_path)[0].image_pattern == tmp_path / "one/pictures/%08d.png"


def test_damaged_annotations_are_named(tmp_path: Path) -> None:
    make_sequences(tmp_path)
    write(tmp_path, "one/groundtruth.txt", text="1,1,9,1,9,9,1,9\n1,x\n")
    with pytest.raises(InputError, match=r"groundtruth\.txt:2: got '1,x'"):
        load_sequences(tmp_path)
    write(tmp_path, "one/groundtruth.txt", text="1,2,3,4\n" * 9)
    with pytest.raises(InputError, match="3 images, 9 rows"):
        load_sequences(tmp_path)
    (tmp_path / "one/groundtruth.txt").unlink()
    with pytest.raises(InputError, match=r"groundtruth\.txt is missing"):
        load_sequences(tmp_path)
    with pytest.raises(InputError, match="sequence 'three' is missing"):
        load_sequences(make_sequences(tmp_path), ["three"])


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"a": {"gt": []}}', '{"a": {"gt": [[1,2,3,4]]}}',
    '{"a": {"gt": [[1,2,3]], "width": 4, "height": 4}}', '{"a": {"gt": [["x",2,3,4]], "width": 4, "height": 4}}',
    '{"a": {"gt": [[1,2,3,4]], "width": 4, "height": 4, "occlusion": [0, 1]}}'])  # fmt: skip
def test_a_damaged_annotation_file_is_one_line_of_refusal(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError, match=r"a\.json"):
        load_sequences(tmp_path / "a.json")
