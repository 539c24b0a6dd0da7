"""Random networks that see a target nevertheless: what training would have settled is set from a photograph."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any  # networks of several families

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import noisy_view, photograph

_SIZE, _IMAGES = 160, 6


@torch.no_grad()
def settle_tomp(net: Any) -> None:
    """Boxes of a possible size, so that the target does not fill the image."""
    edges = net.head.bb_regressor.bbreg_layer
    edges.weight *= 0.1
    edges.bias.fill_(math.log(0.11))


@torch.no_grad()
def settle_atom(net: Any) -> None:
    """Batch norms with the statistics of a photograph, and a box head whose boxes stay near the target."""
    images = _views()
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the mean over all that was seen
        norm.reset_running_stats()
    boxes = torch.tensor([50.0, 60.0, 50.0, 40.0]).expand(1, _IMAGES, 4)
    net.train()
    net(images[None], images.flip(0)[None], boxes, boxes[:, :, None] + torch.tensor([[4.0], [-3.0]]))
    net.eval()
    for norm in norms:
        norm.momentum = 0.1
    net.bb_regressor.iou_predictor.weight *= 0.05


@torch.no_grad()
def settle_dimp(net: Any) -> None:
    """As `settle_atom`; the classifier's last convolution decorrelates what it sees, and filters begin as zero."""
    settle_atom(net)
    last = [module for module in net.classifier.feature_extractor.modules() if isinstance(module, nn.Conv2d)][-1]
    seen: list[torch.Tensor] = []
    hook = last.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    net.extract_classification_feat(net.extract_backbone_features(_views()))
    hook.remove()
    cells = seen[0].transpose(0, 1).flatten(1).double()
    values, vectors = torch.linalg.eigh(cells @ cells.t() / cells.shape[1])
    root = vectors * values.clamp(min=float(values[-1]) * 1e-3).rsqrt() @ vectors.t()
    last.weight.copy_(torch.einsum("ocij,cd->odij", last.weight.double(), root))
    net.classifier.filter_initializer.filter_conv.weight.zero_()
    net.classifier.filter_initializer.filter_conv.bias.zero_()
    net.classifier.filter_optimizer.filter_reg.fill_(0.01)


def _views() -> torch.Tensor:
    """Parts of a photograph, (n, 3, S, S), normalized."""
    photo, rng = photograph(640, 480), np.random.default_rng(1)
    views = [noisy_view(photo, 60 + 70 * i, 40 + 45 * i, (_SIZE, _SIZE), rng) for i in range(_IMAGES)]
    return (torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() / 255 - 0.45) / 0.225
