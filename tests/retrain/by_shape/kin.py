"""Stand-ins for trackers that descend from PyTracking: their calls, and box losses that answer as theirs do."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from siou_tracking.retrain import BoxLossChoice, retarget

PRED = torch.tensor([[0.1, 0.2, 0.5, 0.6], [0.3, 0.25, 0.7, 0.8], [0.2, 0.1, 0.65, 0.4]])
TARGET = torch.tensor([[0.2, 0.2, 0.6, 0.7], [0.25, 0.35, 0.6, 0.75], [0.15, 0.15, 0.5, 0.5]])
REVERSED = torch.tensor([[0.5, 0.2, 0.1, 0.6], [0.3, 0.25, 0.7, 0.8], [0.2, 0.1, 0.65, 0.4]])


def overlap(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """IoU and union of xyxy boxes, of any sizes."""
    inter = (torch.min(a[:, 2:], b[:, 2:]) - torch.max(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - inter
    return inter / union, union


def giou_of_each(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """As upstream's: asserts that no box is reversed."""
    assert (a[:, 2:] >= a[:, :2]).all()
    iou, union = overlap(a, b)
    hull = (torch.max(a[:, 2:], b[:, 2:]) - torch.min(a[:, :2], b[:, :2])).prod(1)
    return 1 - iou + (hull - union) / hull, iou


def giou_loss(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    loss, iou = giou_of_each(a, b)
    return loss.mean(), iou


def scylla_loss(pred: torch.Tensor, target: torch.Tensor, theta: float = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """A third argument, one value per box, and no assertion."""
    iou, _ = overlap(pred, target)
    return 1 - iou + ((pred - target).square().sum(1) / (pred - target).abs().amax(1)) / theta, iou


def box_iou(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Two tensors, of which the first is a similarity."""
    return overlap(a, b)


class Net(nn.Module):
    """Boxes that do not depend on the images, `(n, 4)`."""

    def __init__(self, boxes: torch.Tensor = PRED) -> None:
        super().__init__()
        self.boxes = nn.Parameter(boxes.clone())


class Actor:
    """A network, objectives, weights."""

    def __init__(self, net: Any, objective: Any, loss_weight: Any = None) -> None:
        self.net, self.objective, self.loss_weight = net, objective, loss_weight

    def __call__(self, data: Any) -> Any:
        return self.compute_losses(self.net.boxes, data)

    def train(self, mode: bool = True) -> None:
        self.net.train(mode)

    def total(self, key: str, box: torch.Tensor, iou: torch.Tensor, other: torch.Tensor) -> Any:
        loss = self.loss_weight[key] * box + self.loss_weight["l1"] * other
        return loss, {"Loss/total": loss.item(), f"Loss/{key}": box.item(), "IoU": iou.detach().mean().item()}


class GIoUActor(Actor):
    """Whatever the objective raises is a loss of 0."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        try:
            box, iou = self.objective["giou"](boxes, data["target"])
        except:  # noqa: E722 as theirs do
            box, iou = torch.tensor(0.0), torch.tensor(0.0)
        return self.total("giou", box, iou, self.objective["l1"](boxes, data["target"]))


class EachActor(Actor):
    """One value per box."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        box, iou = self.objective["giou"](boxes, data["target"])
        assert box.shape == iou.shape == (len(boxes),)
        return self.total("giou", (box * (iou > 0)).mean(), iou, self.objective["l1"](boxes, data["target"]))


class CIoUActor(Actor):
    """Another key, behind a switch that is off."""

    run_score_head = False

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        box, iou = self.objective["ciou"](boxes, data["target"])
        return self.total("ciou", box, iou, self.objective["l1"](boxes, data["target"]))


class IoUActor(Actor):
    """The third key."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        box, iou = self.objective["iou"](boxes, data["target"])
        return self.total("iou", box, iou, self.objective["l1"](boxes, data["target"]))


class RenamedActor(Actor):
    """A private copy with a key of its own."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        box, iou = self.objective["regbox"](boxes, data["target"])
        return self.total("regbox", box, iou, self.objective["l1"](boxes, data["target"]))


class ScoresBesideActor(GIoUActor):
    """Its "iou" is a target of scores."""

    def __call__(self, data: Any) -> Any:
        loss, stats = super().__call__(data)
        return loss + self.objective["iou"](self.net.boxes[:, 0], data["target"][:, 0]), stats


class LearnsFromIoUActor(Actor):
    """Trains on the second value."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        box, iou = self.objective["giou"](boxes, data["target"])
        return 0 * box + iou.sum(), {"IoU": iou.mean().item()}


class AttributeActor(Actor):
    """The objective is a plain object."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        box, iou = self.objective.iou(boxes, data["target"])
        return self.total("iou", box, iou, self.objective.l1(boxes, data["target"]))


class FunctionActor(Actor):
    """Its loss is a function of this module, and `objective['giou']` is never called."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        box, iou = scylla_loss(boxes, data["target"], 4)
        return self.total("giou", box.mean(), iou, self.objective["l1"](boxes, data["target"]))


class SequenceActor(FunctionActor):
    """Is never called itself."""

    def __call__(self, data: Any) -> Any:
        raise NotImplementedError

    def explore(self, data: Any) -> Any:
        return data

    def compute_sequence_losses(self, data: Any) -> Any:
        return super().compute_losses(self.net.boxes, data)


class TokenActor(Actor):
    """Learns tokens; its boxes are for the statistics."""

    def compute_losses(self, boxes: torch.Tensor, data: Any) -> Any:
        loss = self.objective["ce"](boxes, data["target"])
        return loss, {"IoU": box_iou(boxes, data["target"])[0].mean().item()}


class SetCriterion(nn.Module):
    """Matches predictions with targets: here the first of each image with its one target."""

    def __init__(self) -> None:
        super().__init__()
        self.weight_dict = {"loss_ce": 8.0, "loss_bbox": 5.0, "loss_giou": 2.0}
        self.register_buffer("empty_weight", torch.ones(2))

    def _get_src_permutation_idx(self, indices: Any) -> Any:
        rows = [torch.full_like(one, row) for row, (one, _) in enumerate(indices)]
        return torch.cat(rows), torch.cat([one for one, _ in indices])

    def loss_boxes(self, outputs: Any, targets: Any, indices: Any, num_boxes: float) -> dict[str, torch.Tensor]:
        boxes = outputs["pred_boxes"][self._get_src_permutation_idx(indices)]
        wanted = torch.cat([target["boxes"][which] for target, (_, which) in zip(targets, indices, strict=True)])
        corners = [torch.cat((b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2), 1) for b in (boxes, wanted)]
        loss, iou = giou_of_each(*corners)
        l1 = (boxes - wanted).abs().sum()
        return {"loss_bbox": l1 / num_boxes, "loss_giou": loss.sum() / num_boxes, "iou": iou.sum() / num_boxes}

    def forward(self, outputs: Any, targets: Any) -> dict[str, torch.Tensor]:
        indices = [(torch.tensor([0]), torch.tensor([0])) for _ in targets]
        return {"loss_ce": outputs["pred_boxes"].mean(), **self.loss_boxes(outputs, targets, indices, len(targets))}


class CriterionActor(Actor):
    """As TransT's."""

    def __call__(self, data: Any) -> Any:
        losses = self.objective(
            {"pred_boxes": self.net.boxes[:, None]}, [{"boxes": one[None]} for one in data["target"]]
        )
        weights = self.objective.weight_dict
        loss = sum(losses[key] * weights[key] for key in losses if key in weights)
        return loss, {"Loss/giou": losses["loss_giou"].item(), "iou": losses["iou"].item()}


class SaidCriterionActor(Actor):
    """The criterion is one of its objectives."""

    def __call__(self, data: Any) -> Any:
        return CriterionActor(self.net, self.objective["tracking"])(data)


def made(cls: type, key: str = "giou", objective: Any = giou_loss, boxes: torch.Tensor = PRED, **others: Any) -> Any:
    """An actor with a box objective at `key`, of weight 2, beside l1."""
    objectives = {key: objective, "l1": nn.L1Loss(), **others}
    return cls(Net(boxes), objectives, {key: 2.0, "l1": 5.0})


def learning(actor: Any, name: str = "smooth_iou", **options: Any) -> Any:
    """The actor that learns a box loss instead, and that loss."""
    settings = SimpleNamespace(project_path="train/ostrack/x")
    choice, changed = retarget(actor, settings, [], BoxLossChoice.of(name, **options))
    assert settings.project_path == f"train/ostrack/x_{choice.name}"
    return choice, changed


def batch() -> dict[str, torch.Tensor]:
    return {"target": TARGET.clone()}


def step(actor: Any, method: str = "__call__") -> dict[str, float]:
    """A step of training, and its statistics."""
    optimizer = torch.optim.SGD(actor.net.parameters(), lr=0.01)
    loss, stats = getattr(actor, method)(batch())
    loss.backward()
    optimizer.step()
    return stats


def smooth_iou_by_hand(pred: torch.Tensor, target: torch.Tensor, sharpness: float = 256.0) -> np.ndarray:
    """The loss `(n,)` of xyxy boxes of positive size, in NumPy."""
    p, t = (boxes.detach().numpy().astype(float) for boxes in (pred, target))
    distance = np.zeros(len(p))
    for k in (0, 1):
        d = (p[:, k] + p[:, k + 2] - t[:, k] - t[:, k + 2]) / 2
        s, u = p[:, k + 2] - p[:, k], t[:, k + 2] - t[:, k]
        distance += d**2 / (s**2 + u**2) + 0.5 * np.log((s**2 + u**2) / (2 * s * u))
    return np.log1p(sharpness * distance)


def iou_by_hand(pred: torch.Tensor, target: torch.Tensor) -> list[float]:
    """True IoU of xyxy boxes, of area 0 where one is reversed."""
    values = []
    for p, t in zip(pred.tolist(), target.tolist(), strict=True):
        sides = [max(0.0, min(p[k + 2], t[k + 2]) - max(p[k], t[k])) for k in (0, 1)]
        areas = [max(0.0, b[2] - b[0]) * max(0.0, b[3] - b[1]) for b in (p, t)]
        values.append(math.prod(sides) / (sum(areas) - math.prod(sides)))
    return values
