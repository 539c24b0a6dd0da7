"""A choice of a loss: sums, own functions and parameters, what is stored of it, and heads that it does not suit."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking.arguments import add_box_loss_options, add_training_options, training_options
from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss
from siou_tracking.retrain import BoxLossChoice, retarget
from siou_tracking.retrain.choice import chosen_box_loss, folder_name, set_box_loss

OWN = """
def corners(pred, target):
    return (pred - target).abs().mean(1)
"""


class AtomActor:
    """Boxes in pixels of the crop."""

    def __init__(self) -> None:
        self.net, self.objective = nn.Identity(), nn.MSELoss()

    def __call__(self, data):
        return self.objective(self.net(data["scores"]), data["proposal_iou"]), {}


class ToMPActor:
    """Boxes as shares of the crop."""

    def __init__(self) -> None:
        self.net, self.objective, self.loss_weight = nn.Identity(), {"giou": nn.Identity()}, {"giou": 1.0}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_choice_losses.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return "own_choice_losses:corners"


def learn(actor, name: str, **params) -> tuple:
    settings = SimpleNamespace(project_path="ltr/bbreg/atom")
    return (*retarget(actor, settings, flag=BoxLossChoice(name, params)), settings)


def test_what_settings_keep_of_an_own_loss_finds_it_again(own: str) -> None:
    choice, actor, settings = learn(AtomActor(), own)
    assert choice.stored() == {"name": own, "role": "score", "params": {}, "weight": None}
    assert settings.project_path == "ltr/bbreg/atom_own_choice_losses-corners"
    again = pickle.loads(pickle.dumps(settings))
    assert chosen_box_loss(again) == BoxLossChoice(own)
    assert retarget(AtomActor(), again)[0].stored() == choice.stored()
    assert again.project_path == settings.project_path
    boxes = torch.tensor([[[[10.0, 10, 20, 20], [12, 10, 20, 20]]]])
    data = {"test_proposals": boxes, "test_anno": boxes[:, :, 0], "proposal_iou": torch.zeros(1, 1, 2)}
    data["scores"] = torch.zeros(1, 1, 2)
    loss, _ = actor(data)
    expected = torch.tensor([1, 2 * torch.exp(torch.tensor(-1.0)) - 1]).square().mean()
    torch.testing.assert_close(loss, expected)


def test_what_settings_keep_of_a_sum_finds_it_again() -> None:
    choice, _, settings = learn(ToMPActor(), "2*giou+5*siou", sharpness=8.0)
    assert choice.stored()["params"] == {"smooth_iou.sharpness": 8.0, "smooth_iou.divergence": "bhattacharyya"}
    assert settings.project_path == "ltr/bbreg/atom_2-giou+5-smooth_iou"
    assert retarget(ToMPActor(), pickle.loads(pickle.dumps(settings)))[0].stored() == choice.stored()
    assert choice.announcement("ToMPActor").startswith("box loss: 2*giou+5*smooth_iou (smooth_iou.sharpness 8.0,")


@pytest.mark.parametrize("name", ["2*giou+5*l1", "a.b:c", "0.5*iou"])
def test_folder_names_need_no_quotes_and_are_parts_of_a_path(name: str) -> None:
    assert set(folder_name(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_+-")


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("alpha_iou", {"ratio": 2.0}, "box loss alpha_iou: got ratio 2.0, which only inner_iou has"),
        ("giou", {"sharpness": 2.0}, "box loss giou: got sharpness 2.0, which only smooth_iou has"),
        ("alpha_iou", {"alpah": 2.0}, "unknown parameter of box loss alpha_iou 'alpah': allowed are alpha, host; did"),
        ("giou", {"nonsense": 2.0}, "box loss giou: got nonsense 2.0, it has no parameters"),
        ("alpha_iou", {"reduction": "sum"}, "unknown parameter of box loss alpha_iou 'reduction'"),
        ("alpha_iou", {"alpha": "x"}, "alpha_iou: alpha: got 'x', allowed is a finite number from 1 up"),
        ("giou+l1", {"beta": 1.0}, "box loss giou+l1: got beta 1.0, which only smooth_l1 has"),
        ("giou+l1", {"l1.unti": 1.0}, "did you mean 'l1.unit'"),
        ("giou+l1", {"l1.unit": 1.0, "unit": 2.0}, "box loss giou+l1: l1.unit: given twice, as 1.0 and 2.0"),
    ],
)
def test_a_wrong_parameter_names_its_owners_or_the_right_one(name: str, params: dict, told: str) -> None:
    with pytest.raises(InputError) as error:
        BoxLossChoice(name, params)
    assert told in str(error.value)


def test_a_head_that_predicts_scores_refuses_a_loss_without_similarity() -> None:
    with pytest.raises(
        InputError,
        match="box loss wiou_v3: as a score: what a box scores would follow the rest of its batch: take wiou",
    ):
        learn(AtomActor(), "wiou_v3")
    assert learn(ToMPActor(), "wiou_v3")[0].role == "loss"


@pytest.mark.parametrize(
    ("actor", "name", "params", "told"),
    [
        (AtomActor, "l1", {}, "box loss l1: AtomActor: its boxes are in pixels, unit's default is for shares: give"),
        (AtomActor, "giou+mpdiou", {}, "--box-loss-param mpdiou.image_size=LENGTH in pixels"),
        (ToMPActor, "nwd", {}, "its boxes are in shares of the crop, constant's default is for pixels"),
        (AtomActor, "l1", {"unit": 288.0}, ""),
        (AtomActor, "nwd", {}, ""),
        (ToMPActor, "2*giou+5*l1", {}, ""),
        (ToMPActor, "nwd", {"constant": 0.1}, ""),
    ],
)
def test_a_length_of_another_unit_than_the_heads_boxes_must_be_given(actor, name: str, params: dict, told: str) -> None:
    if not told:
        assert learn(actor(), name, **params)[0].name == name
        return
    with pytest.raises(InputError) as error:
        learn(actor(), name, **params)
    assert told in str(error.value)


def options(*words: str):
    import argparse

    parser = argparse.ArgumentParser()
    add_box_loss_options(parser, "")
    add_training_options(parser)
    return training_options(parser.parse_args(words))["box_loss"]


def test_options_become_parameters_as_numbers_or_names() -> None:
    choice = options("--box-loss", "alpha_iou", "--box-loss-param", "alpha=2", "--box-loss-param", "host=diou")
    assert choice == BoxLossChoice("alpha_iou", {"alpha": 2.0, "host": "diou"})
    built = build_box_loss(choice.name, **choice.params)
    assert (built.alpha, built.host) == (2.0, "diou")
    assert options("--box-loss", "giou+l1", "--box-loss-param", "unit=288").params == {"l1.unit": 288.0}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--box-loss-param", "alpha=2"), "--box-loss-param: has no meaning without --box-loss"),
        (
            ("--box-loss", "alpha_iou", "--box-loss-param", "alpha=2", "--box-loss-param", "alpha=3"),
            "--box-loss-param alpha: given 2 times, allowed is once",
        ),
    ],
)
def test_wrong_options_are_told(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        options(*words)


def test_a_parameter_given_in_both_ways_is_told() -> None:
    with pytest.raises(InputError, match="smooth_iou: sharpness: given twice, as its own option and as a parameter"):
        options("--box-loss", "smooth_iou", "--sharpness", "4", "--box-loss-param", "sharpness=3")


def test_an_option_that_is_no_pair_is_told(capsys) -> None:
    with pytest.raises(SystemExit):
        options("--box-loss", "alpha_iou", "--box-loss-param", "alpha")
    assert "got 'alpha', expected KEY=VALUE such as alpha=2" in capsys.readouterr().err


def test_an_alias_that_means_another_loss_in_the_family_is_found_in_sums() -> None:
    from siou_tracking.retrain.by_shape.refusals import refuse_ambiguous_alias

    for name in ("siou", "2*siou+5*l1"):
        with pytest.raises(InputError, match="write smooth_iou, or siou_angle for SCYLLA's"):
            refuse_ambiguous_alias(BoxLossChoice(name), "GIoUActor")
    refuse_ambiguous_alias(BoxLossChoice("siou_angle+l1"), "GIoUActor")


def test_set_box_loss_takes_every_parameter_by_its_full_name() -> None:
    settings = SimpleNamespace()
    set_box_loss(settings, BoxLossChoice.of("giou+l1", params={"unit": 2.0}))
    assert settings.box_loss_params == {"l1.unit": 2.0}
