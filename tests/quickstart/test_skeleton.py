"""What every quickstart promises, whatever its recipe: it may be killed in any moment and begins again."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.parallel import run_jobs
from siou_tracking.quickstart.data import prepare_data
from siou_tracking.quickstart.skeleton import run_recipe
from tests.quickstart import killed_recipe
from tests.quickstart.killed_recipe import PLAN, KilledRecipe

ROOT = Path(__file__).parents[2]
RESULTS = {"results.json", "report.html", "overlay.mp4", "checkpoints", "data", "results"}


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("moment", ["drawing", "removing", "training", "tracking", "pictures", "report"])
@pytest.mark.parametrize("earlier", [False, True], ids=["new folder", "over another plan's"])
def test_killed_in_any_moment_the_next_start_does_it_all(tmp_path: Path, moment: str, earlier: bool) -> None:
    if moment == "removing" and not earlier:
        pytest.skip("there is nothing to remove")
    out = tmp_path / "demo"
    if earlier:
        run_recipe(KilledRecipe(PLAN, workers=1), out)
    killed = run_python(killed_recipe.__file__, str(out), moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    plan = dataclasses.replace(PLAN, frames=5)
    results = run_recipe(KilledRecipe(plan, workers=1), out)
    assert json.loads((out / "results.json").read_text()) == results
    assert {path.name for path in out.iterdir()} == RESULTS
    assert {path.read_text() for path in (out / "data").rglob("frames.txt")} == {"5"}
    assert sorted(path.name for path in (out / "checkpoints").iterdir()) == ["net_off.pth.tar", "net_on.pth.tar"]


def test_data_survive_until_those_of_another_plan_are_whole(tmp_path: Path) -> None:
    run_recipe(KilledRecipe(PLAN, workers=1), tmp_path / "demo")
    run_python(killed_recipe.__file__, str(tmp_path / "demo"), "drawing")
    note = tmp_path / "demo" / "data" / "plan.json"
    before = note.stat().st_mtime_ns
    prepare_data(KilledRecipe(PLAN), note.parent)
    assert note.stat().st_mtime_ns == before


@pytest.mark.parametrize("content", ["not json", "[1, 2]", '{"plan": "of a house"}'])
def test_somebody_elses_plan_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    note = tmp_path / "data" / "plan.json"
    note.parent.mkdir()
    note.write_text(content)
    with pytest.raises(InputError, match="no quickstart made: choose another --out"):
        prepare_data(KilledRecipe(PLAN), note.parent)
    assert note.read_text() == content


class OtherRecipe(KilledRecipe):
    name = "other quickstart"


def test_data_of_another_recipe_are_refused_and_kept(tmp_path: Path) -> None:
    note = prepare_data(OtherRecipe(PLAN), tmp_path / "data") / "plan.json"
    before = note.stat().st_mtime_ns
    for plan in (PLAN, dataclasses.replace(PLAN, frames=5)):
        with pytest.raises(InputError, match="holds the data of the other quickstart; give another --out"):
            prepare_data(KilledRecipe(plan), note.parent)
    assert note.stat().st_mtime_ns == before


def test_data_of_no_named_recipe_are_drawn_again(tmp_path: Path) -> None:
    note = prepare_data(KilledRecipe(PLAN), tmp_path / "data") / "plan.json"
    note.write_text(json.dumps(PLAN.drawing()))
    prepare_data(KilledRecipe(PLAN), note.parent)
    assert json.loads(note.read_text()) == {"recipe": "killed", **PLAN.drawing()}


def test_data_that_are_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("precious")
    with pytest.raises(InputError, match="got a file"):
        prepare_data(KilledRecipe(PLAN), tmp_path / "data")
    assert (tmp_path / "data").read_text() == "precious"


def test_results_of_others_in_the_same_folder_are_kept(tmp_path: Path) -> None:
    mine = tmp_path / "results" / "mine" / "tracks.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    run_recipe(KilledRecipe(PLAN, workers=1), tmp_path)
    assert mine.read_text() == "precious"


def test_jobs_end_with_the_process_that_began_them(tmp_path: Path) -> None:
    """Else they would go on writing into what the next start makes anew."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal, sys\n"
        "from siou_tracking.parallel import run_jobs\n"
        "from tests.quickstart.test_skeleton import write_process_number\n"
        "if __name__ == '__main__':\n"
        "    dead = lambda: os.path.exists(sys.argv[1]) and os.kill(os.getpid(), signal.SIGKILL)\n"
        "    list(run_jobs(write_process_number, [(sys.argv[1],), (sys.argv[1],)], dead, workers=2))\n"
    )
    assert run_python(str(script), str(tmp_path / "number")).returncode == -signal.SIGKILL
    number = int((tmp_path / "number").read_text())
    for _ in range(100):
        if not _is_running(number):
            return
        time.sleep(0.1)
    os.kill(number, signal.SIGKILL)
    pytest.fail("a job outlived the process that began it")


def write_process_number(path: str) -> None:
    part = Path(f"{path}.{os.getpid()}")
    part.write_text(str(os.getpid()))
    part.replace(path)
    time.sleep(60)


def _is_running(number: int) -> bool:
    """A zombie has ended: nobody has asked how."""
    status = Path(f"/proc/{number}/stat")
    if Path("/proc").is_dir():
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def _add(a: int, b: int) -> int:
    return a + b


def test_one_worker_stays_in_this_process_and_shows_progress_after_each_job() -> None:
    shown = []
    found = list(run_jobs(lambda a, b: (_add(a, b), os.getpid()), [(1, 2), (3, 4)], lambda: shown.append(1), workers=1))
    assert found == [(0, (3, os.getpid())), (1, (7, os.getpid()))]
    assert len(shown) == 2
