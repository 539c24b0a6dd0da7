"""`train --set`: values as they are typed, and what is refused before anything is looked for."""

from __future__ import annotations

import argparse

import pytest

from siou_tracking.arguments import assignment
from tests.cli.calling import check_refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRAIN.GIOU_WEIGHT=4", ("TRAIN.GIOU_WEIGHT", 4)),
        ("rate=1e-4", ("rate", 1e-4)),
        ("use_lmdb=true", ("use_lmdb", True)),
        ("stage=None", ("stage", None)),
        ("config_name_prv=baseline", ("config_name_prv", "baseline")),
        ("stage1_model=/a/b=c.pth", ("stage1_model", "/a/b=c.pth")),
        ("DATA.TRAIN.DATASETS_NAME=[LASOT, COCO17]", ("DATA.TRAIN.DATASETS_NAME", ["LASOT", "COCO17"])),
        ("DATA.TRAIN.DATASETS_RATIO=[1, 2]", ("DATA.TRAIN.DATASETS_RATIO", [1, 2])),
        ("empty=", ("empty", "")),
    ],
)
def test_a_value_is_what_it_reads_as(text, expected):
    assert assignment(text) == expected


@pytest.mark.parametrize("text", ["name", "=1", "a b=1", "TRAIN.=1", "1x=2"])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="allowed is NAME=VALUE"):
        assignment(text)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--set TRAIN.LR=1", "--set TRAIN.LR: allowed with a dot are names in a checkout's yaml files alone"),
        ("--set a=1 --set a=2", "--set a: given 2 times"),
    ],
)
def test_names_that_nothing_has_are_refused(given, message, capsys, tmp_path):
    check_refused(capsys, tmp_path, f"train bbreg atom_lite --workspace {tmp_path / 'w'} {given}", [message])
