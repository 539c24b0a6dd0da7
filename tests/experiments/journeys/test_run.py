"""What is timed is what the pages show, and a quick look types it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from experiments.journeys import run
from experiments.journeys.page import PAGE, read_journeys
from siou_tracking.errors import InputError

README = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")


def test_the_journeys_are_the_readme_s() -> None:
    found = read_journeys()
    assert list(found) == ["loss", "quickstart", "score", "checkout", "video"]
    main = re.search(r"<!-- main job -->\n```bash\n(.*?)\n```", README, re.DOTALL)
    loss = re.search(r"## I only want the loss\n+```python\n(.*?)```", README, re.DOTALL)
    assert main and loss
    assert " && ".join((*found["quickstart"].install, *found["quickstart"].commands)) == f"{main[1]} --fast"
    assert found["loss"].code == loss[1]


@pytest.mark.parametrize("journey", read_journeys().values(), ids=lambda one: one.name)
def test_a_journey_has_at_most_three_lines(journey: run.Journey) -> None:
    assert journey.lines <= 3
    assert len(journey.install) >= 2 and journey.install[0].endswith("-m venv .venv")


def test_a_page_without_an_install_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("## A\n<!-- journey: a -->\n```bash\nsiou-tracking losses\n```\n")
    with pytest.raises(InputError, match=r"journey a: got .*losses.*, expected an install"):
        read_journeys(page)
    page.write_text("## A\n")
    with pytest.raises(InputError, match="expected one at least"):
        read_journeys(page)


def test_a_quick_look_types_the_lines_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--quick", "--out", str(tmp_path)])
    assert run.main() == 0
    result = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert result["quick"] and list(result["journeys"]) == list(run.QUICK)
    (tracked,) = result["journeys"]["video"]["commands"]
    shown = next(line for line in PAGE.read_text("utf-8").splitlines() if "siou-tracking track" in line)
    assert re.sub(r"--init \S+", "", tracked["command"]) == re.sub(r"--init \S+", "", shown)
    assert all(step["seconds"] > 0 for row in result["journeys"].values() for step in row["commands"])


def test_a_journey_that_is_timed_anew_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        run,
        "time_journey",
        lambda journey, _: {"title": journey.name, "lines": 1, "install": [], "commands": []},
    )
    for names, stored in ((["video"], ["video"]), (["loss"], ["loss", "video"])):
        monkeypatch.setattr(sys, "argv", ["run", "--quick", "--out", str(tmp_path), "--journeys", *names])
        assert run.main() == 0
        assert list(json.loads((tmp_path / "results.json").read_text("utf-8"))["journeys"]) == stored
    monkeypatch.delenv("PYTRACKING_HOME", raising=False)
    monkeypatch.setattr(sys, "argv", ["run", "--out", str(tmp_path / "other"), "--journeys", "checkout"])
    assert run.main() == 0 and not (tmp_path / "other").exists()


def test_a_line_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    quick = ["run", "--quick", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*quick, "--journeys", "video", "--video", "no.mp4", "--init", "1,1,9,9"])
    assert run.main() == 2
    assert "siou-tracking track video.mp4 --init 1,1,9,9" in capsys.readouterr().err
    assert not (tmp_path / "results.json").exists()
    monkeypatch.setattr(sys, "argv", ["run", "--quick", "--video", "no.mp4"])
    assert run.main() == 2


def test_the_table_has_the_install_apart() -> None:
    row = {
        "title": "A",
        "lines": 2,
        "install": [{"seconds": 30.0, "processor_seconds": 20.0}, {"seconds": 1.4, "processor_seconds": 1.0}],
        "commands": [{"seconds": 9.0, "processor_seconds": 12.0}],
    }
    assert "| A | 2 | 31 s | 9 s | 12 s |" in run.format_table({"a": row})
    row["commands"] = [{"seconds": 9.0, "processor_seconds": None}]
    assert "| A | 2 | 31 s | 9 s | - |" in run.format_table({"a": row})
