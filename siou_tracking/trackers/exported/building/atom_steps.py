"""The steps of online ATOM as graphs: what `atom.tracker.ATOM` computes with tensors, with its own functions.

    augment    region, motions                 -> copies of the first search region
    features   pixels                          -> backbone layers of the box predictor, stacked layers of the target model
    fit        stacked layers, labels, start   -> filter and projection (Gauss-Newton, conjugate gradients)
    target     box layers, box                 -> the box predictor's weights for this target
    search     stacked layers, filter          -> projected layers, scores, one a patch pixel
    refine     box layers, weights, boxes      -> boxes after the gradient ascent, through Precise RoI pooling, and scores
    update     remembered samples, filter      -> filter
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.bbreg.box_scores import Branch, TargetHead, score_boxes
from siou_tracking.ops.pool_vjp import prroi_pool_vjp
from siou_tracking.trackers.atom.augmentation import EXPANSION, blur
from siou_tracking.trackers.atom.classifier import stack_layers
from siou_tracking.trackers.atom.correlation import correlate
from siou_tracking.trackers.atom.optimization import gauss_newton
from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.atom.target_problem import FilterProblem, JointProblem, project
from siou_tracking.trackers.atom.upsampling import fourier_upsample
from siou_tracking.trackers.exported.building.step import Repeat, Step
from siou_tracking.trackers.online.network import TrackingNetwork
from siou_tracking.trackers.online.params import RefinementParams
from siou_tracking.trackers.online.refinement import climb


class _Augment(nn.Module):
    """Altered copies of a wider region; see `augmentation.augment`."""

    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._size, self._settings = params.patch_size, params.augmentations

    def forward(self, region: Tensor, theta: Tensor) -> tuple[Tensor]:
        size, settings = self._size, self._settings
        grid = F.affine_grid(theta, [len(theta), 3, size, size], align_corners=True)  # [N, S, S, 2]
        images = region.permute(2, 0, 1)[None].expand(len(theta), -1, -1, -1)
        parts = list(F.grid_sample(images, grid, padding_mode="border", align_corners=True).split(1))
        first = 1 + len(settings.shifts) + settings.flip
        for index, (sigma_x, sigma_y) in enumerate(settings.blurs, start=first):
            parts[index] = blur(parts[index], sigma_x, sigma_y)
        return (torch.cat(parts).permute(0, 2, 3, 1),)


class _Features(nn.Module):
    def __init__(self, net: TrackingNetwork, params: AtomParams, layers: Sequence[str]) -> None:
        super().__init__()
        self._net, self._params, self._layers = net, params, layers
        self.register_buffer("mean", torch.tensor(params.mean).reshape(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(params.std).reshape(1, 3, 1, 1) * 255)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        images = (pixels.permute(0, 3, 1, 2) - self.mean) / self.std
        names = self._params.classifier_layers
        wanted = sorted({*self._layers, *names})
        features = self._net.extract_backbone_features(images, wanted)
        return (*(features[name] for name in self._layers), stack_layers(features, names))


class _Fit(nn.Module):
    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._params = params

    def forward(self, filt: Tensor, projection: Tensor, features: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        params = self._params
        weights = torch.full((len(features),), 1 / len(features))
        problem = JointProblem(
            features, labels, weights, params.filter_reg, params.projection_reg, params.response_floor
        )
        filt, projection = gauss_newton(problem, [filt, projection], [params.init_cg_iter])
        return filt, projection


class _Update(nn.Module):
    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._params = params

    def forward(self, filt: Tensor, samples: Tensor, labels: Tensor, weights: Tensor) -> tuple[Tensor]:
        params = self._params
        problem = FilterProblem(samples, labels, weights, params.filter_reg, params.response_floor)
        (filt,) = gauss_newton(problem, [filt], [params.cg_iter], fletcher_reeves=False)
        return (filt,)


class _Search(nn.Module):
    def __init__(self, size: int, grid: int) -> None:
        super().__init__()
        # The interpolation is linear and separable: what it makes of a column of the identity is a column of its matrix.
        column = torch.zeros(grid, grid, grid)
        column[range(grid), range(grid), :] = 1
        self.register_buffer("upsample", fourier_upsample(column.double(), size)[:, :, 0].t().float())  # [S, H]

    def forward(self, stacked: Tensor, projection: Tensor, filt: Tensor) -> tuple[Tensor, Tensor]:
        projected = project(stacked, projection)
        scores = correlate(projected, filt)[0]
        return projected, self.upsample @ scores @ self.upsample.t()


class _Pool(nn.Module):
    """Precise RoI pooling of one box from one map, traceable."""

    def __init__(self, bins: int, scale: float) -> None:
        super().__init__()
        self.pooled_height, self.spatial_scale = bins, scale

    def grouped(self, features: Tensor, boxes: Tensor) -> Tensor:
        pooled, _ = prroi_pool_vjp(
            features[0].permute(1, 2, 0).contiguous(), boxes[0] * self.spatial_scale, self.pooled_height
        )
        return pooled.permute(0, 3, 1, 2)[None]


class _Target(nn.Module):
    def __init__(self, head: AtomIoUNet) -> None:
        super().__init__()
        self._head = copy.deepcopy(head)
        for name in ("prroi_pool3r", "prroi_pool4r"):
            pool = getattr(head, name)
            setattr(self._head, name, _Pool(pool.pooled_height, pool.spatial_scale))

    def forward(self, fine: Tensor, coarse: Tensor, box: Tensor) -> tuple[Tensor, ...]:
        modulation = self._head.get_modulation([fine, coarse], box[None])
        return tuple(part for branch in TargetHead(self._head, modulation).branches for part in branch[:2])


class _Look(nn.Module):
    """Test features of both layers around the boxes, channels last."""

    def __init__(self, head: AtomIoUNet) -> None:
        super().__init__()
        self._head = head

    def forward(self, fine: Tensor, coarse: Tensor) -> tuple[Tensor, ...]:
        return tuple(one[0].permute(1, 2, 0).contiguous() for one in self._head.get_iou_feat([fine, coarse]))


class _Climb(nn.Module):
    """One step of `refinement.ascend`, with the boxes that were scored."""

    def __init__(self, head: AtomIoUNet, params: RefinementParams) -> None:
        super().__init__()
        self._head, self._params = head, params
        self._still = TargetHead(head, [torch.ones(1, c, 1, 1) for c in channels_of(head)]).branches

    def forward(self, boxes: Tensor, step: Tensor, previous: Tensor, size0: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
        parts = [given[:4], given[4:]]  # of each layer
        maps = [(features, origin.repeat(2)) for features, origin, _, _ in parts]
        branches = [
            Branch(weight, bias, *still[2:])
            for (_, _, weight, bias), still in zip(parts, self._still, strict=True)
        ]

        def score(boxes: Tensor) -> tuple[Tensor, Tensor]:
            return score_boxes(boxes, branches, maps, self._head.iou_predictor.bias)

        return (*climb(score, boxes, step, previous, size0, self._params), boxes)


def channels_of(head: AtomIoUNet) -> tuple[int, int]:
    """Channels of the two test features."""
    linears = (head.fc3_rt, head.fc4_rt)
    bins = (head.prroi_pool3t.pooled_height, head.prroi_pool4t.pooled_height)
    first, second = (block.linear.in_features // n**2 for block, n in zip(linears, bins, strict=True))
    return first, second


def atom_steps(net: TrackingNetwork, params: AtomParams) -> list[Step]:
    """The graphs of a network with these parameters."""
    head, size, settings = net.bb_regressor, params.patch_size, params.augmentations
    layers = tuple(getattr(net, "bb_regressor_layer", ("layer2", "layer3")))
    copies = 1 + len(settings.shifts) + settings.flip + len(settings.blurs) + len(settings.rotations)
    region, theta = torch.zeros(EXPANSION * size, EXPANSION * size, 3), torch.zeros(copies, 2, 3)
    features = Step(
        "features", _Features(net, params, layers), {"pixels": torch.zeros(2, size, size, 3)},
        ["fine", "coarse", "stacked"], {"pixels": {0: "images"}},
    )
    fine, coarse, stacked = (one[:1] for one in features.example())
    return [
        Step("augment", _Augment(params), {"region": region, "theta": theta}, ["copies"]),
        features,
        *_model_steps(stacked, params, copies + settings.dropouts),
        *_box_steps(head, params, fine, coarse),
    ]


def _model_steps(stacked: Tensor, params: AtomParams, samples: int) -> list[Step]:
    channels, grid, kernel, width = stacked.shape[1], stacked.shape[-1], params.kernel_size, params.compressed_dim
    filt, projection = torch.ones(width, kernel, kernel), torch.ones(width, channels)
    start = {"filter": filt, "projection": projection}
    fitted, labels = {"stacked": torch.ones(samples, channels, grid, grid)}, {"labels": torch.ones(samples, grid, grid)}
    remembered = {"samples": torch.ones(3, width, grid, grid), "labels": torch.ones(3, grid, grid), "weights": torch.ones(3)}
    return [
        Step("fit", _Fit(params), {**start, **fitted, **labels}, ["fitted_filter", "fitted_projection"], repeat=Repeat(params.init_gn_iter, 2)),
        Step("search", _Search(params.patch_size, grid), {"stacked": stacked, "projection": projection, "filter": filt}, ["projected", "scores"]),
        Step("update", _Update(params), {"filter": filt, **remembered}, ["updated_filter"], {name: {0: "count"} for name in remembered}),
    ]


def _box_steps(head: AtomIoUNet, params: AtomParams, fine: Tensor, coarse: Tensor) -> list[Step]:
    target = Step("target", _Target(head), {"fine": fine, "coarse": coarse, "box": torch.tensor([80.0, 80.0, 40.0, 40.0])}, ["weight3", "bias3", "weight4", "bias4"])
    look = Step("look", _Look(head), {"fine": fine, "coarse": coarse}, ["map3", "map4"], {"fine": {2: "fine_rows", 3: "fine_columns"}, "coarse": {2: "coarse_rows", 3: "coarse_columns"}})
    weight3, bias3, weight4, bias4 = target.example()
    map3, map4 = look.example()
    count = 1 + params.num_init_random_boxes
    inputs = {
        "boxes": torch.tensor([80.0, 80.0, 40.0, 40.0]).repeat(count, 1), "step": torch.ones(count, 4), "previous": torch.zeros(count), "size0": torch.ones(2),
        "map3": map3, "origin3": torch.zeros(2), "weight3": weight3, "bias3": bias3,
        "map4": map4, "origin4": torch.zeros(2), "weight4": weight4, "bias4": bias4,
    }
    climbs = params.box_refinement_iter + params.rank_after_last_step
    refine = Step("refine", _Climb(head, params), inputs, ["moved", "steps", "overlaps", "scored"], {"map3": {0: "fine_rows", 1: "fine_columns"}, "map4": {0: "coarse_rows", 1: "coarse_columns"}}, repeat=Repeat(climbs, 3))
    return [target, look, refine]
