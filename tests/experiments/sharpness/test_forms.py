"""Every form of the family is a loss with the value, the slopes and the score that its formula says."""

from __future__ import annotations

import math

import pytest
import torch

from experiments.sharpness.forms import DIVERGENCES, FORMS, FamilyLoss, Member
from experiments.sharpness.named import spell
from experiments.sharpness.plan import star
from experiments.sharpness.properties import SITUATIONS
from siou_tracking.boxes import FORMATS, convert
from siou_tracking.errors import InputError
from siou_tracking.losses import SmoothIoULoss, build_box_similarity, describe
from siou_tracking.losses.box.smooth_iou import DIVERGENCES as REGISTERED

MEMBERS = star((8.0,))
TARGET = torch.tensor([0.0, 0, 4, 2], dtype=torch.float64)
BOXES = torch.tensor(SITUATIONS, dtype=torch.float64)
# x = 1 by hand: d^2 / (s^2 + t^2) = 1/8 for a box of the target's size half of it away, times 8.
AWAY = torch.tensor([2.0, 0, 4, 2], dtype=torch.float64)
LOSS_AT_1 = {
    "log": math.log(2),
    "sqrt": 2 * (math.sqrt(2) - 1),
    "ratio": 1 / 2,
    "exp": 1 - math.exp(-1),
    "logratio": 1 - 1 / (1 + math.log(2)),
    "linear": 1.0,
    "cone": 1.0,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_has_its_formulas_value(form: str) -> None:
    loss = Member(form, sharpness=8.0).build("cxcywh", "none")
    assert float(loss(AWAY, TARGET)) == pytest.approx(LOSS_AT_1[form])


def test_divergences_have_their_formulas_value() -> None:
    # One axis off by d = 2 with size 4 for a target of 8; the other equal.
    pred = torch.tensor([2.0, 0, 4, 3], dtype=torch.float64)
    target = torch.tensor([0.0, 0, 8, 3], dtype=torch.float64)
    bhattacharyya = 4 / 80 + math.log(80 / 64) / 2
    expected = {
        "bhattacharyya": bhattacharyya,
        "kl": ((64 + 16) / 16 - 1 + math.log(16 / 64)) / 2,
        "narrow": 4 / 80 + math.log(80 / 64) / 4,
        "hellinger": 1 - math.exp(-bhattacharyya),
        "jeffreys": ((1 / 2 - 2) ** 2 / 4 + 4 / 64 + 4 / 16) / 4,
        "wasserstein": (4 + 16 / 4) / (2 * 32),
    }
    assert set(expected) == set(DIVERGENCES)
    for name, value in expected.items():
        loss = Member("linear", name, 3.0).build("cxcywh", "none")
        assert float(loss(pred, target)) == pytest.approx(3 * value), name


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_slopes_are_right_in_every_situation_but_the_tip_of_the_cone(member: Member) -> None:
    boxes = BOXES[1:] if member.form == "cone" else BOXES
    pair = (boxes.clone().requires_grad_(), TARGET.clone().requires_grad_())
    assert torch.autograd.gradcheck(member.build("cxcywh", "none"), pair)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_score_is_one_for_equal_boxes_and_falls_as_the_loss_rises(member: Member) -> None:
    loss = member.build("cxcywh", "none")
    values, scores = loss(BOXES, TARGET), loss.similarity(BOXES, TARGET)
    assert float(scores[0]) == 1 and (scores <= 1).all() and (scores >= 0).all()
    assert (scores[values.argsort()].diff() <= 0).all()


@pytest.mark.parametrize("form", FORMS)
def test_a_score_is_one_minus_a_loss_below_one_and_else_its_exponential(form: str) -> None:
    loss = FamilyLoss(Member(form, sharpness=8.0), "cxcywh", "none")
    value = loss(AWAY, TARGET)
    expected = 1 - value if form in ("ratio", "exp", "logratio") else torch.exp(-value)
    torch.testing.assert_close(loss.similarity(AWAY, TARGET), expected)


@pytest.mark.parametrize("divergence", REGISTERED)
def test_log_is_smooth_iou(divergence: str) -> None:
    member = Member(divergence=divergence, sharpness=16.0)
    assert isinstance(member.build(), SmoothIoULoss)
    theirs = SmoothIoULoss("cxcywh", 16.0, divergence, "none")
    for ours in (member.build("cxcywh", "none"), FamilyLoss(member, "cxcywh", "none")):
        torch.testing.assert_close(ours(BOXES, TARGET), theirs(BOXES, TARGET))
        torch.testing.assert_close(ours.similarity(BOXES, TARGET), theirs.similarity(BOXES, TARGET))


@pytest.mark.parametrize("box_format", FORMATS)
def test_formats_agree(box_format: str) -> None:
    loss = Member("ratio", "narrow", 8.0).build(box_format, "none")
    pair = (convert(boxes, "cxcywh", box_format) for boxes in (BOXES, TARGET.expand_as(BOXES)))
    torch.testing.assert_close(loss(*pair), Member("ratio", "narrow", 8.0).build("cxcywh", "none")(BOXES, TARGET))


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_float32_stays_finite_far_away_and_for_boxes_without_size(member: Member) -> None:
    pred = torch.tensor([[1e6, -1e6, 1, 1], [0, 0, 0, 0], [0, 0, -5, 1], [0, 0, 1e6, 1e-6]], requires_grad=True)
    values = member.build("cxcywh", "none")(pred, torch.tensor([0.0, 0, 1, 1]).expand(4, 4))
    values.sum().backward()
    assert values.isfinite().all() and pred.grad is not None and pred.grad.isfinite().all()


@pytest.mark.parametrize("member", [Member("exp", "narrow", 0.5), *MEMBERS], ids=lambda member: member.name)
def test_a_name_is_read_back_and_is_a_box_loss_of_its_own(member: Member) -> None:
    assert Member.parse(member.name) == member
    score = build_box_similarity(spell(member), box_format="cxcywh")
    torch.testing.assert_close(score(BOXES, TARGET), member.build("cxcywh").similarity(BOXES, TARGET))


def test_a_name_that_is_no_members_is_refused() -> None:
    for name in ("log_bhattacharyya", "log_euclid_4", "log_kl_x", "nothing"):
        with pytest.raises(InputError, match="has no function"):
            describe(f"experiments.sharpness.named:{name}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("root",), "unknown form 'root'"),
        (("log", "euclid"), "unknown divergence 'euclid'"),
        (("log", "kl", 0), "sharpness: got 0"),
    ],
)
def test_a_member_says_what_is_wrong(arguments: tuple, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Member(*arguments)
