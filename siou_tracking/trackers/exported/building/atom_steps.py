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

from siou_tracking.boxes import convert
from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.bbreg.box_scores import Branch, TargetHead, score_boxes
from siou_tracking.ops.pool_vjp import prroi_pool_vjp
from siou_tracking.trackers.atom.classifier import stack_layers
from siou_tracking.trackers.atom.correlation import correlate
from siou_tracking.trackers.atom.optimization import gauss_newton
from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.atom.target_problem import FilterProblem, JointProblem, project
from siou_tracking.trackers.atom.upsampling import fourier_upsample
from siou_tracking.trackers.exported.building.step import Step
from siou_tracking.trackers.online.augmentation import EXPANSION, blur
from siou_tracking.trackers.online.network import TrackingNetwork
from siou_tracking.trackers.online.refinement import ascend


class _Augment(nn.Module):
    """Altered copies of a wider region; see `augmentation.augment`."""

    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._size, self._settings = params.patch_size, params.augmentations

    def forward(self, region: Tensor, theta: Tensor) -> tuple[Tensor]:
        size, settings = self._size, self._settings
        grid = F.affine_grid(theta, [len(theta), 3, size, size], align_corners=True)  # [N, S, S, 2]
        parts = list(_sample(region, grid).permute(1, 0, 2, 3).split(1))
        first = 1 + len(settings.shifts) + settings.flip
        for index, (sigma_x, sigma_y) in enumerate(settings.blurs, start=first):
            parts[index] = blur(parts[index], sigma_x, sigma_y)
        return (torch.cat(parts).permute(0, 2, 3, 1),)


def _sample(image: Tensor, grid: Tensor) -> Tensor:
    """`F.grid_sample` of an image (E, E, C) that repeats its border: runtimes take ten times as long for its operator."""
    extent = image.shape[0] - 1
    place = ((grid + 1) * (extent / 2)).clamp(0, extent)
    first = place.floor().clamp(max=extent - 1)
    across, down = (place - first).flatten(0, -2).unbind(-1)  # [M], M = N S S
    column, row = first.int().flatten(0, -2).unbind(-1)
    at = row * (extent + 1) + column
    flat = image.permute(2, 0, 1).flatten(1)  # [C, E E]
    corner = [flat.index_select(1, at + step) for step in (0, 1, extent + 1, extent + 2)]  # [C, M] each
    upper = corner[0] + (corner[1] - corner[0]) * across
    lower = corner[2] + (corner[3] - corner[2]) * across
    return (upper + (lower - upper) * down).unflatten(1, grid.shape[:-1])  # [C, N, S, S]


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

    def forward(self, features: Tensor, labels: Tensor, filt: Tensor, projection: Tensor) -> tuple[Tensor, ...]:
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

    def forward(self, samples: Tensor, labels: Tensor, weights: Tensor, filt: Tensor) -> tuple[Tensor]:
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


class _Refine(nn.Module):
    def __init__(self, head: AtomIoUNet, params: AtomParams) -> None:
        super().__init__()
        self._head, self._params = head, params
        self._still = TargetHead(head, [torch.ones(1, c, 1, 1) for c in channels_of(head)]).branches

    def forward(
        self,
        fine: Tensor,
        coarse: Tensor,
        origins: Tensor,
        weight3: Tensor,
        bias3: Tensor,
        weight4: Tensor,
        bias4: Tensor,
        boxes: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        features = self._head.get_iou_feat([fine, coarse])
        maps = [(one[0].permute(1, 2, 0).contiguous(), origin.repeat(2)) for one, origin in zip(features, origins)]
        given = ((weight3, bias3), (weight4, bias4))
        branches = [Branch(*pair, *still[2:]) for pair, still in zip(given, self._still, strict=True)]
        visited = []

        def score(boxes: Tensor) -> tuple[Tensor, Tensor]:
            corners = convert(boxes, "xywh", "xyxy")
            visited.append(torch.cat([corners[:, :2].amin(0), corners[:, 2:].amax(0)]))
            return score_boxes(boxes, branches, maps, self._head.iou_predictor.bias)

        boxes, scores = ascend(score, boxes, self._params)
        seen = torch.stack(visited)
        return boxes, scores, torch.cat([seen[:, :2].amin(0), seen[:, 2:].amax(0)])


def channels_of(head: AtomIoUNet) -> tuple[int, int]:
    """Channels of the two test features."""
    linears = (head.fc3_rt, head.fc4_rt)
    bins = (head.prroi_pool3t.pooled_height, head.prroi_pool4t.pooled_height)
    first, second = (block.linear.in_features // n**2 for block, n in zip(linears, bins, strict=True))
    return first, second


def atom_steps(net: TrackingNetwork, params: AtomParams) -> list[Step]:
    """The graphs of a network with these parameters."""
    size = params.patch_size
    head = net.bb_regressor
    layers = tuple(getattr(net, "bb_regressor_layer", ("layer2", "layer3")))
    settings = params.augmentations
    copies = 1 + len(settings.shifts) + settings.flip + len(settings.blurs) + len(settings.rotations)
    samples = copies + settings.dropouts
    features = _Features(net, params, layers)
    with torch.no_grad():
        fine, coarse, stacked = features(torch.zeros(2, size, size, 3))
    channels, grid, kernel, width = stacked.shape[1], stacked.shape[-1], params.kernel_size, params.compressed_dim
    filt, projection = torch.ones(width, kernel, kernel), torch.ones(width, channels)
    region = torch.zeros(EXPANSION * size, EXPANSION * size, 3)
    steps = [
        Step("augment", _Augment(params), {"region": region, "theta": torch.ones(copies, 2, 3)}, ["copies"]),
        Step("features", features, {"pixels": torch.zeros(2, size, size, 3)}, ["fine", "coarse", "stacked"], {"pixels": {0: "images"}}),
        Step("fit", _Fit(params), {"features": torch.ones(samples, channels, grid, grid), "labels": torch.ones(samples, grid, grid), "filter": filt, "projection": projection}, ["fitted_filter", "fitted_projection"]),
        Step("search", _Search(size, grid), {"stacked": stacked[:1], "projection": projection, "filter": filt}, ["projected", "scores"]),
        Step("update", _Update(params), {"samples": torch.ones(3, width, grid, grid), "labels": torch.ones(3, grid, grid), "weights": torch.ones(3), "filter": filt}, ["updated_filter"], {"samples": {0: "count"}, "labels": {0: "count"}, "weights": {0: "count"}}),
    ]
    target = _Target(head)
    example = (fine[:1], coarse[:1], torch.tensor([80.0, 80.0, 40.0, 40.0]))
    with torch.no_grad():
        weights = dict(zip(("weight3", "bias3", "weight4", "bias4"), target(*example), strict=True))
    boxes = example[2].expand(1 + params.num_init_random_boxes, 4).clone()
    steps += [
        Step("target", target, dict(zip(("fine", "coarse", "box"), example, strict=True)), list(weights)),
        Step("refine", _Refine(head, params), {"fine": fine[:1], "coarse": coarse[:1], "origins": torch.zeros(2, 2), **weights, "boxes": boxes}, ["refined", "overlaps", "hull"],
            {"fine": {2: "fine_rows", 3: "fine_columns"}, "coarse": {2: "coarse_rows", 3: "coarse_columns"}}),
    ]
    return steps
