"""Losses of features have names of their own, apart from those of boxes."""

from __future__ import annotations

import pytest

from siou_tracking.errors import InputError
from siou_tracking.losses import (
    DetectionMarginLoss,
    DIMLoss,
    IdentificationMarginLoss,
    available_box_losses,
    available_feature_losses,
    build_box_loss,
    build_feature_loss,
    describe_feature_loss,
)


def test_names_of_features_and_of_boxes_are_kept_apart() -> None:
    assert available_feature_losses() == ["dim", "detection_margin", "identification_margin"]
    assert not set(available_feature_losses()) & set(available_box_losses())
    with pytest.raises(InputError, match="unknown box loss 'dim'"):
        build_box_loss("dim", margin_det=1.0, margin_id=0.5)


def test_names_and_aliases_build_the_classes_with_their_parameters() -> None:
    loss = build_feature_loss("dim", margin_det=0.95, margin_id=0.65, spread="pairwise", center="image", power=1)
    assert isinstance(loss, DIMLoss)
    assert (loss.margin_det, loss.margin_id, loss.spread, loss.center, loss.power) == (
        0.95,
        0.65,
        "pairwise",
        "image",
        1,
    )
    assert isinstance(build_feature_loss("dm", margin=1.0), DetectionMarginLoss)
    assert isinstance(build_feature_loss("im", margin=1.0), IdentificationMarginLoss)
    assert describe_feature_loss("dm") is describe_feature_loss("detection_margin")


def test_defaults_shown_are_the_defaults_used() -> None:
    entry = describe_feature_loss("dim")
    assert entry.required == ("margin_det", "margin_id")
    assert entry.defaults["spread"] == "center"
    assert entry.defaults["detach_center"] is True
    margins = {"margin_det": 1.0, "margin_id": 0.5}
    assert repr(build_feature_loss("dim", **margins, **entry.defaults)) == repr(DIMLoss(1.0, 0.5))


def test_missing_and_unknown_parameters_are_named() -> None:
    with pytest.raises(InputError, match=r"margin_id: got none.*calibrate_margins"):
        build_feature_loss("dim", margin_det=1.0)
    with pytest.raises(InputError, match="got 'gain', allowed are margin, spread, distance"):
        build_feature_loss("im", margin=1.0, gain=2)
    with pytest.raises(InputError, match=r"unknown feature loss 'dimm'.*did you mean 'dim'"):
        build_feature_loss("dimm")
