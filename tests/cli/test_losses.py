"""losses: the printed table and map say what the losses do."""

from __future__ import annotations

import torch

from siou_tracking.cli.losses import (
    FAMILIES,
    SITUATIONS,
    find_entries,
    format_feature_losses,
    format_loss_map,
    format_losses,
)
from siou_tracking.losses import (
    available_box_losses,
    available_feature_losses,
    build_feature_loss,
    describe,
    describe_feature_loss,
    registered_box_losses,
)
from siou_tracking.losses.box import own_loss
from tests.cli.calling import call


def test_losses_lists_every_registered_name_in_80_columns(capsys):
    code, out, _ = call(capsys, "losses")
    assert code == 0
    assert all(name in out for name in available_box_losses())
    assert max(map(len, out.splitlines())) <= 80


def test_every_loss_has_a_line_in_its_family_with_roles_description_and_source() -> None:
    lines = format_losses(find_entries()[0]).splitlines()
    titles = list(FAMILIES.values())
    for name in registered_box_losses():
        entry = describe(name)
        at, row = next((at, line) for at, line in enumerate(lines) if line.split()[:1] == [name])
        assert row.split()[1] == ("loss" if entry.no_score else "both")
        assert entry.description in row
        assert row.endswith(f" {entry.source}")
        assert next(line for line in reversed(lines[:at]) if line in titles) == FAMILIES[entry.family]


def test_parameters_show_both_roles_units_and_aliases() -> None:
    text = format_losses(find_entries(["siou", "nwd"])[0])
    assert "smooth_iou   sharpness=256 (score 32, density 4) divergence=bhattacharyya" in text
    assert "nwd          constant=12.8 (boxes in pixels)" in text
    assert "siou is smooth_iou, not SCYLLA-IoU" in text


def test_text_map_shows_iou_flat_where_smooth_iou_is_not() -> None:
    head, *rows = format_loss_map(find_entries()[0]).splitlines()
    assert head.split("  ")[0] == "value/gradient"
    assert [cell.strip() for cell in head.split("  ") if cell][1:] == list(SITUATIONS)
    cells = {row.split()[0]: row.split()[1:] for row in rows}
    assert all(cells[name][0] == "0.00/0" for name in registered_box_losses())
    # By hand: unit boxes 2 apart have D = 4/2, so the loss is ln(1 + 512).
    assert cells["smooth_iou"][4].startswith("6.24/")
    assert cells["iou"][4] == "1.00/0"


def test_names_choose_what_is_shown(capsys):
    code, out, _ = call(capsys, "losses", "2*giou+5*l1", "hellinger")
    assert code == 0
    assert "2*giou+5*l1" in out
    assert "probiou" in out
    assert "ciou" not in out.replace("probiou", "")
    code, _, err = call(capsys, "losses", "2*giuo")
    assert code == 2
    assert "did you mean 'giou'" in err


def test_an_installed_loss_that_fails_is_one_line_and_the_others_are_listed(monkeypatch, capsys):
    monkeypatch.setattr("siou_tracking.losses.box.registry.installed_losses", lambda: {"gone": "nowhere_at_all:loss"})
    monkeypatch.setattr(own_loss, "installed_losses", lambda: {"gone": "nowhere_at_all:loss"})
    code, out, _ = call(capsys, "losses")
    assert code == 0
    assert "box loss gone: module nowhere_at_all: not installed" in out
    assert "smooth_iou" in out


def test_every_feature_loss_is_listed_and_says_that_the_formula_is_a_reading() -> None:
    lines = format_feature_losses().splitlines()
    for name in available_feature_losses():
        at = next(at for at, line in enumerate(lines) if line.split()[0].rstrip(":") == name)
        assert lines[at + 1].strip() == describe_feature_loss(name).description
    assert "as we read it" in describe_feature_loss("dim").description
    assert torch.equal(build_feature_loss("dim", margin_det=1.0, margin_id=0.5)(torch.zeros(0, 4)), torch.tensor(0.0))
