"""Actors of DiMP, PrDiMP and SuperDiMP: a target classifier's loss and a box head's, added up.

A loss that is not finite ends the run in the trainer, which looks at it without waiting for the device at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar  # Any: a batch; weights are numbers or lists of them

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.actors.base_actor import BaseActor, Stats
from siou_tracking.ltr.actors.filter_terms import DENSITY, HINGE, FilterLoss, FilterNames, filter_loss
from siou_tracking.retrain.ranking import ABSENT, ranking_stats

Objectives = Mapping[str, Callable[..., Tensor]]


class _DiMPFamilyActor(BaseActor):
    """What the actors share.

    Args:
        net: see `DiMPnet.forward` for what it is called with and gives.
        objective: losses by name; see the subclass.
        loss_weight: factor on each by name, see `filter_loss`.

    Raises:
        InputError: a weight whose objective is not there.
    """

    default_weight: ClassVar[Mapping[str, float]]

    def __init__(self, net: nn.Module, objective: Objectives, loss_weight: Mapping[str, Any] | None = None) -> None:
        super().__init__(net, objective)
        self.loss_weight = dict(self.default_weight if loss_weight is None else loss_weight)

    def _run_network(self, data: Any, **options: Tensor) -> tuple[list[Tensor], Tensor]:
        """Scores of every filter, and the box head's scores of proposals (nf, ns, P)."""
        scores, box_scores = self.net(
            train_imgs=data["train_images"],
            test_imgs=data["test_images"],
            train_bb=data["train_anno"],
            test_proposals=data["test_proposals"],
            **options,
        )
        return scores, box_scores

    def _hinge_loss(self, data: Any, scores: list[Tensor]) -> FilterLoss:
        """Of scores against label maps: `objective["test_clf"](scores, label, boxes)`."""
        label, boxes = data["test_label"], data["test_anno"]
        return self._filter_loss(HINGE, scores, lambda objective, one: objective(one, label, boxes))

    def _density_loss(self, data: Any, scores: list[Tensor]) -> FilterLoss:
        """Of scores as densities: `objective["clf_ce"](scores, density, grid_dim=(-2, -1))`."""
        density = data["test_label_density"]
        return self._filter_loss(DENSITY, scores, lambda objective, one: objective(one, density, grid_dim=(-2, -1)))

    def _filter_loss(
        self, names: FilterNames, scores: list[Tensor], call: Callable[[Callable[..., Tensor], Tensor], Tensor]
    ) -> FilterLoss:
        objective = self._objective(names.last.weight)
        return filter_loss(lambda one: call(objective, one), scores, self.loss_weight, names)

    def _objective(self, name: str) -> Callable[..., Tensor]:
        for held, what in ((self.objective, "objective"), (self.loss_weight, "loss_weight")):
            if name not in held:
                raise InputError(f"{type(self).__name__}: {what}: got {', '.join(held)}, expected '{name}' among them")
        objective: Callable[..., Tensor] = self.objective[name]
        return objective


class DiMPActor(_DiMPFamilyActor):
    """DiMP: the box head predicts each proposal's similarity with the target box.

    `objective`: 'iou'(predicted, target), both (nf, ns, P), and 'test_clf'(scores, label, boxes). `loss_weight` has
    'iou' and 'test_clf' (both 1), and may have 'test_init_clf' and 'test_iter_clf'. Reads `train_images`, `test_images`
    (nf, ns, 3, S, S), `train_anno`, `test_anno` (nf, ns, 4), `test_proposals` (nf, ns, P, 4), `proposal_iou`
    (nf, ns, P) in [-1, 1] and `test_label` (nf, ns, rows, columns).
    """

    default_weight: ClassVar = {"iou": 1.0, "test_clf": 1.0}

    def __call__(self, data: Any) -> tuple[Tensor, Stats]:
        scores, predicted = self._run_network(data)
        classifier = self._hinge_loss(data, scores)
        boxes = self._objective("iou")(predicted, data["proposal_iou"]) * self.loss_weight["iou"]
        loss = boxes + classifier.loss
        stats = {"Loss/total": loss, "Loss/iou": boxes, **classifier.weighted, **classifier.plain}
        return loss, {**_detached(stats), **ranking_stats(predicted, data)}


class KLDiMPActor(_DiMPFamilyActor):
    """PrDiMP, SuperDiMP: the box head predicts an unnormalized log density over boxes.

    `objective`: 'bb_ce'(scores, sample_density=, gt_density=, mc_dim=1), all (n, P), n the frames that show the target;
    and 'clf_ce'(scores, density, grid_dim=(-2, -1)) or 'test_clf'(scores, label, boxes), or both, whichever has a
    weight. `loss_weight` has 'bb_ce' (1) and may have 'clf_ce', 'clf_ce_init', 'clf_ce_iter' and those of `DiMPActor`.
    Reads `proposal_density` and `gt_density` (nf, ns, P) in the place of `proposal_iou`, and `test_label_density`.
    """

    default_weight: ClassVar = {"bb_ce": 1.0}

    def __call__(self, data: Any) -> tuple[Tensor, Stats]:
        scores, box_scores = self._run_network(data, **self._options(data))
        present = data["test_anno"][..., 0] < ABSENT
        box_scores = box_scores[present]
        plain = self._objective("bb_ce")(
            box_scores,
            sample_density=data["proposal_density"][present],
            gt_density=data["gt_density"][present],
            mc_dim=1,
        )
        boxes = self.loss_weight["bb_ce"] * plain
        terms = []
        if "test_clf" in self.loss_weight:
            terms.append(self._hinge_loss(data, scores))
        if "clf_ce" in self.loss_weight:
            terms.append(self._density_loss(data, scores))
        loss = boxes + sum(term.loss for term in terms)
        stats = {"Loss/total": loss, "Loss/bb_ce": plain, "Loss/loss_bb_ce": boxes}
        for term in terms:
            stats |= term.weighted
        for term in terms:
            stats |= term.plain
        return loss, {**_detached(stats), **ranking_stats(box_scores, data)}

    def _options(self, data: Any) -> dict[str, Tensor]:
        """More that the network is called with."""
        return {}


class DiMPSimpleActor(KLDiMPActor):
    """As `KLDiMPActor`, for a classifier whose filters are learned from given label maps, `train_label`."""

    def _options(self, data: Any) -> dict[str, Tensor]:
        return {"train_label": data["train_label"]}


def _detached(stats: Mapping[str, Tensor]) -> Stats:
    return {name: torch.as_tensor(value).detach() for name, value in stats.items()}
