"""A disk that is full, and a limit on a file's size: one line, nothing half-written, and the run goes on from there.

Slow, and run by name. The full disk is a file system in memory that is mounted, for which one must be root.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from siou_tracking.cli.main import main
from tests.faults.killing import Verb, run_once
from tests.faults.verbs import VERBS, take

pytestmark = pytest.mark.slow

PAGE = 4096


class Limited(Verb):
    """A verb none of whose files may grow beyond `size` bytes, its log apart."""

    def __init__(self, words: list[str], folder: Path, size: int) -> None:
        super().__init__(words, folder)
        self.size = size

    def log(self) -> int:
        reading, writing = os.pipe()
        if os.fork() == 0:  # what is read from the pipe is written by a process without the limit
            os.close(writing)
            with (self.folder / "log.txt").open("wb") as file:
                while block := os.read(reading, 1 << 16):
                    file.write(block)
            os._exit(0)
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))
        return writing


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """A file system of so many bytes at `place`, whose files stay where it was."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "small", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def check_refusal(code: int | None, log: str, sizes: str) -> bool:
    """Whether it ended for want of room, with one line that says so; else it has ended well."""
    if code == 0:
        return False
    errors = [line for line in log.splitlines() if "error" in line or "failed" in line.lower()]
    assert code == 2 and "fault of ours" not in log and "Traceback" not in log, (sizes, log[-2000:])
    assert len(errors) == 1 and any(word in errors[0] for word in ("space", "size", "large")), (sizes, errors)
    return True


def sizes_below(largest: int) -> list[int]:
    """From nothing to a little more than what is needed."""
    return [0, *(largest * part // 6 for part in range(1, 6)), largest - 1]


@pytest.fixture
def place_of_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STARTS", str(tmp_path / "starts"))
    monkeypatch.setenv("SLOW", "0")
    return tmp_path


def prepare(verb: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], Path, int, dict[str, object]]:
    """Words, place, the bytes of its largest file, and what a clean run leaves there."""
    words, out = VERBS[verb](folder)
    with monkeypatch.context() as here:
        here.chdir(folder)
        assert main(words) == 0
    place = folder / out
    largest = max(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return words, place, largest, take(place)


@pytest.mark.parametrize("verb", VERBS)
def test_no_file_may_grow_beyond_a_limit(verb: str, place_of_work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words, place, largest, clean = prepare(verb, place_of_work, monkeypatch)
    refused = 0
    for size in sizes_below(largest):
        process = Limited(words, place_of_work, size)
        process.start()
        process.join(300)
        refused += check_refusal(process.exitcode, (place_of_work / "log.txt").read_text(), f"{size} of {largest}")
        assert not [path for path in place.rglob(".*") if path.is_file() and "lock" not in path.name]
        run_once(words, place_of_work)
        assert take(place) == clean, size
    assert refused >= 2
    print(f"\npassed: {verb}: {refused} of {len(sizes_below(largest))} sizes refused")


@pytest.mark.parametrize("verb", VERBS)
def test_the_disk_is_full(verb: str, place_of_work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words, place, largest, clean = prepare(verb, place_of_work, monkeypatch)
    top = place_of_work / place.relative_to(place_of_work).parts[0]
    needed = PAGE
    refused, ended = 0, False
    while not ended:
        with small_disk(top, needed):
            process = Verb(words, place_of_work)
            (place_of_work / "log.txt").unlink(missing_ok=True)
            process.start()
            process.join(300)
            ended = not check_refusal(process.exitcode, (place_of_work / "log.txt").read_text(), f"{needed}")
            refused += not ended
            subprocess.run(["mount", "-o", "remount,size=1g", str(top)], check=True)
            run_once(words, place_of_work)
            assert take(place) == clean, needed
        needed = max(needed + PAGE, needed * 3 // 2 // PAGE * PAGE)
    assert refused or largest <= PAGE
    print(f"\npassed: {verb}: {refused} sizes refused, {needed} bytes were enough")
