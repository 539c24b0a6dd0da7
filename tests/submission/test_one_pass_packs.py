"""GOT-10k and TrackingNet archives: what the server wants is packed, anything else is refused with its hint."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks.files.writers import write_result
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.errors import InputError
from siou_tracking.submission import PACKABLE, pack
from siou_tracking.submission.checker import check_archive, expect
from tests.benchmarks.dialects import DIALECTS
from tests.reference_data import reference_file

BOXES = np.array([[10.0, 20, 30, 40], [11.125, 21.5, 30, 40], [12, 22, 31, 41]])
NAMES = {
    "got10k": [f"GOT-10k_Test_{number:06d}" for number in (1, 2, 3)],
    "trackingnet": ["aB_0", "cD_0", "eF_1"],
}
BOTH = pytest.mark.parametrize("benchmark", ["got10k", "trackingnet"])


def results(root: Path, benchmark: str, dialect: str | None = None, times: bool = True) -> Path:
    for name in NAMES[benchmark]:
        write_result(root / "tracker", name, BOXES, DIALECTS[dialect or benchmark], np.full(3, 0.02) if times else None)
    return root / "tracker"


def data(root: Path, benchmark: str, frames: int = 3, box: str = "10,20,30,40") -> Path:
    """A test split: images and the first box only."""
    for name in NAMES[benchmark]:
        truth = {"got10k": f"test/{name}/groundtruth.txt", "trackingnet": f"TEST/anno/{name}.txt"}[benchmark]
        images = {"got10k": f"test/{name}", "trackingnet": f"TEST/frames/{name}"}[benchmark]
        for folder in (root / "data" / truth).parent, root / "data" / images:
            folder.mkdir(parents=True, exist_ok=True)
        (root / "data" / truth).write_text(box + "\n")
        first = 1 if benchmark == "got10k" else 0
        for frame in range(first, first + frames):
            (root / "data" / images / f"{frame}.jpg").touch()
    return root / "data"


def packed(root: Path, benchmark: str, **arguments: object) -> dict[str, bytes]:
    path = pack(benchmark, root / "tracker", root / "out.zip", names=NAMES[benchmark], **arguments).path
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_got10k_has_a_folder_a_sequence_at_the_root(tmp_path: Path) -> None:
    results(tmp_path, "got10k")
    files = packed(tmp_path, "got10k")
    first = NAMES["got10k"][0]
    assert len(files) == 6
    assert files[f"{first}/{first}_001.txt"].splitlines()[1] == b"11.125,21.500,30.000,40.000"
    assert files[f"{first}/{first}_time.txt"].splitlines()[0] == b"0.02000000"


def test_trackingnet_has_one_file_a_video_at_the_root(tmp_path: Path) -> None:
    results(tmp_path, "trackingnet")
    files = packed(tmp_path, "trackingnet")
    assert sorted(files) == ["aB_0.txt", "cD_0.txt", "eF_1.txt"]
    assert files["aB_0.txt"].splitlines()[2] == b"12.00,22.00,31.00,41.00"


@BOTH
@pytest.mark.parametrize("dialect", ["pytracking", "lasot"])
def test_results_of_another_dialect_are_rewritten(benchmark: str, dialect: str, tmp_path: Path) -> None:
    results(tmp_path, benchmark, dialect)
    assert all(
        (b"\t" not in content and b"," in content.splitlines()[0]) or "time" in name
        for name, content in packed(tmp_path, benchmark, data=data(tmp_path, benchmark)).items()
    )


@BOTH
def test_the_same_results_give_the_same_bytes(benchmark: str, tmp_path: Path) -> None:
    results(tmp_path, benchmark)
    first, second = (
        pack(benchmark, tmp_path / "tracker", tmp_path / name, names=NAMES[benchmark]).path.read_bytes()
        for name in ("a.zip", "b.zip")
    )
    assert first == second


def test_three_runs_become_three_files_and_three_columns(tmp_path: Path) -> None:
    for repetition in (1, 2, 3):
        for name in NAMES["got10k"]:
            write_result(tmp_path / "tracker", name, BOXES, DIALECTS["got10k"], np.full(3, repetition / 8), repetition)
    files = packed(tmp_path, "got10k")
    first = NAMES["got10k"][0]
    assert (
        len(files) == 12 and files[f"{first}/{first}_time.txt"].splitlines()[0] == b"0.12500000,0.25000000,0.37500000"
    )


def test_numbered_runs_of_pytracking_become_repetitions(tmp_path: Path) -> None:
    for run in range(3):
        for name in NAMES["got10k"]:
            write_result(
                tmp_path / f"tracker/default_{run:03d}", name, BOXES + run, DIALECTS["pytracking"], np.full(3, 0.5)
            )
    first = NAMES["got10k"][0]
    files = packed(tmp_path, "got10k")
    assert files[f"{first}/{first}_003.txt"].startswith(b"12.000,22.000")
    assert files[f"{first}/{first}_time.txt"].splitlines()[0].count(b",") == 2


@BOTH
def test_what_could_not_be_checked_is_said(benchmark: str, tmp_path: Path) -> None:
    results(tmp_path, benchmark, times=False)
    notes = pack(benchmark, tmp_path / "tracker", tmp_path / "o.zip", names=NAMES[benchmark]).notes
    assert any("not checked" in note for note in notes)
    assert any("no speed" in note for note in notes) == (benchmark == "got10k")
    split = data(tmp_path, benchmark)
    notes = pack(benchmark, tmp_path / "tracker", tmp_path / "o.zip", split, NAMES[benchmark]).notes
    assert not any("not checked" in note for note in notes)


@BOTH
def test_data_of_other_sequences_check_nothing_and_are_not_taken_for_the_split(benchmark: str, tmp_path: Path) -> None:
    results(tmp_path, benchmark)
    split = data(tmp_path, benchmark)
    with pytest.raises(InputError, match="data: none of its 3 sequences is of the test split, such as other"):
        pack(benchmark, tmp_path / "tracker", tmp_path / "o.zip", split, ["other"])
    for place in split.rglob(f"{NAMES[benchmark][0]}*"):
        place.rename(place.with_name(place.name.replace(NAMES[benchmark][0], "moved")))
    notes = pack(benchmark, tmp_path / "tracker", tmp_path / "o.zip", split, NAMES[benchmark]).notes
    assert notes == ["frame counts and first boxes of 1 sequences were not checked: give the test split as data"]


@BOTH
def test_missing_sequences_are_listed_and_nothing_is_written(benchmark: str, tmp_path: Path) -> None:
    write_result(tmp_path / "tracker", NAMES[benchmark][0], BOXES, DIALECTS[benchmark])
    out = tmp_path / "out.zip"
    out.write_bytes(b"the last good one")
    with pytest.raises(InputError, match=rf"{NAMES[benchmark][1]}, .*missing: 2 of 3 sequences \(run the tracker on"):
        pack(benchmark, tmp_path / "tracker", out, names=NAMES[benchmark])
    assert out.read_bytes() == b"the last good one"


@BOTH
def test_a_missing_sequence_and_the_file_that_may_be_it_are_named(benchmark: str, tmp_path: Path) -> None:
    results(tmp_path, benchmark)
    first, *_, last = NAMES[benchmark]
    wanted = [first, f"{last}long_name"]
    write_result(tmp_path / "tracker", f"{last}long-nam", BOXES, DIALECTS[benchmark])
    with pytest.raises(InputError, match=rf"did you mean {last}long_name\?"):
        pack(benchmark, tmp_path / "tracker", tmp_path / "out.zip", names=wanted)


@BOTH
def test_the_official_sequences_are_expected_by_default(benchmark: str, tmp_path: Path) -> None:
    name = expect(get_benchmark(benchmark)).names[0]
    write_result(tmp_path / "tracker", name, BOXES, DIALECTS[benchmark])
    total = {"got10k": 180, "trackingnet": 511}[benchmark]
    with pytest.raises(InputError, match=f"missing: {total - 1} of {total} sequences"):
        pack(benchmark, tmp_path / "tracker", tmp_path / "out.zip")


@BOTH
def test_a_wrong_number_of_frames_is_refused_when_the_data_are_there(benchmark: str, tmp_path: Path) -> None:
    results(tmp_path, benchmark)
    with pytest.raises(InputError, match=r"3 rows, 4 frames expected.*every frame, the first included"):
        packed(tmp_path, benchmark, data=data(tmp_path, benchmark, frames=4))


@BOTH
def test_a_first_row_that_is_not_the_given_box_is_refused(benchmark: str, tmp_path: Path) -> None:
    results(tmp_path, benchmark)
    with pytest.raises(InputError, match=r"row 1 is \[10\.0, 20\.0, 30\.0, 40\.0\], the given box is \[13\.5"):
        packed(tmp_path, benchmark, data=data(tmp_path, benchmark, box="13.5,20,30,40"))
    assert packed(tmp_path, benchmark, data=data(tmp_path, benchmark, box="10.9,20.4,30,40")), "pytracking truncates"


@BOTH
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("nan,nan,nan,nan", r":2: got 'nan.* \(every row needs finite numbers\)"),
        ("1,2,3", r":2: 3 numbers"),
        ("1,2,3,x", r":2: got 'x'"),
    ],
)
def test_rows_that_are_no_boxes_are_refused(benchmark: str, row: str, message: str, tmp_path: Path) -> None:
    folder = results(tmp_path, benchmark, "trackingnet")
    (folder / f"{NAMES[benchmark][0]}.txt").write_text(f"10,20,30,40\n{row}\n10,20,30,40\n")
    with pytest.raises(InputError, match=message):
        packed(tmp_path, benchmark)


@pytest.mark.parametrize("runs", [("a_000", "a_001"), ("a_0", "a_1"), tuple(f"a_{run}" for run in range(11))])
def test_got10k_takes_runs_of_a_tracker_for_repetitions_in_order(runs: tuple[str, ...], tmp_path: Path) -> None:
    for number, run in enumerate(runs):
        for name in NAMES["got10k"]:
            (tmp_path / "tracker" / run / "got10k").mkdir(parents=True, exist_ok=True)
            row = f"{number}\t20\t30\t40\n"
            (tmp_path / "tracker" / run / "got10k" / f"{name}.txt").write_text(row * len(BOXES))
    files = packed(tmp_path, "got10k")
    first = NAMES["got10k"][0]
    for number in range(len(runs)):
        assert files[f"{first}/{first}_{number + 1:03d}.txt"].startswith(f"{number}.000".encode())


def test_two_trackers_are_not_one(tmp_path: Path) -> None:
    for benchmark in NAMES:
        for tracker in ("a", "b"):
            write_result(tmp_path / benchmark / tracker, NAMES[benchmark][0], BOXES, DIALECTS[benchmark])
        with pytest.raises(InputError, match=r"2 trackers found \(a, b\), one is expected"):
            pack(benchmark, tmp_path / benchmark, tmp_path / "o.zip", names=NAMES[benchmark])


@pytest.mark.parametrize("benchmark", ["got10k", "trackingnet"])
def test_two_files_of_one_sequence_are_refused_beside_another_tracker_too(benchmark: str, tmp_path: Path) -> None:
    for file in ("a/v-1.txt", "a/v_1.txt", "b/v-1.txt"):
        (tmp_path / "r" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "r" / file).write_text("10,20,30,40\n")
    with pytest.raises(InputError, match="a second result of v-1"):
        pack(benchmark, tmp_path / "r", tmp_path / "out.zip", names=["v-1"])
    with pytest.raises(InputError, match="a second result of v-1"):
        pack(benchmark, tmp_path / "r/a", tmp_path / "out.zip", names=["v-1"])


def test_times_for_some_sequences_only_are_refused(tmp_path: Path) -> None:
    folder = results(tmp_path, "got10k")
    (folder / NAMES["got10k"][1] / f"{NAMES['got10k'][1]}_time.txt").unlink()
    with pytest.raises(InputError, match="2 of 3 sequences have a time file"):
        packed(tmp_path, "got10k")


def test_unfinished_repetitions_are_refused(tmp_path: Path) -> None:
    folder = results(tmp_path, "got10k", times=False)
    write_result(folder, NAMES["got10k"][0], BOXES, DIALECTS["got10k"], repetition=2)
    with pytest.raises(InputError, match="1 repetitions, other sequences have up to 2"):
        packed(tmp_path, "got10k")


def test_what_cannot_be_packed_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'got10k'"):
        pack("got10", tmp_path, tmp_path / "o.zip")
    results(tmp_path, "trackingnet")
    with pytest.raises(InputError, match=r"o\.rar: the archive's name must end in \.zip"):
        pack("trackingnet", tmp_path / "tracker", tmp_path / "o.rar", names=NAMES["trackingnet"])


@pytest.mark.parametrize("benchmark", PACKABLE)
def test_an_archive_that_cannot_be_written_is_refused_before_anything_is_read(benchmark: str, tmp_path: Path) -> None:
    (tmp_path / "x.zip").mkdir()
    with pytest.raises(InputError, match=r"x\.zip: got a folder, allowed is a file name"):
        pack(benchmark, tmp_path / "absent", tmp_path / "x.zip")
    with pytest.raises(InputError, match=r"x\.rar: the archive's name must end in \.zip"):
        pack(benchmark, tmp_path / "absent", tmp_path / "x.rar")


def archive(root: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(root / "theirs.zip", "w") as handle:
        for name, text in files.items():
            handle.writestr(name, text)
    return root / "theirs.zip"


GOOD = "1,2,3,4\n5,6,7,8\n"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"sub/aB_0.txt": GOOD, "cD_0.txt": GOOD, "eF_1.txt": GOOD}, "lies in a folder .*not the folder"),
        ({"aB_0.txt": GOOD, "cD_0.txt": GOOD, "eF_1.txt": GOOD, "readme.md": "x"}, "no result of the test split"),
        ({"aB_0.txt": GOOD, "cD_0.txt": GOOD}, "eF_1: missing: 1 of 3"),
        ({"aB_0.txt": GOOD.replace(",", "\t"), "cD_0.txt": GOOD, "eF_1.txt": GOOD}, r"aB_0\.txt:1: .*by commas"),
        ({"aB_0.txt": GOOD, "cD_0.txt": "", "eF_1.txt": GOOD}, "cD_0: an empty file"),
        ({"x\\aB_0.txt": GOOD, "cD_0.txt": GOOD, "eF_1.txt": GOOD}, "has back-slashes between its folders"),
    ],
)
def test_an_archive_somebody_packed_is_checked(files: dict[str, str], problem: str, tmp_path: Path) -> None:
    import re

    problems = check_archive(archive(tmp_path, files), expect(get_benchmark("trackingnet"), names=NAMES["trackingnet"]))
    assert any(re.search(problem, str(entry)) for entry in problems), list(map(str, problems))


def test_our_own_archives_have_no_problem(tmp_path: Path) -> None:
    for benchmark in NAMES:
        results(tmp_path / benchmark, benchmark)
        split = data(tmp_path / benchmark, benchmark)
        packed(tmp_path / benchmark, benchmark, data=split)
        assert (
            check_archive(tmp_path / benchmark / "out.zip", expect(get_benchmark(benchmark), split, NAMES[benchmark]))
            == []
        )


def test_a_file_that_is_no_zip_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK not really")
    with pytest.raises(InputError, match=r"x\.zip: not a readable zip"):
        check_archive(tmp_path / "x.zip", expect(get_benchmark("got10k")))


def test_real_raw_results_pack_whole(tmp_path: Path) -> None:
    raw = reference_file("data/got10k/Ocean_test180_raw_flat.tar.xz")
    out = pack("got10k", raw, tmp_path / "ocean.zip")
    assert out.sequences == 180 and check_archive(out.path, expect(get_benchmark("got10k"))) == []
