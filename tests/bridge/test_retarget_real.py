"""On a real checkout: its actors, losses and data layer, with the box loss exchanged."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from siou_tracking.boxes import elementwise_iou
from siou_tracking.bridge.session import checkout_session
from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, build_box_similarity
from siou_tracking.ltr.settings_files import available_settings
from siou_tracking.retrain import BoxLossChoice, retarget, set_box_loss
from siou_tracking.retrain.dense_loss import DenseLTRBLoss
from siou_tracking.retrain.density_target import target_density
from siou_tracking.retrain.score_target import score_target

PERTURBED = {"min_iou": 0.1, "boxes_per_frame": 8, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}
MIXTURE = {"boxes_per_frame": 128, "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}
PROBABILISTIC = {**MIXTURE, "gt_sigma": (0.05, 0.05)}
LABELS = {"feature_sz": 18, "sigma_factor": 0.05, "kernel_sz": 4}


@pytest.fixture
def checkout(pytracking_home, tmp_path):
    with checkout_session(pytracking_home, {"workspace_dir": str(tmp_path)}, announce=False):
        yield pytracking_home


def batch(kind: str, proposals: dict | None = None, sequences: int = 4, frames: int = 3, **extra) -> dict:
    """A batch of the checkout's own processing, from random pictures."""
    transforms, processing = (
        importlib.import_module("ltr.data.transforms"),
        importlib.import_module("ltr.data.processing"),
    )
    proposal = {} if proposals is None else {"proposal_params": proposals}
    process = getattr(processing, kind)(
        search_area_factor=5.0,
        output_sz=288,
        center_jitter_factor={"train": 3, "test": 4.5},
        scale_jitter_factor={"train": 0.25, "test": 0.5},
        mode="sequence",
        transform=transforms.Transform(transforms.ToTensor()),
        **proposal,
        **extra,
    )
    container, items = importlib.import_module("pytracking").TensorDict, []
    for _ in range(sequences):
        data = container()
        for part in ("train", "test"):
            data[f"{part}_images"] = [np.random.randint(0, 255, (300, 400, 3), dtype=np.uint8) for _ in range(frames)]
            data[f"{part}_anno"] = [torch.tensor([100.0, 80, 60, 90]) + 20 * torch.rand(4) for _ in range(frames)]
            data[f"is_distractor_{part}_frame"] = [False] * frames
        items.append(process(data))
    return {
        name: torch.stack([item[name] for item in items], 1)
        for name, value in items[0].items()
        if isinstance(value, torch.Tensor)
    }


class Fixed(nn.Module):
    """A net that returns what it was given, as scores or maps to learn."""

    def __init__(self, *outputs: torch.Tensor) -> None:
        super().__init__()
        self.outputs = nn.ParameterList(outputs)

    def forward(self, *args, **kwargs):
        return self.outputs[0] if len(self.outputs) == 1 else tuple(self.outputs)


def chosen(name: str = "smooth_iou", **params) -> SimpleNamespace:
    settings = SimpleNamespace(project_path="ltr/dimp/x")
    set_box_loss(settings, BoxLossChoice(name, params))
    return settings


def loaders() -> list:
    processing = SimpleNamespace(proposal_params=PROBABILISTIC)
    return [SimpleNamespace(name="train", training=True, dataset=SimpleNamespace(processing=processing))]


def test_each_of_our_settings_has_its_original(checkout):
    for name in (name for name in available_settings() if name.endswith("_smooth_iou")):
        module, setting = name.removesuffix("_smooth_iou").split()
        assert (checkout.root / "ltr" / "train_settings" / module / f"{setting}.py").is_file()


@pytest.mark.parametrize("with_channel", [True, False])
def test_dense_giou_equals_the_checkouts_where_both_are_defined(checkout, with_channel: bool):
    data = batch(
        "LTRBDenseRegressionProcessing",
        label_function_params=LABELS,
        center_sampling_radius=1.0,
        crop_type="inside_major",
    )
    target, region = data["test_ltrb_target"], data["test_sample_region"]
    region = region if with_channel else region.squeeze(2).float()
    results = []
    for loss in (
        DenseLTRBLoss(build_box_loss("giou", box_format="ltrb", reduction="none")),
        importlib.import_module("ltr.models.loss.bbr_loss").GIoULoss(),
    ):
        torch.manual_seed(0)
        pred = (torch.rand_like(target) * 0.3 + 0.02).requires_grad_()
        mean, ious = loss(pred, target, region)
        mean.backward()
        results.append((mean.detach(), ious.detach(), pred.grad))
    for ours, theirs in zip(*results, strict=True):
        assert ours.shape == theirs.shape
        assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "proposals", "extra"),
    [
        ("ATOMProcessing", PERTURBED, {}),
        ("ATOMProcessing", {**MIXTURE, "proposal_method": "gmm"}, {}),
        ("DiMPProcessing", PERTURBED, {"label_function_params": LABELS}),
    ],
)
def test_plain_iou_recomputed_is_the_checkouts_own_target_to_the_last_bit(checkout, kind, proposals, extra):
    data = batch(kind, proposals, **extra)
    target = score_target(data, build_box_similarity("iou", box_format="xywh"))
    assert torch.equal(target, data["proposal_iou"])


@pytest.mark.parametrize("kind", ["KLBBregProcessing", "KLDiMPProcessing"])
def test_density_on_the_checkouts_batches_is_normalized_and_ranks_like_its_gaussian(checkout, kind: str):
    data = batch(kind, PROBABILISTIC, **({"label_function_params": LABELS} if "DiMP" in kind else {}))
    density = target_density(data, build_box_similarity("smooth_iou", box_format="xywh"), 100.0)
    ratio = density / data["proposal_density"]
    assert torch.allclose(ratio.mean(-1), torch.ones(3, 4), atol=1e-4)
    ranks = [values.flatten().argsort().argsort().double() for values in (density, data["gt_density"])]
    assert torch.corrcoef(torch.stack(ranks))[0, 1] > 0.9


def test_its_dimp_actor_learns_the_similarity(checkout):
    data = batch("DiMPProcessing", PERTURBED, label_function_params=LABELS)
    scores, maps = torch.randn(3, 4, 8), torch.rand(3, 4, 19, 19)
    hinge = importlib.import_module("ltr.models.loss").LBHinge(threshold=0.05)
    weights = {"iou": 2.0, "test_clf": 100.0}
    actor = importlib.import_module("ltr.actors").DiMPActor(
        NetOfDiMP(maps, scores), {"iou": nn.MSELoss(), "test_clf": hinge}, weights
    )
    _, before = actor(data.copy())
    _, changed = retarget(actor, chosen(), loaders())
    loss, stats = changed(data)
    similarity = build_box_similarity("smooth_iou", box_format="xywh")
    target = 2 * similarity(data["test_proposals"], data["test_anno"].unsqueeze(2)) - 1
    assert stats["Loss/iou"] == pytest.approx(2 * (scores - target).square().mean().item(), rel=1e-5)
    assert stats["Loss/target_clf"] == before["Loss/target_clf"]
    assert set(stats) == {*before, "IoU/mean", "IoU/best", "IoU/top_scored"}
    assert loss.item() == pytest.approx(stats["Loss/iou"] + stats["Loss/target_clf"], rel=1e-5)


@pytest.mark.parametrize("cls", ["KLDiMPActor", "DiMPSimpleActor"])
def test_its_probabilistic_actors_learn_the_density_without_distractor_frames(checkout, cls: str):
    data = batch("KLDiMPProcessing", PROBABILISTIC, label_function_params=LABELS)
    data["test_anno"][1, 2, :2] = 99999999.9
    hinge = importlib.import_module("ltr.models.loss").LBHinge(threshold=0.05)
    objective = {"bb_ce": importlib.import_module("ltr.models.loss.kl_regression").KLRegression(), "test_clf": hinge}
    scores, maps = torch.randn(3, 4, 128), torch.rand(3, 4, 19, 19)
    tracking = importlib.import_module("ltr.actors.tracking")
    actor = getattr(tracking, cls)(NetOfDiMP(maps, scores), objective, {"bb_ce": 0.01, "test_clf": 100.0})
    choice, changed = retarget(actor, chosen(), loaders())
    _, stats = changed(data)
    q = data["proposal_density"]
    density = target_density(data, build_box_similarity("smooth_iou", box_format="xywh"), choice.params["exponent"])
    terms = (scores - q.log()).logsumexp(-1) - np.log(128) - (scores * density / q).mean(-1)
    keep = torch.ones(3, 4, dtype=torch.bool)
    keep[1, 2] = False
    assert stats["Loss/bb_ce"] == pytest.approx(terms[keep].mean().item(), rel=1e-4)
    assert stats["Loss/loss_bb_ce"] == pytest.approx(0.01 * terms[keep].mean().item(), rel=1e-4)
    iou = elementwise_iou(data["test_proposals"], data["test_anno"].unsqueeze(2), fmt="xywh")[keep]
    assert stats["IoU/mean"] == pytest.approx(iou.mean().item(), rel=1e-5)


def test_its_tomp_actor_minimizes_the_loss_and_reports_true_ious(checkout):
    data = batch(
        "LTRBDenseRegressionProcessing",
        label_function_params=LABELS | {"kernel_sz": 1},
        center_sampling_radius=1.0,
        crop_type="inside_major",
    )
    data = {name: value[:1] if name.startswith("test") else value for name, value in data.items()}
    target, region = data["test_ltrb_target"], data["test_sample_region"]
    boxes, maps = torch.rand_like(target) * 0.3 + 0.02, torch.rand(1, 4, 18, 18)
    hinge = importlib.import_module("ltr.models.loss").LBHinge(threshold=0.05)
    tracking = importlib.import_module("ltr.actors.tracking")
    giou = importlib.import_module("ltr.models.loss.bbr_loss").GIoULoss()
    weights = {"giou": 1.0, "test_clf": 100.0}
    actor = tracking.ToMPActor(Fixed(maps, boxes), {"giou": giou, "test_clf": hinge}, weights)
    _, before = actor(data)
    _, changed = retarget(actor, chosen(), loaders())
    loss, stats = changed(data)
    pred, truth = (values.movedim(2, -1)[region.squeeze(2)] for values in (boxes, target))
    expected = build_box_loss("smooth_iou", box_format="ltrb")(pred, truth).item()
    assert stats["Loss/GIoU"] == pytest.approx(expected, rel=1e-5)
    for name in ("mIoU", "maxIoU", "minIoU", "mIoU_pred_center", "Loss/clf_loss_test"):
        assert stats[name] == pytest.approx(before[name], abs=1e-5), name
    assert stats["IoU/mean"] == stats["mIoU"]
    loss.backward()


def test_its_tamos_actor_minimizes_the_loss_on_every_head(checkout):
    target = torch.rand(1, 2, 10, 4, 6, 9) * 0.5
    region = (torch.rand(1, 2, 10, 6, 9) > 0.8).float()
    region[:, :, 4:] = 0
    labels = torch.rand(1, 2, 10, 6, 9)
    data = dict.fromkeys(("train_images", "test_images", "train_anno", "test_anno", "train_label", "train_ltrb_target"))
    data |= {"test_label": labels, "test_ltrb_target": target, "test_sample_region": region, "epoch": 1}
    data |= {f"{name}_highres": data[name] for name in ("test_label", "test_ltrb_target", "test_sample_region")}
    boxes = torch.rand_like(target)
    net = Heads({"lowres": labels, "highres": labels}, {"lowres": boxes, "highres": boxes})
    objective = {"giou": None, "test_clf": lambda scores, label, anno: (scores - label).abs().mean()}
    tracking = importlib.import_module("ltr.actors.tracking")
    actor = tracking.TaMOsActor(net, objective, {"giou": 1.0, "test_clf": 100.0}, fg_cls_loss=True)
    _, changed = retarget(actor, chosen(), loaders())
    _, stats = changed(data)
    pred, truth = (values.flatten(1, 2).movedim(2, -1)[region.flatten(1, 2) > 0] for values in (boxes, target))
    expected = build_box_loss("smooth_iou", box_format="ltrb")(pred, truth).item()
    assert stats["Loss/GIoU"] == pytest.approx(2 * expected, rel=1e-5)
    assert stats["IoU/mean"] == pytest.approx(elementwise_iou(pred, truth, "ltrb").mean().item(), rel=1e-4)


@pytest.mark.parametrize(
    ("module", "cls", "message"),
    [
        ("tracking", "KYSActor", "retrain dimp dimp50"),
        ("tracking", "TargetCandiateMatchingActor", "retrain dimp super_dimp"),
        ("segmentation", "LWLActor", "learns masks"),
        ("segmentation", "LWLBoxActor", "learns masks"),
        ("segmentation", "RTSActor", "learns masks"),
    ],
)
def test_its_actors_without_a_box_term_are_refused(checkout, module: str, cls: str, message: str):
    actor = getattr(importlib.import_module(f"ltr.actors.{module}"), cls)(nn.Identity(), {})
    with pytest.raises(InputError, match=message):
        retarget(actor, chosen(), loaders())


def test_its_maximum_likelihood_setting_is_refused(checkout):
    objective = importlib.import_module("ltr.models.loss.kl_regression").MLRegression()
    actor = importlib.import_module("ltr.actors.bbreg").AtomBBKLActor(nn.Identity(), objective)
    with pytest.raises(InputError, match="maximum likelihood"):
        retarget(actor, chosen(), loaders())


class NetOfDiMP(Fixed):
    """One score map and the box scores."""

    def forward(self, **kwargs):
        maps, scores = self.outputs
        return [maps], scores


class Heads(nn.Module):
    """Score maps and box maps by head."""

    def __init__(self, scores: dict, boxes: dict) -> None:
        super().__init__()
        self.scores, self.boxes = scores, boxes

    def forward(self, **kwargs):
        return self.scores, self.boxes
