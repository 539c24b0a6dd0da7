"""Heads that score boxes: ATOM's predictor, and the same trained as PrDiMP's is, on a density.

Both are the package's own network, smaller, on the package's own targets, which are what `--box-loss` changes.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from experiments.head_ablation.head import Draw, Head, Schedule
from experiments.head_ablation.losses import GAUSSIAN, LossSpec, has_density, has_score
from experiments.head_ablation.pairs import CROP, LAYERS, Features, Split, Stores
from experiments.head_ablation.refinement import refine
from siou_tracking.ltr.data.bounding_box_utils import rect_to_rel, rel_to_rect
from siou_tracking.ltr.data.proposals import sample_box_gmm, sample_proposals
from siou_tracking.ltr.models.bbreg import AtomIoUNet
from siou_tracking.ltr.models.loss.kl_regression import KLRegression
from siou_tracking.retrain.density_target import target_density
from siou_tracking.retrain.score_target import score_target

DIMS = ((32, 32), (32, 32), (16, 24))
"""`pred_input_dim`, `pred_inter_dim` and `hidden_dim` of the predictor."""
MIDDLE = 48
"""Pixels at each side of a reference that the predictor does not see: its target is 56 wide in the middle of 224, and
the convolutions over the rest would be a fifth of a step."""
PROPOSALS = 16
"""As ATOM and DiMP take."""
MIN_IOU, SIGMAS = 0.1, [0.01, 0.05, 0.1, 0.2, 0.3]
"""ATOM's proposals."""
DENSITY_PROPOSALS = 32
"""PrDiMP takes 128, which would be three quarters of a step's time here."""
PROPOSAL_SIGMA, GT_SIGMA = [(0.05, 0.05), (0.5, 0.5)], (0.05, 0.05)
"""PrDiMP's, of center and log size."""

Seen = tuple[list[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


class ScoreHead(Head):
    """ATOM's predictor: the mean squared error from 2 S - 1 of 16 proposals."""

    role = "score"
    baseline = "iou"
    rates = (0.002, 0.006, 0.02)
    batch = 16
    iterations = 300
    refines = True
    network: AtomIoUNet

    def __init__(self, spec: LossSpec, seed: int, stores: Stores, schedule: Schedule) -> None:
        super().__init__(spec, seed, stores, schedule)
        channels = [count for count, _ in LAYERS.values()]
        self.network = AtomIoUNet((channels[0], channels[1]), *DIMS)
        self.prepare_target()

    def prepare_target(self) -> None:
        """Build what proposals are scored with."""
        self.similarity = self.spec.build_similarity(CROP)

    @staticmethod
    def takes(spec: LossSpec) -> bool:
        return has_score(spec)

    def objective(self, rows: torch.Tensor, draw: Draw) -> torch.Tensor:
        box = self.stores.train.box[rows]
        proposals, _ = sample_proposals(box, PROPOSALS, MIN_IOU, SIGMAS, draw.numpy)
        target = score_target({"test_proposals": proposals[None], "test_anno": box[None]}, self.similarity)
        return functional.mse_loss(self.predict(rows, proposals, draw), target[0])

    def predict(self, rows: torch.Tensor, proposals: torch.Tensor, draw: Draw) -> torch.Tensor:
        """Scores (B, P) of proposals (B, P, 4) in the training regions `rows`, each with one of its references."""
        split = self.stores.train
        features, boxes = take_middle(split, split.draw_references(rows, draw.torch))
        scores: torch.Tensor = self.network(features, split.take(rows), boxes[None], proposals[None])
        return scores[0]

    def look(self, name: str, rows: torch.Tensor) -> Seen:
        split = self.stores.split(name)
        with torch.no_grad():
            known, own = split.first[rows].unique(return_inverse=True)  # a reference that regions share is seen once
            modulation = self.network.get_modulation(*take_middle(split, known))
            features = self.network.get_iou_feat(split.take(rows))
        return [vector[own] for vector in modulation], features

    def locate(self, seen: Seen, starts: torch.Tensor, step: float) -> torch.Tensor:
        modulation, features = seen
        return refine(lambda boxes: self.network.predict_iou(modulation, features, boxes), starts, step)


class DensityHead(ScoreHead):
    """The same predictor, its scores an unnormalized log density: KL divergence from S^tau / Z or from a Gaussian."""

    baseline = GAUSSIAN
    few = ("smooth_iou", "iou", "giou", "diou", "gwd", "kld", "kfiou")  # a run takes four times a dense head's time

    def prepare_target(self) -> None:
        self.kl = KLRegression()
        if self.spec.name != GAUSSIAN:
            self.similarity, self.exponent = self.spec.build_density(GT_SIGMA[0])

    @staticmethod
    def takes(spec: LossSpec) -> bool:
        return spec.name == GAUSSIAN or has_density(spec, GT_SIGMA[0])

    def objective(self, rows: torch.Tensor, draw: Draw) -> torch.Tensor:
        box = self.stores.train.box[rows]
        proposals, sampled, density = draw_mixture(box, DENSITY_PROPOSALS, draw)
        if self.spec.name != GAUSSIAN:
            data = {
                "test_proposals": proposals[None],
                "test_anno": box[None],
                "proposal_density": sampled[None],
                "gt_density": density[None],
            }
            density = target_density(data, self.similarity, self.exponent)[0]
        loss: torch.Tensor = self.kl(self.predict(rows, proposals, draw), sampled, density)
        return loss


def take_middle(split: Split, known: torch.Tensor) -> tuple[Features, torch.Tensor]:
    """Features of the references `known` without their margin, and the boxes (R, 4) in what is left."""
    layer2, layer3 = (
        maps[..., cells:-cells, cells:-cells].contiguous()
        for maps, cells in zip(split.take_reference(known), (MIDDLE // 8, MIDDLE // 16), strict=True)
    )
    return (layer2, layer3), split.reference_box[known] - torch.tensor([MIDDLE, MIDDLE, 0.0, 0.0])


def draw_mixture(boxes: torch.Tensor, count: int, draw: Draw) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """PrDiMP's proposals of all boxes at once.

    The mixture is one of relative coordinates, the same for every box: it is drawn around the unit box and carried to
    the others.

    Args:
        boxes: (B, 4) xywh.
        count: P, of each box.
        draw: gives torch's own state, which the package's function draws from, a seed.

    Returns:
        Proposals (B, P, 4) xywh, the density they were drawn from (B, P), and the Gaussian at them (B, P).
    """
    unit = torch.tensor([-0.5, -0.5, 1.0, 1.0])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=draw.torch)))
        drawn, sampled, density = sample_box_gmm(unit, PROPOSAL_SIGMA, GT_SIGMA, len(boxes) * count)
    offset = rect_to_rel(drawn, unit[2:]).view(len(boxes), count, 4)
    size = boxes[:, None, 2:]
    proposals = rel_to_rect(rect_to_rel(boxes[:, None], size) + offset, size)
    return proposals, sampled.view(len(boxes), count), density.view(len(boxes), count)
