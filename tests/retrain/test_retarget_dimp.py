"""The embedded engine's actors of DiMP's family learn the chosen box loss in their box term, and keep the others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking import use_box_loss
from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_similarity, smooth_iou
from siou_tracking.ltr.actors import DiMPActor, DiMPSimpleActor, KLDiMPActor
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.data.processing_utils import sample_boxes_gmm
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.models.loss import KLRegression, LBHinge, MLRegression
from siou_tracking.retrain import retarget
from siou_tracking.retrain.density_target import target_density

ABSENT = 99999999.9
PROCESSING = SimpleNamespace(proposal_params={"gt_sigma": (0.05, 0.05)})
LOADERS = [SimpleNamespace(training=True, dataset=SimpleNamespace(processing=PROCESSING))]


class FixedNet(nn.Module):
    """Answers with one filter's map and the same box scores (2, 2, 8) whatever it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.linspace(-1, 1, 32).reshape(2, 2, 8))

    def forward(self, **arguments):
        return [torch.ones(2, 2, 3, 3)], self.scores


class Recorder(nn.Module):
    """An objective that keeps what it was called with."""

    def __init__(self, own: nn.Module) -> None:
        super().__init__()
        self.own = own

    def forward(self, *arguments, **options):
        self.arguments, self.options = arguments, options
        return self.own(*arguments, **options)


def batch() -> TensorDict:
    """Two test images of two sequences, the last of which does not show the target."""
    boxes = torch.rand(4, 4) * 40 + 40
    proposals, density, gt_density = sample_boxes_gmm(boxes, [(0.05, 0.05), (0.3, 0.3)], (0.05, 0.05), 8)
    boxes[-1, :2] = ABSENT
    made = {"test_anno": boxes, "test_proposals": proposals, "proposal_density": density, "gt_density": gt_density}
    data = TensorDict({name: value.unflatten(0, (2, 2)) for name, value in made.items()})
    unused = dict.fromkeys(("train_images", "test_images", "train_anno", "train_label"))
    return data.concat({**unused, "proposal_iou": torch.zeros(2, 2, 8), "test_label": torch.zeros(2, 2, 3, 3)})


def retargeted(cls, folder: Path, objective: nn.Module, name: str = "smooth_iou", **options):
    settings = Settings(build_environment(folder))
    settings.project_path = "ltr/dimp/any"
    use_box_loss(settings, name, **options)
    key = "iou" if cls is DiMPActor else "bb_ce"
    plain = cls(FixedNet(), {key: objective, "test_clf": LBHinge()}, {key: 2.0, "test_clf": 10.0})
    return retarget(plain, settings, LOADERS)


@pytest.mark.parametrize("name", ["iou", "giou", "smooth_iou"])
def test_dimp_predicts_the_similarity_of_each_proposal(name: str, tmp_path: Path):
    recorder, data = Recorder(nn.MSELoss()), batch()
    choice, actor = retargeted(DiMPActor, tmp_path, recorder, name)
    loss, stats = actor(data)
    similarity = build_box_similarity(name, **choice.params, box_format="xywh")
    expected = 2 * similarity(data["test_proposals"], data["test_anno"].unsqueeze(2)) - 1
    assert choice.role == "score" and type(actor).__name__ == "DiMPActor"
    assert torch.equal(recorder.arguments[1], expected)
    term = nn.functional.mse_loss(actor.net.scores, expected)
    assert loss.item() == pytest.approx(2 * term.item() + 10)
    assert float(stats["Loss/target_clf"]) == 10


def test_the_smooth_score_has_sharpness_32_unless_told_and_the_plain_one_is_the_iou(tmp_path: Path):
    for name, expected in (
        ("smooth_iou", lambda data: smooth_iou(data["test_proposals"], data["test_anno"].unsqueeze(2), "xywh", 32.0)),
        ("iou", lambda data: elementwise_iou(data["test_proposals"], data["test_anno"].unsqueeze(2), fmt="xywh")),
    ):
        recorder, data = Recorder(nn.MSELoss()), batch()
        retargeted(DiMPActor, tmp_path, recorder, name)[1](data)
        assert torch.allclose(recorder.arguments[1], 2 * expected(data) - 1, atol=1e-6)


@pytest.mark.parametrize("cls", [KLDiMPActor, DiMPSimpleActor])
def test_prdimp_and_super_dimp_learn_the_density_where_the_target_is(cls, tmp_path: Path):
    recorder, data = Recorder(KLRegression()), batch()
    before = data["gt_density"].clone()
    choice, actor = retargeted(cls, tmp_path, recorder)
    loss, _ = actor(data)
    assert (choice.role, choice.params["sigma"], choice.params["exponent"]) == ("density", 0.05, 100)
    similarity = build_box_similarity("smooth_iou", sharpness=4.0, divergence="bhattacharyya", box_format="xywh")
    data["gt_density"] = before
    expected = target_density(data, similarity, 100.0)
    used = recorder.options["gt_density"]
    assert used.shape == (3, 8) and torch.equal(used, expected.flatten(0, 1)[:3])
    assert not torch.allclose(used, before.flatten(0, 1)[:3])
    ratio = used / recorder.options["sample_density"]
    assert torch.allclose(ratio.mean(dim=1), torch.ones(3), atol=1e-4)  # a density: what the loss assumes
    term = KLRegression()(actor.net.scores.flatten(0, 1)[:3], data["proposal_density"].flatten(0, 1)[:3], used, 1)
    assert loss.item() == pytest.approx(2 * term.item() + 10, rel=1e-5)


def test_a_weight_on_the_flag_replaces_the_settings_files(tmp_path: Path):
    _, actor = retargeted(KLDiMPActor, tmp_path, KLRegression(), weight=0.5)
    assert actor.loss_weight == {"bb_ce": 0.5, "test_clf": 10.0}


def test_maximum_likelihood_has_no_density_to_replace(tmp_path: Path):
    with pytest.raises(InputError, match="box loss smooth_iou: KLDiMPActor: trained by maximum likelihood"):
        retargeted(KLDiMPActor, tmp_path, MLRegression())
