"""What `atom.tracker.ATOM` computes with tensors, as modules of tensors alone; see `atom_steps` for how they follow."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.bbreg.box_scores import Branch, TargetHead, score_boxes
from siou_tracking.ops.pool_vjp import prroi_pool_vjp
from siou_tracking.trackers.atom.augmentation import blur
from siou_tracking.trackers.atom.classifier import stack_layers
from siou_tracking.trackers.atom.correlation import correlate
from siou_tracking.trackers.atom.optimization import gauss_newton
from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.atom.target_problem import FilterProblem, JointProblem, project
from siou_tracking.trackers.atom.upsampling import fourier_upsample
from siou_tracking.trackers.online.network import TrackingNetwork
from siou_tracking.trackers.online.params import RefinementParams
from siou_tracking.trackers.online.refinement import climb


class Augment(nn.Module):
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


class Features(nn.Module):
    """Pixels (N, S, S, 3), 0..255, to the box predictor's layers and the target model's stacked ones."""

    mean: Tensor
    std: Tensor

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


class Fit(nn.Module):
    """One Gauss-Newton step on the first frame."""

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


class Update(nn.Module):
    """A later improvement of the filter."""

    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._params = params

    def forward(self, filt: Tensor, samples: Tensor, labels: Tensor, weights: Tensor) -> tuple[Tensor]:
        params = self._params
        problem = FilterProblem(samples, labels, weights, params.filter_reg, params.response_floor)
        (filt,) = gauss_newton(problem, [filt], [params.cg_iter], fletcher_reeves=False)
        return (filt,)


class Search(nn.Module):
    """Stacked layers (1, C, H, W) to projected ones and scores (S, S), one a patch pixel."""

    upsample: Tensor

    def __init__(self, size: int, grid: int) -> None:
        super().__init__()
        # The interpolation is linear and separable: of constant rows of the identity it makes its matrix's columns.
        column = torch.zeros(grid, grid, grid)
        column[range(grid), range(grid), :] = 1
        self.register_buffer("upsample", fourier_upsample(column.double(), size)[:, :, 0].t().float())  # [S, H]

    def forward(self, stacked: Tensor, projection: Tensor, filt: Tensor) -> tuple[Tensor, Tensor]:
        projected = project(stacked, projection)
        scores = correlate(projected, filt)[0]
        return projected, self.upsample @ scores @ self.upsample.t()


class TraceablePool(nn.Module):
    """Precise RoI pooling of one box from one map, traceable."""

    def __init__(self, bins: int, scale: float) -> None:
        super().__init__()
        self.pooled_height, self.spatial_scale = bins, scale

    def grouped(self, features: Tensor, boxes: Tensor) -> Tensor:
        pooled, _ = prroi_pool_vjp(
            features[0].permute(1, 2, 0).contiguous(), boxes[0] * self.spatial_scale, self.pooled_height
        )
        return pooled.permute(0, 3, 1, 2)[None]


class Target(nn.Module):
    """The box predictor's folded weights for a target; see `box_scores.TargetHead`."""

    def __init__(self, head: AtomIoUNet) -> None:
        super().__init__()
        self._head = copy.deepcopy(head)
        for name in ("prroi_pool3r", "prroi_pool4r"):
            pool = getattr(head, name)
            setattr(self._head, name, TraceablePool(pool.pooled_height, pool.spatial_scale))

    def forward(self, fine: Tensor, coarse: Tensor, box: Tensor) -> tuple[Tensor, ...]:
        modulation = self._head.get_modulation([fine, coarse], box[None])
        return tuple(part for branch in TargetHead(self._head, modulation).branches for part in branch[:2])


class Look(nn.Module):
    """Test features of both layers around the boxes, channels last."""

    def __init__(self, head: AtomIoUNet) -> None:
        super().__init__()
        self._head = head

    def forward(self, fine: Tensor, coarse: Tensor) -> tuple[Tensor, ...]:
        return tuple(one[0].permute(1, 2, 0).contiguous() for one in self._head.get_iou_feat([fine, coarse]))


class Climb(nn.Module):
    """One step of `refinement.ascend`, with the boxes that were scored."""

    def __init__(self, head: AtomIoUNet, params: RefinementParams) -> None:
        super().__init__()
        self._head, self._params = head, params
        self._still = TargetHead(head, [torch.ones(1, c, 1, 1) for c in channels_of(head)]).branches

    def forward(
        self, boxes: Tensor, step: Tensor, previous: Tensor, size0: Tensor, *given: Tensor
    ) -> tuple[Tensor, ...]:
        parts = [given[:4], given[4:]]  # of each layer
        maps = [(features, origin.repeat(2)) for features, origin, _, _ in parts]
        branches = [
            Branch(weight, bias, *still[2:]) for (_, _, weight, bias), still in zip(parts, self._still, strict=True)
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
