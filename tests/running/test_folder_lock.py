"""Two processes in one folder: the second is refused, unless they share out its parts; a dead one holds nothing."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.running.folder_lock import lock_folder
from tests.running.other_process import held_by_another


def test_a_folder_is_locked_whole_or_by_its_parts(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "results"
    with held_by_another(folder, "A", "B") as process:
        for parts in (None, ["A"], ["C", "B"]):
            with (
                pytest.raises(
                    InputError, match=f"^results: {folder}: process {process} is writing .*, or go elsewhere$"
                ),
                lock_folder(folder, "results", parts, "go elsewhere"),
            ):
                raise AssertionError("had it")
        with lock_folder(folder, "results", ["C", "D"]):
            pass
        assert [path.name for path in (tmp_path / "deep").iterdir()] == [".results.lock"]
    assert not list(tmp_path.iterdir())  # nor the folder that was made for it


def test_a_dead_process_holds_nothing_and_its_file_goes_with_the_next(tmp_path: Path) -> None:
    with held_by_another(tmp_path / "a") as process:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        assert [path.name for path in tmp_path.iterdir()] == [".a.lock"]
        with lock_folder(tmp_path / "a", "results"):
            pass
        assert not list(tmp_path.iterdir())


def test_a_child_of_a_dead_process_holds_nothing_either(tmp_path: Path) -> None:
    with lock_folder(tmp_path / "a", "results"):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:  # as a loader's worker, which has every file of its parent
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
        os.close(reader)
    with held_by_another(tmp_path / "a"):
        os.close(writer)
        os.waitpid(child, 0)


def test_a_process_does_not_have_a_folder_twice(tmp_path: Path) -> None:
    with (
        lock_folder(tmp_path / "a", "results", ["A"]),
        pytest.raises(InputError, match="this process is writing there now"),
        lock_folder(tmp_path / "a", "results", ["B"]),
    ):
        raise AssertionError("had it")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(InputError, match="cannot be written: Permission denied"), lock_folder(tmp_path / "a", "r"):
        raise AssertionError("had it")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"r: .*file/a: cannot be written:"), lock_folder(tmp_path / "file" / "a", "r"):
        raise AssertionError("had it")
