"""Every block of the READMEs and the docs holds: Python runs, command lines parse, CI calls the test command."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from siou_tracking.bridge.layouts.yaml_choice import read_choice
from siou_tracking.cli.main import build_parser
from siou_tracking.cli.track import join_box
from siou_tracking.retrain import BoxLossChoice

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = "".join(
    path.read_text("utf-8") for path in [*sorted(ROOT.glob("docs/*.md")), ROOT / "ltr_configs" / "README.md"]
)
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README + DOCS, re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [
    found[1]
    for language, code in BLOCKS
    if language == "bash"
    for line in code.splitlines()
    if (found := re.search(r"(?:siou-tracking|-m siou_tracking) (.*?)( &)?$", line))
]


@pytest.mark.parametrize("code", PYTHON, ids=[code.strip().splitlines()[0] for code in PYTHON])
def test_python_blocks_run(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})


@pytest.mark.parametrize("command", COMMANDS)
def test_command_lines_parse(command):
    build_parser().parse_args(join_box(shlex.split(command, comments=True)))


def test_yaml_blocks_are_choices(tmp_path):
    for language, code in BLOCKS:
        if language == "yaml":
            (tmp_path / "a.yaml").write_text(code)
            assert read_choice(tmp_path / "a.yaml") == BoxLossChoice.of("smooth_iou", sharpness=64, weight=2.0)


def test_the_two_commands_are_there_and_pin_the_tested_versions():
    for mark in ("main job", "tests"):
        command = re.search(rf"<!-- {mark} -->\n```bash\n(.*?)\n```", README, re.DOTALL)[1]
        assert "\n" not in command
        assert "-c constraints.txt" in command
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_placeholder_is_left():
    assert not re.search(r"\b[A-Z]+_[A-Z_]{3,}\b", re.sub(r"```.*?```|`[^`]*`", "", README, flags=re.DOTALL))


def test_the_landing_page_is_one_screen_and_a_bit():
    assert len(README.splitlines()) <= 120


def test_every_link_of_the_readme_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)", README):
        assert (ROOT / target).is_file(), target
