"""Weights and inputs that any torch version and any platform makes alike, and the numbers compared on them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def wave(shape: tuple[int, ...], phase: float, amplitude: float = 1.0) -> Tensor:
    """Deterministic values without a random generator: the sines of widely spaced angles."""
    index = torch.arange(math.prod(shape), dtype=torch.float64)
    return (amplitude * torch.sin(index * 12.9898 + phase * 78.233)).to(torch.float32).view(shape)


def fill(net: nn.Module) -> None:
    """Give every parameter and buffer a value of the size that keeps activations near 1."""
    state = {}
    for number, (key, value) in enumerate(net.state_dict().items()):
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(5)
        elif value.dim() > 1:
            state[key] = wave(tuple(value.shape), number, math.sqrt(4 / value[0].numel()))
        elif key.endswith(("running_var", "weight")):
            state[key] = 1 + wave(tuple(value.shape), number, 0.3)
        else:
            state[key] = wave(tuple(value.shape), number, 0.2)
    net.load_state_dict(state)


def inputs() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and boxes of two sequences with three proposals each, one of them partly outside its image."""
    train, test = wave((1, 2, 3, 96, 96), 0.1), wave((1, 2, 3, 96, 96), 0.2)
    boxes = torch.tensor([[[30.0, 28.0, 33.5, 40.25], [10.5, 44.0, 50.0, 20.0]]])
    proposals = boxes.unsqueeze(2) + torch.tensor([[0.0, 0, 0, 0], [4.2, -3.1, 6.3, 2.2], [-22.7, 30.4, 11.0, -7.5]])
    return train, test, boxes, proposals


def evaluate(net: nn.Module) -> dict[str, list[float]]:
    """Overlaps predicted in evaluation mode with their gradient to the proposals, then one step's worth of training."""
    train, test, boxes, proposals = inputs()
    net.eval()
    proposals = proposals.requires_grad_()
    predicted = net(train, test, boxes, proposals)
    (gradient,) = torch.autograd.grad(predicted.sum(), proposals)
    features = net.extract_backbone_features(test[0])
    modulation = net.bb_regressor.get_modulation(list(net.extract_backbone_features(train[0]).values()), boxes[0])
    values = {
        "predicted": predicted,
        "proposal gradient": gradient,
        "layer2 sample": features["layer2"][1, ::17, 3, 5],
        "layer3 sample": features["layer3"][0, ::31, 2, 4],
        "modulation at stride 8": modulation[0][:, ::37],
        "modulation at stride 16": modulation[1][:, ::41],
    }
    net.train()
    in_training = net(train, test, boxes, proposals.detach())
    in_training.square().sum().backward()
    values["predicted in training"] = in_training
    values["last layer's gradient"] = net.bb_regressor.iou_predictor.weight.grad[0, ::23]
    values["first layer's gradient"] = net.bb_regressor.conv3_1t[0].weight.grad[::19, 5, 1, 1]
    values["backbone statistics"] = dict(net.named_buffers())["feature_extractor.layer2.0.bn1.running_mean"][::9]
    return {name: value.detach().flatten().tolist() for name, value in values.items()}
