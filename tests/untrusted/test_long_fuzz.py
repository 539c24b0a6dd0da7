"""Every kind of file on a hundred thousand inputs, which its readers share."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
COUNT = int(os.environ.get("SIOU_FUZZ", "100000"))
"""Inputs of each kind."""
KINDS = {
    "results": ("tables", "vot_results", "toolkit_results", "matlab_results", "mot_rows"),
    "annotations": ("training_annotations", "annotations_in_json", "folders_of_annotations", "mot_sequences"),
    "checkpoints": ("content_of_checkpoints", "bytes_of_checkpoints", "safetensors"),
    "reports": ("scores_become_a_page", "mot_scores_become_a_page", "records_of_runs", "records_of_training"),
    "others": (
        *("archives", "heads_of_pictures", "tables_of_videos", "tables_of_boxes", "coco_videos", "cvat_tracks"),
        *("names_can_be_printed_and_drawn", "any_bytes_are_json_or_refused"),
    ),
}
FOUND = {
    name: path
    for path in sorted(HERE.glob("test_*.py"))
    for name in re.findall(r"^def test_fuzz_(\w+)", path.read_text("utf-8"), re.MULTILINE)
}


def test_every_reader_is_of_a_kind() -> None:
    known = [name for names in KINDS.values() for name in names]
    assert sorted(known) == sorted(FOUND.keys() - {"runs_that_go_on"})  # which trains, and has a sweep of its own


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_inputs(kind: str) -> None:
    names = KINDS[kind]
    environment = {**os.environ, "SIOU_FUZZ": str(-(-COUNT // len(names)))}
    if Path("/dev/shm").is_dir():
        environment["TMPDIR"] = "/dev/shm"  # a file an input, which no disk needs to see
    tests = [f"{HERE / FOUND[name]}::test_fuzz_{name}" for name in names]
    options = ("-q", "-m", "", "-p", "no:cacheprovider", "-W", "ignore", "--hypothesis-show-statistics")
    command = [sys.executable, "-m", "pytest", *options, *tests]
    done = subprocess.run(command, cwd=HERE.parent.parent, env=environment, capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-9000:]
    tried = sum(map(int, re.findall(r"- (\d+) passing", done.stdout)))
    print(f"{kind}: {tried:,} inputs")
    assert tried >= 0.98 * COUNT
