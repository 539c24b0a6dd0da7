"""The picture of the losses says what the losses do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.losses.box.loss_map import DRAWN, draw_loss_map, sample_loss, save_loss_map


@pytest.mark.parametrize("plane", ["offset", "scale"])
def test_sampled_iou_is_flat_away_from_overlap_and_smooth_iou_only_at_the_target(plane: str) -> None:
    iou, smooth = (sample_loss(name, plane, samples=41) for name in ("iou", "smooth_iou"))
    x, y = np.meshgrid(iou.horizontal, iou.vertical)
    apart = np.maximum(np.abs(x), np.abs(y)) > 1.01 if plane == "offset" else np.abs(x) > (1 + 2**y) / 2 + 0.01
    assert apart.mean() > 0.3
    assert not iou.magnitude[apart].any()
    assert smooth.magnitude[apart].min() > 0.1
    assert np.argwhere(smooth.magnitude < 1e-6).tolist() == [[20, 20]]


def test_sampled_slope_is_the_derivative_of_the_sampled_value() -> None:
    field = sample_loss("smooth_iou", "scale", samples=1601)
    by_size, by_offset = np.gradient(field.value, field.vertical, field.horizontal)
    inner = (slice(5, -5),) * 2
    assert np.abs(by_offset - field.slope[..., 0])[inner].max() < 0.05
    assert np.abs(by_size - field.slope[..., 1])[inner].max() < 0.05


@pytest.mark.parametrize(("suffix", "head"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_picture_is_written_whole_in_the_format_of_its_suffix(tmp_path: Path, suffix: str, head: bytes) -> None:
    path = tmp_path / "new folder" / f"map{suffix}"
    assert save_loss_map(path, ["smooth_iou"]) == path
    assert path.read_bytes().startswith(head)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("names", [None, ["2*giou+5*l1", "wiou_v3"]])
def test_picture_has_a_column_for_every_loss(names: list[str] | None) -> None:
    titles = [axes.get_title() for axes in draw_loss_map(names).axes if axes.get_title()]
    assert titles == list(names or DRAWN)


def test_unknown_suffix_and_name_leave_the_old_picture(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    path.write_bytes(b"old")
    with pytest.raises(InputError, match=r"suffix '\.bmpx'"):
        save_loss_map(tmp_path / "map.bmpx")
    with pytest.raises(InputError, match="unknown box loss"):
        save_loss_map(path, ["nope"])
    assert path.read_bytes() == b"old"
