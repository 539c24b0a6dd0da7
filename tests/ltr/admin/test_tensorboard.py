"""Curves written for tensorboard read back as they were."""

from __future__ import annotations

import pytest

from siou_tracking.ltr.admin.stats import AverageMeter
from siou_tracking.ltr.admin.tensorboard import TensorboardWriter


def test_epoch_values_read_back_and_nothing_is_written_before_the_first(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    writer = TensorboardWriter(tmp_path / "run", ["train", "val"])
    assert not (tmp_path / "run").exists()
    meter = AverageMeter()
    for epoch, value in ((1, 0.75), (2, 0.25)):
        meter.update(value)
        meter.new_epoch()
        writer.write_epoch({"train": {"Loss/total": meter}, "val": None}, epoch)
    writer.close()
    events = accumulator.EventAccumulator(str(tmp_path / "run" / "train"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("Loss/total")] == [(1, 0.75), (2, 0.25)]
    assert not (tmp_path / "run" / "val").exists()
