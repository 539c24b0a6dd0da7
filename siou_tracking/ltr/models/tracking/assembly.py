"""One way to put the networks of this family together from the arguments of their constructors."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any  # arguments of any constructor, and what they make

from torch import nn

from siou_tracking.errors import unknown_name
from siou_tracking.ltr.models import backbone
from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.target_classifier.features import residual_basic_block, residual_bottleneck
from siou_tracking.ltr.models.target_classifier.initializer import FilterInitializerLinear
from siou_tracking.ltr.models.target_classifier.linear_filter import LinearFilter
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet

_RENAMED = {
    "num_iter": "optim_iter",
    "init_step_length": "optim_init_step",
    "init_filter_reg": "optim_init_reg",
    "min_filter_reg": "optim_min_reg",
    "mask_act": "target_mask_act",
}
"""What a network's constructor calls an argument of its optimizer, where it is another name."""
_BOTTLENECK = {"layer3": 256, "layer4": 512}
"""Inner channels of ResNet-50's blocks, a quarter of what a layer gives."""
_LITE = (40, 112)
"""Channels of layers 2 and 3 of EfficientNet-Lite0."""


def make_from(make: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """What `make` makes of those of a network's arguments that it takes too, under its names."""
    named = {name: _RENAMED.get(name, name) for name in inspect.signature(make).parameters}
    return make(**{name: arguments[given] for name, given in named.items() if given in arguments})


def resnet18_network(optimizer: nn.Module, arguments: Mapping[str, Any]) -> DiMPnet:
    """A network on ResNet-18 with that optimizer of the filter; `arguments` are its constructor's, by name."""
    features = residual_basic_block(**_feature_arguments(arguments))
    return _joined(_resnet(backbone.resnet18, arguments), (128, 256), optimizer, features, arguments)


def resnet50_network(optimizer: nn.Module, arguments: Mapping[str, Any]) -> DiMPnet:
    """A network on ResNet-50; see `resnet18_network`."""
    layer = arguments["classification_layer"]
    if layer not in _BOTTLENECK:
        raise unknown_name("classification layer of a network on ResNet-50", layer, _BOTTLENECK)
    features = residual_bottleneck(feature_dim=_BOTTLENECK[layer], **_feature_arguments(arguments))
    return _joined(_resnet(backbone.resnet50, arguments), (512, 1024), optimizer, features, arguments)


def lite_network(optimizer: nn.Module, arguments: Mapping[str, Any]) -> DiMPnet:
    """A network on EfficientNet-Lite0, which does not train; see `resnet18_network`."""
    extractor = backbone.efficientnet_lite0(pretrained=arguments["backbone_pretrained"], frozen_layers="all")
    features = residual_basic_block(feature_dim=_LITE[1], **_feature_arguments(arguments))
    return _joined(extractor.requires_grad_(False), _LITE, optimizer, features, arguments)


def _resnet(make: Callable[..., nn.Module], arguments: Mapping[str, Any]) -> nn.Module:
    trained = arguments.get("train_feature_extractor", True)
    frozen = arguments.get("frozen_backbone_layers", ()) if trained else "all"
    return make(pretrained=arguments["backbone_pretrained"], frozen_layers=frozen)


def _feature_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    elements = arguments["out_feature_dim"] * arguments["filter_size"] ** 2
    return {
        "num_blocks": arguments["clf_feat_blocks"],
        "l2norm": arguments["clf_feat_norm"],
        "final_conv": arguments["final_conv"],
        "norm_scale": math.sqrt(1 / elements),  # scores of order 1, whatever the filter's size
        "out_dim": arguments["out_feature_dim"],
        "final_relu": arguments.get("final_relu", False),
    }


def _joined(
    extractor: nn.Module,
    channels: tuple[int, int],
    optimizer: nn.Module,
    features: nn.Module,
    arguments: Mapping[str, Any],
) -> DiMPnet:
    """The backbone whose layers 2 and 3 have so many channels, the classifier and the IoU prediction head."""
    initializer = FilterInitializerLinear(
        filter_size=arguments["filter_size"],
        feature_dim=arguments["out_feature_dim"],
        pool_square=arguments.get("init_pool_square", False),
        filter_norm=arguments["init_filter_norm"],
        init_weights=arguments.get("init_initializer", "default"),
    )
    classifier = LinearFilter(arguments["filter_size"], initializer, optimizer, features)
    hidden = {"hidden_dim": arguments["iou_hidden_dim"]} if "iou_hidden_dim" in arguments else {}
    head = AtomIoUNet(channels, arguments["iou_input_dim"], arguments["iou_inter_dim"], **hidden)
    return DiMPnet(extractor, classifier, head, arguments["classification_layer"], ["layer2", "layer3"])
