"""Results are found in every layout, by any spelling of the sequence names, and read alike from folder and archive."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.one_pass.names import NameIndex, near_names
from siou_tracking.benchmarks.one_pass.results import open_results
from siou_tracking.errors import InputError

NAMES = ["Jogging-1", "Jogging-2", "FaceOcc1", "Human4-2"]
LINE = "1,2,3,4\n"


def pack(root: Path, archive: Path) -> Path:
    """`root`'s files in a zip or tar, chosen by the archive's suffix."""
    files = sorted(file for file in root.rglob("*") if file.is_file())
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as handle:
            for file in files:
                handle.write(file, file.relative_to(root).as_posix())
    else:
        with tarfile.open(archive, "w:" + archive.suffix.removeprefix(".").replace("tar", "")) as handle:
            for file in files:
                handle.add(file, file.relative_to(root).as_posix())
    return archive


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Jogging-1", "Jogging-1"),
        ("Jogging_1", "Jogging-1"),  # pytracking
        ("Jogging.2", "Jogging-2"),  # got10k
        ("jogging_2", "Jogging-2"),  # pysot's raw files
        ("faceOcc1", "FaceOcc1"),  # lower-case first
        ("human4_2", "Human4-2"),
        ("Human4", "Human4-2"),  # got10k, by alias
        ("Jogging", None),
        ("Jogging-1_time", None),
    ],
)
def test_names_match_whatever_the_case_and_the_joining_sign(spelling: str, name: str | None) -> None:
    assert NameIndex(NAMES, {"Human4": "Human4-2"}).find(spelling) == name


def test_names_that_differ_only_in_case_are_told_apart() -> None:
    """YouTube identifiers, of which TrackingNet's names are made, are case-sensitive."""
    index = NameIndex(["aB_0", "Ab_0"])
    assert index.find("aB_0") == "aB_0" and index.find("Ab_0") == "Ab_0" and index.find("ab_0") is None


@pytest.mark.parametrize(
    ("files", "tracker"),
    [
        (["Jogging-1.txt"], "results"),  # the tracker's own folder
        (["atom/default_000/Jogging_1.txt", "atom/default_000/Jogging_1_time.txt"], "atom/default_000"),  # pytracking
        (["OTB2015/ATOM/Jogging.1.txt", "OTB2015/ATOM/times/Jogging.1_time.txt"], "OTB2015/ATOM"),  # got10k
        (["ATOM/Jogging-1/Jogging-1_001.txt", "ATOM/Jogging-1/Jogging-1_time.txt"], "ATOM"),  # by repetition
        (["Jogging-1_001.txt"], "results"),  # repetitions side by side
    ],
)
def test_layouts_are_recognized_by_the_sequence_names(files: list[str], tracker: str, build) -> None:
    for file in files:
        build.write(f"results/{file}", LINE)
    found = open_results(build.root / "results", NAMES)
    assert list(found) == [tracker]
    assert found[tracker].boxes("Jogging-1").tolist() == [[1, 2, 3, 4]]
    assert "Jogging-2" not in found[tracker]


def test_a_folder_of_trackers_gives_each(build) -> None:
    for tracker in ("b", "a"):
        build.write(f"results/{tracker}/FaceOcc1.txt", LINE)
    assert list(open_results(build.root / "results", NAMES)) == ["a", "b"]


def test_repetitions_come_in_order(build) -> None:
    for number in (3, 1, 2):
        build.write(f"t/FaceOcc1/FaceOcc1_{number:03d}.txt", f"{number},0,1,1\n")
    runs = open_results(build.root / "t", NAMES)["t"]
    assert [runs.boxes("FaceOcc1", run)[0, 0] for run in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.xz", ".tar.gz", ".tar.bz2"])
def test_an_archive_reads_as_its_folder(suffix: str, build) -> None:
    for number, name in enumerate(NAMES):
        build.write(f"results/ATOM/{name}.txt", f"{number},2,3,4\n" * 5)
    build.write("results/ATOM/.hidden/FaceOcc1.txt", "bad")
    build.write("results/__MACOSX/FaceOcc1.txt", "bad")
    folder = open_results(build.root / "results", NAMES)["ATOM"]
    archive = open_results(pack(build.root / "results", build.root / f"x{suffix}"), NAMES)["ATOM"]
    for name in NAMES:
        assert np.array_equal(folder.boxes(name), archive.boxes(name))


def test_an_archive_of_bare_files_is_named_after_itself(build) -> None:
    build.write("results/FaceOcc1.txt", LINE)
    assert list(open_results(pack(build.root / "results", build.root / "My.v2.tar.xz"), NAMES)) == ["My.v2"]


def test_errors_in_an_archive_name_archive_member_and_line(build) -> None:
    build.write("results/FaceOcc1.txt", LINE + "1,2,3\n")
    archive = pack(build.root / "results", build.root / "x.tar.xz")
    with pytest.raises(InputError, match=r"x\.tar\.xz:FaceOcc1\.txt:2: 3 numbers"):
        open_results(archive, NAMES)["x"].boxes("FaceOcc1")


def test_two_files_of_one_sequence_are_refused(build) -> None:
    build.write("t/Jogging-1.txt", LINE)
    build.write("t/jogging_1.txt", LINE)
    build.write("u/Jogging-1.txt", LINE)
    found = open_results(build.root, NAMES)
    assert list(found) == ["u"] and "a second result of Jogging-1" in found.failed["t"]
    with pytest.raises(InputError, match="a second result of Jogging-1"):
        found.require_all()


def test_an_empty_result_is_refused(build) -> None:
    build.write("t/FaceOcc1.txt", "\n")
    with pytest.raises(InputError, match=r"FaceOcc1\.txt: empty"):
        open_results(build.root / "t", NAMES)["t"].boxes("FaceOcc1")


def test_a_path_without_results_says_what_was_found_and_expected(build) -> None:
    build.write("t/readme.txt", "hello")
    with pytest.raises(InputError, match=r"no result of any sequence: found 1 text files such as readme\.txt"):
        open_results(build.root / "t", NAMES)
    with pytest.raises(InputError, match="no such file or folder"):
        open_results(build.root / "nowhere", NAMES)
    with pytest.raises(InputError, match=r"expected a folder, a \.zip"):
        open_results(build.write("t.pdf", ""), NAMES)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data(), suffix=st.sampled_from([".zip", ".tar.xz", ".tar.gz", ".tar"]))
def test_a_damaged_archive_is_an_error_or_reads_unchanged_files(
    data: st.DataObject, suffix: str, tmp_path: Path
) -> None:
    content = LINE.encode() * 40
    whole = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("FaceOcc1.txt", content)
    else:
        with tarfile.open(fileobj=whole, mode="w:" + suffix[5:]) as archive:
            member = tarfile.TarInfo("FaceOcc1.txt")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    damaged = bytearray(whole.getvalue())
    at = data.draw(st.integers(0, len(damaged) - 1))
    if data.draw(st.booleans()):
        del damaged[at:]
    else:
        damaged[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path / f"x{suffix}"
    path.write_bytes(damaged)
    try:
        source = FileTree(path)
        texts = [source.read(name) for name in source.paths]
    except InputError as error:
        assert str(path) in str(error)
        return
    if suffix != ".tar":  # a plain tar has no checksum of its content
        assert all(text == content for text in texts)


def test_lzma_bytes_that_are_no_tar_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.xz"
    path.write_bytes(lzma.compress(b"not a tar"))
    with pytest.raises(InputError, match="not a readable archive"):
        FileTree(path)


@pytest.mark.parametrize(
    ("spelling", "benchmark", "name"),
    [
        ("otb_Couple", "otb2015", "Couple"),
        ("OTB-100_couple", "otb2015", "Couple"),
        ("otb2015.Jogging.1", "otb2015", "Jogging-1"),
        ("otb_Human4", "otb2015", "Human4-2"),
        ("nfs_Couple", "otb2015", None),  # pytracking keeps results on several data sets in one folder
        ("uav_couple", "otb2015", None),
        ("my_Couple", "otb2015", None),
        ("otb_", "otb2015", None),
        ("nfs_Couple", "nfs", "Couple"),
        ("nfs30_Couple", "nfs", "Couple"),
        ("UAV123_Couple", "uav123", "Couple"),
        ("lasot_ext_Couple", "lasot_ext", "Couple"),
        ("otb_Couple", "", None),
    ],
)
def test_the_data_sets_own_name_may_stand_before_the_sequence(spelling: str, benchmark: str, name: str | None) -> None:
    assert NameIndex(["Couple", *NAMES], {"Human4": "Human4-2"}, benchmark).find(spelling) == name


def test_files_of_another_data_set_beside_the_results_are_no_results_of_this_one(build) -> None:
    build.write("t/otb_FaceOcc1.txt", LINE)
    build.write("t/uav_faceocc1.txt", "9,9,9,9\n")
    build.write("t/otb_FaceOcc1_time.txt", "0.5\n")
    tracker = open_results(build.root / "t", NAMES, benchmark="otb2015")["t"]
    assert tracker.boxes("FaceOcc1").tolist() == [[1, 2, 3, 4]]
    assert tracker.times("FaceOcc1").tolist() == [[0.5]]


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        ("motorroling.txt", "; motorroling.txt: did you mean MotorRolling?"),
        ("a/b/MotorRoling_001.txt", "; MotorRoling_001.txt: did you mean MotorRolling?"),
        ("MotorRolling_time.txt", ""),
        ("readme.txt", ""),
    ],
)
def test_a_file_that_nearly_has_the_name_is_pointed_at(file: str, hint: str) -> None:
    assert near_names([file], ["Couple", "MotorRolling"]) == hint


def test_what_is_missing_and_what_may_be_it_stand_in_one_line(build) -> None:
    build.write("t/a/FaceOc1.txt", LINE)
    with pytest.raises(InputError, match=r"such as Jogging-1\.txt; FaceOc1\.txt: did you mean FaceOcc1\?"):
        open_results(build.root / "t", NAMES)
    build.write("t/a/Jogging-1.txt", LINE)
    build.write("t/b/Jogging-1.txt", LINE)
    trackers = open_results(build.root / "t", NAMES)
    assert trackers["a"].near_names(["FaceOcc1"]) == "; FaceOc1.txt: did you mean FaceOcc1?"
    assert trackers["b"].near_names(["FaceOcc1"]) == ""


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_back_slashes_of_an_archive_made_on_windows_are_folders(suffix: str, build) -> None:
    path = build.root / f"x{suffix}"
    files = {
        ".\\ATOM\\FaceOcc1.txt": LINE,
        "ATOM\\times\\FaceOcc1_time.txt": "1\n",
        "ATOM\\.hidden\\Jogging-1.txt": "bad",
    }
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("ATOM\\", "")
            for name, text in files.items():
                archive.writestr(name, text)
    else:
        with tarfile.open(path, "w") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    (tracker,) = open_results(path, NAMES).values()
    assert tracker.name == "ATOM" and "Jogging-1" not in tracker
    assert tracker.boxes("FaceOcc1").tolist() == [[1, 2, 3, 4]] and tracker.times("FaceOcc1").tolist() == [[1]]


def test_a_name_that_an_archive_has_twice_is_refused(build) -> None:
    with zipfile.ZipFile(build.root / "x.zip", "w") as archive:
        archive.writestr("a/FaceOcc1.txt", LINE)
        archive.writestr("a\\FaceOcc1.txt", "9,9,9,9\n")
    with pytest.raises(InputError, match=r"x\.zip:a/FaceOcc1\.txt: got it twice"):
        open_results(build.root / "x.zip", NAMES)
