"""What the CPU-size settings share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from siou_tracking.ltr.run_training import train
from siou_tracking.retrain import TrainRequest


@pytest.mark.parametrize(
    ("file", "flip"),
    [("bbreg/atom_lite", None), ("bbreg/atom_lite", True), ("dimp/dimp_lite", True), ("tomp/tomp_lite", False)],
)
def test_a_file_mirrors_half_of_the_samples_where_it_is_asked_to(
    got10k_root: Path, tmp_path: Path, file: str, flip: bool | None
):
    values = {"stored_pairs": 4, "stored_features": str(tmp_path)} | ({} if flip is None else {"flip": flip})
    train(
        TrainRequest(
            *file.split("/"),
            data={"got10k": got10k_root},
            workspace=tmp_path / "workspace",
            epochs=1,
            samples_per_epoch=4,
            batch_size=2,
            workers=0,
            device="cpu",
            quiet=True,
            values=values,
        )
    )
    notes = [json.loads(path.read_text()) for path in tmp_path.glob("*/made_from.json")]
    mirrored = {"RandomHorizontalFlip" in note["processing"]["transform"] for note in notes}
    assert mirrored == {bool(flip)}
