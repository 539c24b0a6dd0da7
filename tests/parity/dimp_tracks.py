"""What DiMP tracks with weights, frames and a first box that every machine makes alike.

The weights are those of the other recipes, but each batch norm has the statistics of the frames, as after training, and
the classifier's last convolution decorrelates what it sees, so that scores tell the target from the background. The box
head's scores are small: boxes drift by a few pixels a frame, and the target stays in view.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tests.parity.dimp_recipe import DIMP
from tests.parity.exact_values import noise
from tests.parity.recipe import fill

REFERENCE = Path(__file__).resolve().parent / "dimp_tracks_reference.json"
NETWORKS = {"dimp18": "dimpnet18", "prdimp18": "klcedimpnet18"}
"""Parameter set to network."""
TOLERANCE = 1e-2
"""Pixels; where rounding differs, a few hundredths of it are used up."""
SETTINGS = {"patch_size": 160, "train_skipping": 3, "hard_negative_threshold": 0.3}
"""Changes of every parameter set: a fraction of its time, and updates of both kinds within these frames."""
THEIR_NAMES = {"patch_size": "image_sample_size"}
FRAMES, HEIGHT, WIDTH = 12, 120, 160
BOX = [60.0, 44.0, 30.0, 26.0]
_HEAD_GAIN = {"dimp18": 0.05, "prdimp18": 0.2}


def texture(height: int, width: int, cell: int, stream: int) -> np.ndarray:
    """(height, width, 3) uint8 squares of random colors."""
    colors = (noise((-(-height // cell), -(-width // cell), 3), stream).numpy() + 1) * 127.5
    return colors.repeat(cell, axis=0).repeat(cell, axis=1)[:height, :width].astype(np.uint8)


def make_frames() -> list[np.ndarray]:
    """A fine texture that moves over a coarse one, which a rival of nearly its colors crosses the other way."""
    background, target = texture(HEIGHT, WIDTH, 10, 1) // 2 + 40, texture(26, 30, 5, 2)
    rival = (0.7 * target + 0.3 * texture(26, 30, 5, 3)).astype(np.uint8)
    frames = []
    for index in range(FRAMES):
        frame = background.copy()
        x, y = 120 - 8 * index, 84
        if x >= 0:
            part = frame[y : y + 26, x : x + 30]
            part[:] = rival[:, : part.shape[1]]
        x, y = 60 + 2 * index, 44 + (index * index) % 7
        frame[y : y + 26, x : x + 30] = target
        frames.append(frame)
    return frames


def make_network(name: str) -> nn.Module:
    """The network of a parameter set, float32, in evaluation mode."""
    net = DIMP.networks[NETWORKS[name]].ours()
    optimizer = net.classifier.filter_optimizer
    learned = optimizer.state_dict()  # its label and mask make sense as they begin
    learned = {key: value.double() for key, value in learned.items()}
    fill(net)
    optimizer.load_state_dict(learned)
    frames = make_frames()[::4]
    pixels = torch.from_numpy(np.stack([frame[:96, 16:112] for frame in frames])).permute(0, 3, 1, 2).double()
    images = (pixels / 255 - 0.45) / 0.225
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the mean over all that was seen
        norm.reset_running_stats()
    boxes = torch.tensor([30.0, 30, 40, 36], dtype=torch.float64).expand(1, len(frames), 4)
    last = [module for module in net.classifier.feature_extractor.modules() if isinstance(module, nn.Conv2d)][-1]
    seen: list[torch.Tensor] = []
    hook = last.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    net.train()
    with torch.no_grad():
        net(images[None], images.flip(0)[None], boxes, boxes[:, :, None] + torch.tensor([[4.0], [-3.0]]))
        net.eval()
        net.extract_classification_feat(net.extract_backbone_features(images))
        hook.remove()
        cells = seen[-1].transpose(0, 1).flatten(1)
        values, vectors = torch.linalg.eigh(cells @ cells.t() / cells.shape[1])
        root = vectors * values.clamp(min=float(values[-1]) * 1e-3).rsqrt() @ vectors.t()
        last.weight.copy_(torch.einsum("ocij,cd->odij", last.weight, root))
        net.classifier.filter_initializer.filter_conv.weight.zero_()
        net.classifier.filter_initializer.filter_conv.bias.zero_()
        optimizer.filter_reg.fill_(0.01)
        net.bb_regressor.iou_predictor.weight.mul_(_HEAD_GAIN[name])
    for norm in norms:
        norm.momentum = 0.1
    return net.float()


def follow(tracker: Any) -> dict[str, list[Any]]:
    """Boxes, flags and scores of a tracker from the second frame on."""
    frames = make_frames()
    tracker.initialize(frames[0], {"init_bbox": BOX})
    answers = [tracker.track(frame) for frame in frames[1:]]
    return {
        "boxes": [[float(value) for value in answer["target_bbox"]] for answer in answers],
        "flags": [answer["flag"] for answer in answers],
        "scores": [float(answer["score"]) for answer in answers],
    }
