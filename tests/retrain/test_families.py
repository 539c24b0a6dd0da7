"""Each kind of actor learns the chosen loss, whoever wrote its class; those that cannot say why.

The actors here are stand-ins with a checkout's names, calls and float statistics; the embedded engine's own are tested
in test_retarget.py.
"""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, build_box_similarity, smooth_iou
from siou_tracking.ltr.actors import AtomActor as EmbeddedAtomActor
from siou_tracking.ltr.actors import AtomBBKLActor as EmbeddedKLActor
from siou_tracking.ltr.data.proposals import sample_box_gmm
from siou_tracking.ltr.models.loss.kl_regression import KLRegression
from siou_tracking.retrain import BoxLossChoice, retarget, set_box_loss
from siou_tracking.retrain.density_target import target_density
from siou_tracking.retrain.families import supported_actors

ABSENT = 99999999.9


def use_box_loss(settings, name, sharpness=None, divergence=None, weight=None):
    set_box_loss(settings, BoxLossChoice.from_options(name, sharpness, divergence, weight))


class Actor:
    """A network, objectives, weights."""

    def __init__(self, net, objective, loss_weight=None) -> None:
        self.net, self.objective, self.loss_weight = net, objective, loss_weight


class AtomActor(Actor):
    """Scores against `proposal_iou`."""

    def __call__(self, data):
        loss = self.objective(self.net.scores.flatten(0, 1), data["proposal_iou"].flatten(0, 1))
        return loss, {"Loss/total": loss.item(), "Loss/iou": loss.item()}


class DiMPActor(Actor):
    """A box term among others."""

    def __call__(self, data):
        box = self.loss_weight["iou"] * self.objective["iou"](self.net.scores, data["proposal_iou"])
        loss = box + self.loss_weight["test_clf"] * self.objective["test_clf"](self.net.scores)
        return loss, {"Loss/total": loss.item(), "Loss/iou": box.item()}


class KLDiMPActor(Actor):
    """Leaves out frames without the target."""

    def __call__(self, data):
        seen = data["test_anno"][..., 0] < 99999
        loss = self.loss_weight["bb_ce"] * self.objective["bb_ce"](
            self.net.scores[seen],
            sample_density=data["proposal_density"][seen],
            gt_density=data["gt_density"][seen],
            mc_dim=1,
        )
        return loss, {"Loss/total": loss.item(), "Loss/bb_ce": loss.item()}


class DiMPSimpleActor(KLDiMPActor):
    """The same box term."""


class AtomBBKLActor(Actor):
    """One objective, all frames."""

    def __call__(self, data):
        values = [data[name].flatten(0, 1) for name in ("proposal_density", "gt_density")]
        loss = self.objective(self.net.scores.flatten(0, 1), sample_density=values[0], gt_density=values[1], mc_dim=1)
        return loss, {"Loss/total": loss.item(), "Loss/bb_ce": loss.item()}


class ToMPActor(Actor):
    """Regresses l, t, r, b maps."""

    def __call__(self, data):
        box, ious = self.objective["giou"](self.net.boxes, data["test_ltrb_target"], data["test_sample_region"])
        loss = self.loss_weight["giou"] * box
        stats = {"Loss/GIoU": box.item(), "Loss/weighted_GIoU": loss.item(), "mIoU": ious.mean().item()}
        _, center = self.objective["giou"](self.net.boxes[..., :1, :1], data["test_ltrb_target"][..., :1, :1])
        center[:] = 0
        return loss, stats | {"mIoU_pred_center": center.mean().item()}


class TaMOsActor(Actor):
    """Two heads."""

    def __call__(self, data):
        losses, stats = [], {}
        for head, boxes in (("lowres", self.net.boxes), ("highres", 2 * self.net.boxes)):
            loss, ious = self.objective["giou"](boxes, data["test_ltrb_target"], data["test_sample_region"].squeeze(2))
            losses.append(loss)
            stats[f"mIoU_{head}"] = ious.mean().item()
        return self.loss_weight["giou"] * sum(losses), stats


class OneStageMOTActor(Actor):
    """Takes its box loss by a method."""

    def set_box_loss(self, loss, weight):
        self.box = (loss, weight)


class MLRegression(nn.Module):
    """Maximum likelihood: has no target density."""


class Net(nn.Module):
    """Scores and maps that do not depend on the images."""

    def __init__(self, frames: int = 2, sequences: int = 3, proposals: int = 16) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.randn(frames, sequences, proposals))
        self.boxes = nn.Parameter(torch.rand(1, sequences, 4, 5, 5) + 0.1)

    def forward(self, *arguments):
        return self.scores


def batch(frames: int = 2, sequences: int = 3, proposals: int = 16) -> dict:
    boxes = torch.rand(frames, sequences, 4) * 40 + 40
    drawn = [[sample_box_gmm(box, [(0.05, 0.05), (0.5, 0.5)], (0.05, 0.05), proposals) for box in row] for row in boxes]
    columns = [torch.stack([torch.stack([item[i] for item in row]) for row in drawn]) for i in range(3)]
    data = dict.fromkeys(("train_images", "test_images", "train_anno"))
    data |= dict(zip(("test_proposals", "proposal_density", "gt_density"), columns, strict=True))
    return data | {
        "test_anno": boxes,
        "proposal_iou": 2 * elementwise_iou(columns[0], boxes.unsqueeze(2), fmt="xywh") - 1,
        "test_ltrb_target": torch.rand(1, sequences, 4, 5, 5),
        "test_sample_region": torch.rand(1, sequences, 1, 5, 5) > 0.3,
    }


def loaders(sigma=(0.05, 0.05)) -> list:
    params = {"boxes_per_frame": 16, "gt_sigma": sigma} if sigma else {"boxes_per_frame": 16}
    processing = SimpleNamespace(proposal_params=params)
    return [SimpleNamespace(name="train", training=True, dataset=SimpleNamespace(processing=processing))]


def chosen(name: str = "smooth_iou", **params) -> SimpleNamespace:
    settings = SimpleNamespace(project_path="ltr/dimp/x")
    use_box_loss(settings, name, **params)
    return settings


def dimp(cls=DiMPActor) -> Actor:
    objective = {"iou": nn.MSELoss(), "test_clf": torch.sum}
    return cls(Net(), objective, {"iou": 3.0, "test_clf": 0.5})


@pytest.mark.parametrize("sharpness", [None, 9.0])
def test_dimp_learns_the_similarity_of_each_proposal_and_keeps_its_other_terms(sharpness):
    plain, data = dimp(), batch()
    choice, actor = retarget(plain, chosen(sharpness=sharpness), loaders(None))
    loss, stats = actor(data)
    target = 2 * smooth_iou(data["test_proposals"], data["test_anno"].unsqueeze(2), "xywh", sharpness or 32.0) - 1
    box = 3.0 * (plain.net.scores - target).square().mean()
    assert loss.item() == pytest.approx((box + 0.5 * plain.net.scores.sum()).item(), rel=1e-5)
    assert stats["Loss/iou"] == pytest.approx(box.item(), rel=1e-5)
    assert (choice.role, choice.weight) == ("score", None)


def test_weight_replaces_the_settings_files_own_on_the_box_term_only():
    plain, data = dimp(), batch()
    losses = [retarget(plain, chosen(weight=weight))[1](data)[1]["Loss/iou"] for weight in (3.0, 6.0)]
    assert losses[1] == pytest.approx(2 * losses[0])
    assert plain.loss_weight == {"iou": 3.0, "test_clf": 0.5}


@pytest.mark.parametrize("cls", [AtomActor, DiMPActor])
def test_statistics_of_a_checkouts_actor_stay_numbers_and_gain_the_true_ious(cls):
    data = batch()
    actor = AtomActor(Net(), nn.MSELoss()) if cls is AtomActor else dimp()
    _, changed = retarget(actor, chosen())
    _, stats = changed(data)
    iou = elementwise_iou(data["test_proposals"], data["test_anno"].unsqueeze(2), fmt="xywh")
    top = iou.gather(2, actor.net.scores.argmax(2, keepdim=True))
    assert all(type(value) is float for value in stats.values())
    assert stats["IoU/mean"] == pytest.approx(iou.mean().item(), rel=1e-5)
    assert stats["IoU/top_scored"] == pytest.approx(top.mean().item(), rel=1e-5)


def test_statistics_of_the_embedded_actor_stay_tensors():
    _, actor = retarget(EmbeddedAtomActor(Net(), nn.MSELoss()), chosen())
    _, stats = actor(batch())
    assert all(isinstance(value, torch.Tensor) and not value.requires_grad for value in stats.values())


@pytest.mark.parametrize("cls", [KLDiMPActor, DiMPSimpleActor])
def test_probabilistic_trackers_learn_the_density_and_leave_out_absent_targets(cls):
    data = batch()
    data["test_anno"][1, 2, :2] = ABSENT
    plain = cls(Net(), {"bb_ce": KLRegression()}, {"bb_ce": 0.01})
    choice, actor = retarget(plain, chosen(), loaders())
    loss, stats = actor(data)
    assert choice.params == {"sharpness": 4.0, "divergence": "bhattacharyya", "sigma": 0.05, "exponent": 100.0}
    similarity = build_box_similarity("smooth_iou", box_format="xywh", sharpness=4.0)
    density = target_density(data, similarity, 100.0)
    scores, q = plain.net.scores, data["proposal_density"]
    terms = (scores - q.log()).exp().mean(2).log() - (scores * density / q).mean(2)
    assert loss.item() == pytest.approx(0.01 * terms.flatten()[:5].mean().item(), rel=1e-4)
    iou = elementwise_iou(data["test_proposals"], data["test_anno"].unsqueeze(2), fmt="xywh").flatten(0, 1)[:5]
    assert stats["IoU/mean"] == pytest.approx(iou.mean().item(), rel=1e-5)
    assert all(type(value) is float for value in stats.values())


@pytest.mark.parametrize("cls", [AtomBBKLActor, EmbeddedKLActor])
def test_atom_with_a_density_objective_learns_it_too(cls):
    data, net = batch(), Net()
    before = data["gt_density"].clone()
    arguments = (net, KLRegression())
    _, actor = retarget(cls(*arguments), chosen(sharpness=16.0), loaders())
    _, stats = actor(data)
    assert not torch.equal(before, data["gt_density"])
    ratio = data["gt_density"] / data["proposal_density"]
    assert torch.allclose(ratio.mean(-1), torch.ones(2, 3), atol=1e-4)
    assert 0 < float(stats["IoU/mean"]) < 1


def test_density_is_as_wide_as_the_training_loaders_own():
    settings = chosen()
    val = SimpleNamespace(training=False, dataset=SimpleNamespace(processing=SimpleNamespace(proposal_params=None)))
    actor = KLDiMPActor(Net(), {"bb_ce": KLRegression()}, {"bb_ce": 1.0})
    choice, _ = retarget(actor, settings, [val, *loaders((0.1, 0.1))])
    assert (choice.params["sigma"], choice.params["exponent"]) == (0.1, pytest.approx(25))


@pytest.mark.parametrize(
    ("objective", "sigma", "message"),
    [
        (MLRegression(), (0, 0), r"AtomBBKLActor: trained by maximum likelihood \(MLRegression\).*retrain bbreg atom"),
        (KLRegression(), (0, 0), r"got gt_sigma \(0, 0\)"),
        (KLRegression(), None, "got no gt_sigma"),
        (KLRegression(), (0.5, 0.5), "exponent would be 1"),
    ],
)
def test_without_a_density_to_replace_the_run_is_refused(objective, sigma, message: str):
    settings = chosen()
    with pytest.raises(InputError, match=message):
        retarget(AtomBBKLActor(Net(), objective), settings, loaders(sigma))
    assert settings.project_path == "ltr/dimp/x"


def test_tomp_minimizes_the_loss_over_its_maps_and_reports_true_ious():
    data = batch()
    plain = ToMPActor(Net(), {"giou": None}, {"giou": 2.0})
    choice, actor = retarget(plain, chosen())
    loss, stats = actor(data)
    keep = data["test_sample_region"].flatten()
    pred, target = (x.movedim(2, -1).reshape(-1, 4)[keep] for x in (plain.net.boxes, data["test_ltrb_target"]))
    assert choice.params["sharpness"] == 256.0
    expected = build_box_loss("smooth_iou", box_format="ltrb")(pred, target).item()
    assert stats["Loss/GIoU"] == pytest.approx(expected, rel=1e-5)
    assert loss.item() == pytest.approx(2 * expected, rel=1e-5)
    assert stats["IoU/mean"] == stats["mIoU"] == pytest.approx(elementwise_iou(pred, target, "ltrb").mean().item())
    loss.backward()
    assert plain.objective == {"giou": None}


def test_tamos_reports_the_mean_over_its_heads():
    _, actor = retarget(TaMOsActor(Net(), {"giou": None}, {"giou": 1.0}), chosen("eiou"))
    _, stats = actor(batch())
    assert stats["IoU/mean"] == pytest.approx((stats["mIoU_lowres"] + stats["mIoU_highres"]) / 2)


def test_one_stage_tracker_is_given_the_loss_of_each_box():
    plain = OneStageMOTActor(Net(), None)
    choice, actor = retarget(plain, chosen(weight=0.5))
    loss, weight = actor.box
    assert (actor, choice.role, weight) == (plain, "loss", 0.5)
    boxes = torch.tensor([[0.0, 0, 4, 4], [1, 1, 5, 5]])
    assert loss(boxes, boxes.flip(0)).shape == (2,)
    assert (loss.box_format, loss.sharpness) == ("xyxy", 256.0)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("KYSActor", "KYSActor: trains no box term.*retrain dimp dimp50.*dimp50.pth"),
        ("LWLActor", "LWLActor: learns masks and has no box term: retrain"),
        ("LWLBoxActor", "learns masks"),
        ("RTSActor", "learns masks"),
        ("TargetCandiateMatchingActor", "retrain dimp super_dimp"),
        ("SomebodysActor", "its box loss cannot be changed: supported are AtomActor, DiMPActor"),
    ],
)
def test_trackers_without_a_box_term_are_refused_with_what_to_retrain_instead(name: str, message: str):
    settings = chosen()
    with pytest.raises(InputError, match=message) as caught:
        retarget(type(name, (Actor,), {})(Net(), {}), settings)
    assert "\n" not in str(caught.value)
    assert settings.project_path == "ltr/dimp/x"
    assert name not in supported_actors()


def test_an_actor_whose_box_term_was_taken_away_is_refused():
    with pytest.raises(InputError, match="objectives: got test_clf with weights test_clf, allowed are ones with 'iou'"):
        retarget(DiMPActor(Net(), {"test_clf": torch.sum}, {"test_clf": 1.0}), chosen())


@pytest.mark.parametrize("make", [dimp, lambda: ToMPActor(Net(), {"giou": None}, {"giou": 1.0})])
def test_the_changed_actor_has_the_class_name_and_attributes_of_the_settings_files(make):
    plain = make()
    plain.extra = "kept"
    _, actor = retarget(plain, chosen())
    assert type(actor).__name__ == type(plain).__name__
    assert isinstance(actor, type(plain))
    assert actor.net is plain.net and actor.extra == "kept"
    assert type(plain)(None, None).__call__.__func__ is type(plain).__call__  # the class itself is as it was


def test_settings_unpickle_without_this_package():
    settings = chosen(sharpness=16.0, weight=0.5)
    retarget(dimp(), settings)
    assert b"siou" not in pickle.dumps(vars(settings)).replace(b"ltr/dimp/x", b"").replace(b"smooth_iou", b"")
