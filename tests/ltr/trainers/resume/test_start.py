"""Which checkpoint a run goes on from, by what is there and what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers.resume.start import choose_checkpoint

OWN = ["Net_ep0002.pth.tar", "Net_ep0010.pth.tar"]


@pytest.mark.parametrize(
    ("there", "resume", "load_latest", "expected"),
    [
        ([], None, False, None),
        ([], None, True, None),  # a settings file asks to go on only if there is something
        ([], True, False, "no checkpoint to continue from"),
        (OWN, True, False, "Net_ep0010.pth.tar"),
        (OWN, None, True, "Net_ep0010.pth.tar"),
        (OWN, None, False, "earlier run: give --resume or --fresh"),
        (["Other_ep0001.pth.tar"], None, True, "checkpoints of Other, this run trains Net: give --fresh"),
    ],
)
def test_a_run_goes_on_only_from_its_own_and_when_asked(
    there: list[str], resume: bool | None, load_latest: bool, expected: str | None, tmp_path: Path
) -> None:
    for name in there:
        torch.save({"net": {}}, tmp_path / name)
    if expected is None or expected.endswith(".tar"):
        found = choose_checkpoint(tmp_path, "Net", resume, load_latest)
        assert found == (expected and tmp_path / expected)
    else:
        with pytest.raises(InputError, match=expected):
            choose_checkpoint(tmp_path, "Net", resume, load_latest)
