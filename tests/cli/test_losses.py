"""losses: the printed table and map say what the losses do."""

from __future__ import annotations

import torch

from siou_tracking.cli.losses import SITUATIONS, format_loss_map, format_losses
from siou_tracking.losses import (
    available_box_losses,
    available_feature_losses,
    build_feature_loss,
    describe,
    describe_feature_loss,
)
from tests.cli.calling import call


def test_losses_lists_every_registered_name(capsys):
    code, out, _ = call(capsys, "losses")
    assert code == 0
    assert all(name in out for name in available_box_losses())


def test_table_shows_every_loss_with_alias_defaults_and_description() -> None:
    lines = format_losses().splitlines()
    for name in available_box_losses():
        row = next(line for line in lines if line.startswith(f"{name} "))
        assert row.endswith(describe(name).description)
    smooth = next(line for line in lines if line.startswith("smooth_iou"))
    assert "siou" in smooth.split()
    assert smooth.index("sharpness=32") < smooth.index("sharpness=4 ")


def test_text_map_shows_iou_flat_where_smooth_iou_is_not() -> None:
    head, *rows = format_loss_map().splitlines()
    assert [row.split("  ")[0] for row in rows] == list(SITUATIONS)
    cells = {row.split("  ")[0]: [cell for cell in row.split("  ") if cell][1:] for row in rows}
    assert head.split()[-6:] == available_box_losses()
    assert all(cell.strip() == "0.000 (0)" for cell in cells["equal"])
    # By hand: unit boxes 2 apart have D = 4/2, so the loss is ln(1 + 64).
    assert cells["1 size apart"][0].strip().startswith("4.174 (")
    assert cells["1 size apart"][1].strip() == "1.000 (0)"


def test_table_lists_every_feature_loss_and_says_that_the_formula_is_a_reading() -> None:
    lines = format_losses().splitlines()
    for name in available_feature_losses():
        row = next(line for line in lines if line.startswith(f"{name} "))
        assert row.endswith(describe_feature_loss(name).description)
    assert "as we read it" in describe_feature_loss("dim").description
    assert torch.equal(build_feature_loss("dim", margin_det=1.0, margin_id=0.5)(torch.zeros(0, 4)), torch.tensor(0.0))
