"""The one line that changes the box loss changes the target, and nothing else."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from siou_tracking import use_box_loss
from siou_tracking.errors import InputError
from siou_tracking.ltr.actors import AtomActor, BaseActor
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.data.proposals import perturb_box
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.retrain import BoxLossChoice, retarget
from siou_tracking.retrain.choice import chosen_box_loss


def settings_at(folder: Path) -> Settings:
    settings = Settings(build_environment(folder))
    settings.project_path = "ltr/bbreg/atom"
    return settings


class Scores(nn.Module):
    """Scores that do not depend on the images."""

    def __init__(self, shape) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.linspace(-1, 1, math.prod(shape)).reshape(shape))

    def forward(self, *arguments):
        return self.scores


def batch(sequences: int = 3, proposals: int = 8) -> TensorDict:
    """Boxes and proposals as the data layer draws them, with its own IoU target."""
    boxes = torch.rand(sequences, 4) * 40 + 40
    drawn = [[perturb_box(box, 0.1, [0.05, 0.3]) for _ in range(proposals)] for box in boxes]
    return TensorDict(
        train_images=None,
        test_images=None,
        train_anno=None,
        test_anno=boxes[None],
        test_proposals=torch.stack([torch.stack([p for p, _ in row]) for row in drawn])[None],
        proposal_iou=torch.stack([torch.stack([2 * i.reshape(()) - 1 for _, i in row]) for row in drawn])[None],
    )


def smooth_iou_by_hand(p: list[float], t: list[float], sharpness: float) -> float:
    """S of two xywh boxes, number by number."""
    distance = 0.0
    for k in (0, 1):
        d = (p[k] + p[k + 2] / 2) - (t[k] + t[k + 2] / 2)
        s, u = p[k + 2], t[k + 2]
        distance += d * d / (s * s + u * u) + 0.5 * math.log((s * s + u * u) / (2 * s * u))
    return 1 / (1 + sharpness * distance)


@pytest.mark.parametrize("sharpness", [None, 9.0])
def test_target_is_the_smooth_iou_of_each_proposal_with_the_target_box(tmp_path: Path, sharpness):
    settings, data = settings_at(tmp_path), batch()
    use_box_loss(settings, "smooth_iou", sharpness=sharpness)
    choice, actor = retarget(AtomActor(Scores((1, 3, 8)), nn.MSELoss()), settings)
    loss, _ = actor(data)
    expected = torch.tensor(
        [
            [2 * smooth_iou_by_hand(p.tolist(), box.tolist(), sharpness or 32.0) - 1 for p in row]
            for row, box in zip(data["test_proposals"][0], data["test_anno"][0], strict=True)
        ]
    )
    assert torch.allclose(data["proposal_iou"][0], expected, atol=1e-5)
    assert loss.item() == pytest.approx(nn.functional.mse_loss(actor.net.scores[0], expected).item(), rel=1e-5)
    assert choice.params["sharpness"] == (sharpness or 32.0)


def test_plain_iou_recomputed_is_the_data_layers_own_target(tmp_path: Path):
    settings, data = settings_at(tmp_path), batch(sequences=16)
    own = data["proposal_iou"].clone()
    use_box_loss(settings, "iou")
    _, actor = retarget(AtomActor(Scores((1, 16, 8)), nn.MSELoss()), settings)
    actor(data)
    assert torch.allclose(data["proposal_iou"], own, atol=2e-6)


def test_true_iou_statistics_do_not_depend_on_the_loss_chosen(tmp_path: Path):
    data, plain = batch(), AtomActor(Scores((1, 3, 8)), nn.MSELoss())
    _, before = plain(data)
    settings = settings_at(tmp_path)
    use_box_loss(settings, "giou")
    _, actor = retarget(plain, settings)
    _, after = actor(data)
    assert before["IoU/top_scored"] == after["IoU/top_scored"]
    assert before["Loss/iou"] != after["Loss/iou"]


def test_weight_scales_the_loss_and_its_statistics(tmp_path: Path):
    losses = []
    for weight in (None, 2.5):
        settings, data = settings_at(tmp_path), batch()
        torch.manual_seed(1)
        use_box_loss(settings, "smooth_iou", weight=weight)
        _, actor = retarget(AtomActor(Scores((1, 3, 8)), nn.MSELoss()), settings)
        loss, stats = actor(data)
        assert float(stats["Loss/total"]) == float(stats["Loss/iou"]) == loss.item()
        losses.append(
            nn.functional.mse_loss(actor.net.scores, data["proposal_iou"]).item() * (weight or 1) / loss.item()
        )
    assert losses == pytest.approx([1, 1])


def test_settings_without_a_box_loss_leave_the_actor_and_the_folder_alone(tmp_path: Path):
    settings, actor = settings_at(tmp_path), AtomActor(nn.Identity(), nn.MSELoss())
    assert retarget(actor, settings) == (None, actor)
    assert settings.project_path == "ltr/bbreg/atom"


def test_each_loss_gets_its_own_folder_once(tmp_path: Path):
    settings, actor = settings_at(tmp_path), AtomActor(nn.Identity(), nn.MSELoss())
    use_box_loss(settings, "siou")
    for _ in range(2):
        retarget(actor, settings)
        assert settings.project_path == "ltr/bbreg/atom_smooth_iou"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("smooth_iou", "atom_smooth_iou"),
        ("iou", "atom_smooth_iou_iou"),
        ("giou", "atom_smooth_iou_giou"),
        ("2*giou+0.5*iou", "atom_smooth_iou_2-giou+0-5-iou"),
    ],
)
def test_settings_named_after_their_loss_keep_their_folder_for_it_alone(tmp_path: Path, name: str, folder: str):
    settings = settings_at(tmp_path)
    settings.project_path = "ltr/bbreg/atom_smooth_iou"
    use_box_loss(settings, name)
    retarget(AtomActor(nn.Identity(), nn.MSELoss()), settings)
    assert settings.project_path == f"ltr/bbreg/{folder}"


def test_settings_keep_plain_values_only(tmp_path: Path):
    settings = settings_at(tmp_path)
    use_box_loss(settings, "smooth_iou", sharpness=8.0, divergence="kl", weight=0.5)
    assert settings.box_loss == "smooth_iou"
    assert settings.box_loss_params == {"sharpness": 8.0, "divergence": "kl"}
    assert settings.box_loss_weight == 0.5


def test_settings_keep_other_parameters_by_their_full_names(tmp_path: Path):
    settings = settings_at(tmp_path)
    use_box_loss(settings, "alpha_iou", alpha=2.0, host="diou")
    assert settings.box_loss_params == {"alpha": 2.0, "host": "diou"}
    use_box_loss(settings, "2*giou+5*l1", unit=288.0)
    assert (settings.box_loss, settings.box_loss_params) == ("2*giou+5*l1", {"l1.unit": 288.0})


def test_command_line_wins_over_the_settings_file(tmp_path: Path):
    settings = settings_at(tmp_path)
    use_box_loss(settings, "giou")
    flag = BoxLossChoice("smooth_iou", {"sharpness": 2.0})
    choice, _ = retarget(AtomActor(nn.Identity(), nn.MSELoss()), settings, flag=flag)
    assert (settings.box_loss, settings.box_loss_params) == ("smooth_iou", {"sharpness": 2.0})
    assert (choice.name, choice.params["sharpness"]) == ("smooth_iou", 2.0)
    assert settings.project_path == "ltr/bbreg/atom_smooth_iou"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "smoth_iou"}, "did you mean 'smooth_iou'"),
        ({"name": "giou", "sharpness": 4.0}, r"box loss giou: got sharpness 4.0, which only smooth_iou has$"),
        ({"name": "smooth_iou", "sharpness": -1.0}, "sharpness"),
        ({"name": "smooth_iou", "divergence": "js"}, "js"),
        ({"name": "smooth_iou", "weight": 0.0}, "weight: got 0.0"),
        ({"name": "smooth_iou", "weight": float("nan")}, "weight: got nan"),
    ],
)
def test_unusable_choices_are_refused_and_leave_the_settings_alone(tmp_path: Path, arguments: dict, message: str):
    settings = settings_at(tmp_path)
    with pytest.raises(InputError, match=message):
        use_box_loss(settings, **arguments)
    assert getattr(settings, "box_loss", None) is None


def test_actors_without_a_changeable_box_loss_are_refused_with_the_reason(tmp_path: Path):
    class MaskActor(BaseActor):
        """Trains no box term."""

    settings = settings_at(tmp_path)
    use_box_loss(settings, "smooth_iou")
    with pytest.raises(InputError, match="MaskActor: its box loss cannot be changed: supported are AtomActor"):
        retarget(MaskActor(nn.Identity(), None), settings)
    assert settings.project_path == "ltr/bbreg/atom"


def test_an_actor_derived_from_a_known_one_is_known(tmp_path: Path):
    class MyActor(AtomActor):
        """A user's own."""

    settings = settings_at(tmp_path)
    use_box_loss(settings, "smooth_iou")
    _, actor = retarget(MyActor(nn.Identity(), nn.MSELoss()), settings)
    assert isinstance(actor, MyActor)
    assert type(actor).__name__ == "MyActor"


def test_the_flag_wins_also_where_a_settings_file_clears_its_own_choice(tmp_path: Path):
    settings = settings_at(tmp_path)
    settings.box_loss = None
    choice, _ = retarget(AtomActor(nn.Identity(), nn.MSELoss()), settings, flag=BoxLossChoice("giou"))
    assert choice.name == "giou"
    assert settings.project_path == "ltr/bbreg/atom_giou"


def test_settings_assigned_by_hand_are_a_choice_too(tmp_path: Path):
    settings = settings_at(tmp_path)
    settings.box_loss = "siou"
    assert chosen_box_loss(settings) == BoxLossChoice("smooth_iou")
    use_box_loss(settings, "giou")
    assert chosen_box_loss(settings) == BoxLossChoice("giou")
