"""Names become losses in one place: aliases, defaults by role, and what a wrong name or parameter is told."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import (
    SmoothIoULoss,
    available_box_losses,
    build_box_loss,
    build_box_similarity,
    describe,
    registered_box_losses,
    smooth_iou,
)


def test_the_registered_names() -> None:
    overlaps = ["siou_angle", "shape_iou", "mpdiou", "wiou", "wiou_v3", "piou", "piou_v1"]
    others = [
        "alpha_iou",
        "focaler_iou",
        "inner_iou",
        "gwd",
        "kld",
        "jd",
        "bcd",
        "nwd",
        "kfiou",
        "probiou",
        "l1",
        "smooth_l1",
    ]
    names = ["smooth_iou", "iou", "giou", "diou", "ciou", "eiou", *overlaps, *others]
    assert registered_box_losses() == available_box_losses() == names
    aliases = {"wiou_v1": "wiou", "piou_v2": "piou", "hellinger": "probiou", "scylla_iou": "siou_angle"}
    assert {alias: describe(alias).name for alias in aliases} == aliases


def test_siou_is_an_alias_that_says_what_it_is_not() -> None:
    assert describe("siou") is describe("smooth_iou")
    assert describe("siou").aliases == ("siou",)
    assert "SCYLLA" in describe("siou_angle").description
    assert isinstance(build_box_loss("siou"), SmoothIoULoss)


def test_sharpness_defaults_differ_by_role() -> None:
    entry = describe("smooth_iou")
    found = [one["sharpness"] for one in (entry.loss_defaults, entry.score_defaults, entry.density_defaults)]
    assert found == [256.0, 32.0, 4.0]
    pred, target = torch.tensor([0.0, 0, 2, 2]), torch.tensor([1.0, 0, 3, 2])
    score = build_box_similarity("smooth_iou")(pred, target)
    torch.testing.assert_close(score, smooth_iou(pred, target, sharpness=32.0))
    torch.testing.assert_close(
        build_box_loss("smooth_iou")(pred, target), -torch.log(smooth_iou(pred, target, sharpness=256.0))
    )


@pytest.mark.parametrize("name", registered_box_losses())
def test_every_entry_is_described_by_one_line_and_builds_from_its_own_defaults(name: str) -> None:
    entry = describe(name)
    assert entry.name == name
    assert entry.description
    assert "\n" not in entry.description
    boxes = torch.tensor([[0.0, 0, 2, 2]])
    assert build_box_loss(name, **entry.loss_defaults)(boxes, boxes) == 0
    assert entry.source
    if not entry.no_score:
        assert build_box_similarity(name, **entry.score_defaults)(boxes, boxes) == 1


def test_parameters_reach_the_loss_and_the_similarity() -> None:
    pred, target = torch.tensor([[1.0, 1, 2, 2]]), torch.tensor([[1.5, 1, 2, 3]])
    loss = build_box_loss("smooth_iou", box_format="cxcywh", sharpness=9, divergence="kl", reduction="none")
    similarity = build_box_similarity("smooth_iou", box_format="cxcywh", sharpness=9, divergence="kl")
    torch.testing.assert_close(similarity(pred, target), torch.exp(-loss(pred, target)))
    assert loss(pred, target) != build_box_loss("smooth_iou", box_format="cxcywh", reduction="none")(pred, target)


def test_generalized_similarities_map_minus_one_to_zero() -> None:
    pred, target = torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[4.0, 0, 6, 2]])
    assert build_box_similarity("giou")(pred, target).item() == pytest.approx((1 - 4 / 12) / 2)
    assert build_box_similarity("iou")(pred, target).item() == 0
    assert build_box_similarity("giou")(pred, target + 1e7).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("build", [build_box_loss, build_box_similarity, describe])
def test_unknown_name_lists_the_known_and_the_nearest(build) -> None:
    with pytest.raises(
        InputError, match=r"'smoth_iou': allowed are alpha_iou, bcd, ciou.*; did you mean 'smooth_iou'\?"
    ):
        build("smoth_iou")


@pytest.mark.parametrize(
    ("build", "allowed"),
    [
        (build_box_loss, "box_format, sharpness, divergence, reduction"),
        (build_box_similarity, "box_format, sharpness, divergence"),
    ],
)
def test_unknown_parameter_names_the_allowed_ones(build, allowed: str) -> None:
    with pytest.raises(InputError, match=f"got 'lambda_', allowed are {allowed}$"):
        build("smooth_iou", lambda_=3)


def test_sharpness_is_refused_by_losses_that_have_none() -> None:
    with pytest.raises(
        InputError, match="giou: parameter as a loss: got 'sharpness', allowed are box_format, reduction"
    ):
        build_box_loss("giou", sharpness=32.0)


@pytest.mark.parametrize("build", [build_box_loss, build_box_similarity])
@pytest.mark.parametrize(
    "params", [{"sharpness": 0}, {"sharpness": -4.0}, {"divergence": "wasserstein"}, {"box_format": "yxyx"}]
)
def test_values_are_checked_when_the_loss_is_built(build, params: dict) -> None:
    with pytest.raises(InputError):
        build("smooth_iou", **params)


def test_changing_the_returned_defaults_of_one_build_does_not_change_the_next() -> None:
    build_box_loss("smooth_iou", sharpness=5)
    assert build_box_loss("smooth_iou").sharpness == 256
