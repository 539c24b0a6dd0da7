"""Sums of losses as users write them: weights, names, parameters, both roles, and what is wrong with a wrong one."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, build_box_similarity, describe
from tests.losses.box.pairs import costs, random_pairs


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("giou+l1", "giou+l1"),
        (" 2 * giou + 5*l1 ", "2*giou+5*l1"),
        ("1*giou+0.50*siou", "giou+0.5*smooth_iou"),
        ("2*giou", "2*giou"),
        ("hellinger+wiou_v1", "probiou+wiou"),
        ("0.00001*giou+123456789*l1", "0.00001*giou+123456789*l1"),
    ],
)
def test_one_name_for_every_spelling(typed: str, name: str) -> None:
    assert describe(typed).name == name
    assert describe(name).name == name


def test_a_sum_is_the_weighted_sum_of_its_parts() -> None:
    pred, target = random_pairs()
    expected = 2 * costs("giou", pred, target) + 5 * costs("l1", pred, target)
    torch.testing.assert_close(costs("2*giou+5*l1", pred, target), expected)
    mean = build_box_loss("2*giou+5*l1", box_format="cxcywh")
    assert (mean.box_format, mean.reduction) == ("cxcywh", "mean")


def test_the_similarity_of_a_sum_is_the_weighted_mean_and_ignores_a_common_factor() -> None:
    pred, target = random_pairs()
    giou, smooth = (build_box_similarity(name)(pred, target) for name in ("giou", "smooth_iou"))
    torch.testing.assert_close(build_box_similarity("giou+3*siou")(pred, target), (giou + 3 * smooth) / 4)
    torch.testing.assert_close(build_box_similarity("7*giou")(pred, target), giou)
    assert (build_box_similarity("0.1*giou+0.7*iou")(pred, pred) == 1).all()


def test_parameters_belong_to_parts_and_have_the_default_of_the_role() -> None:
    pred, target = random_pairs()
    expected = costs("l1", pred, target, unit=4.0) + costs("smooth_l1", pred, target, unit=4.0, beta=0.5)
    torch.testing.assert_close(costs("l1+smooth_l1", pred, target, unit=4.0, beta=0.5), expected)
    expected = costs("l1", pred, target, unit=4.0) + costs("smooth_l1", pred, target)
    torch.testing.assert_close(costs("l1+smooth_l1", pred, target, **{"l1.unit": 4.0}), expected)
    sharp = describe("siou+iou")
    key = "smooth_iou.sharpness"
    found = [one[key] for one in (sharp.loss_defaults, sharp.score_defaults, sharp.density_defaults)]
    assert found == [256.0, 32.0, 4.0]
    torch.testing.assert_close(build_box_similarity("2*siou")(pred, target), build_box_similarity("siou")(pred, target))
    assert dict(describe("giou+nwd+l1").lengths) == {"nwd.constant": "pixels", "l1.unit": "shares"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("giuo+l1", "did you mean 'giou'"),
        ("giou+", "box loss giou+: got '' as a part, allowed is such as 2*giou"),
        ("*giou", "got '*giou' as a part"),
        ("2*", "got '2*' as a part"),
        ("giou*2", "unknown box loss '2'"),
        ("x*giou", "got weight 'x', allowed is a positive number before *"),
        ("0*giou+l1", "got weight '0'"),
        ("nan*giou", "got weight 'nan'"),
        ("inf*giou", "got weight 'inf'"),
        ("giou-l1", "unknown box loss 'giou-l1'"),
        ("siou+smooth_iou", "got smooth_iou twice, allowed is once, with a weight"),
    ],
)
def test_a_wrong_sum_says_what_is_wrong(name: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        build_box_loss(name)
    assert told in str(error.value)


def test_a_part_without_similarity_leaves_the_sum_without_one() -> None:
    with pytest.raises(InputError, match=r"giou\+wiou_v3: as a score: wiou_v3: what a box scores would follow"):
        build_box_similarity("giou+wiou_v3")
