"""ToMP's network: a backbone and a head whose filter a transformer predicts."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any  # arguments passed on to the head, and those of a constructor

import torch
from torch import Tensor, nn

from siou_tracking.errors import unknown_name
from siou_tracking.ltr.admin.model_constructor import model_constructor
from siou_tracking.ltr.models import backbone
from siou_tracking.ltr.models.given_maps import named_features
from siou_tracking.ltr.models.target_classifier.features import residual_bottleneck
from siou_tracking.ltr.models.transformer.filter_predictor import FilterPredictor
from siou_tracking.ltr.models.transformer.heads import DenseBoxRegressor, Head, LinearFilterClassifier
from siou_tracking.ltr.models.transformer.transformer import (
    Transformer,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)


class ToMPnet(nn.Module):
    """Scores and boxes in a test frame, from train frames in which the target is known.

    Args:
        feature_extractor: a backbone, called with an image and a list of layer names.
        head: see `Head`.
        head_layer: the backbone layer that the head reads, or several.
    """

    def __init__(self, feature_extractor: nn.Module, head: Head, head_layer: str | Sequence[str]) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.head = head
        self.head_layer = [head_layer] if isinstance(head_layer, str) else list(head_layer)
        self.output_layers = sorted(set(self.head_layer))

    def forward(
        self,
        train_imgs: Tensor | Sequence[Tensor],
        test_imgs: Tensor | Sequence[Tensor],
        train_bb: Tensor,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor]:
        """Scores and boxes in training; tracking calls the parts.

        Args:
            train_imgs: (images, sequences, 3, S, S).
            test_imgs: (1, sequences, 3, S, S). In place of both, lists of what the backbone makes of them, a map
                (images, sequences, C, H, W) for each of `output_layers`: then the backbone is not called.
            train_bb: (images, sequences, 4) xywh in pixels.
            args, kwargs: `train_label` (images, sequences, H, W) and `train_ltrb_target` (images, sequences, 4, H, W).

        Returns:
            (1, sequences, H, W) scores, and (1, sequences, 4, H, W) ltrb in parts of the image.

        Raises:
            InputError: images of other dimensions, or another number of maps.
        """
        # Apart, as in upstream: together they would share the statistics of batch norms that train.
        train, test = (
            self.get_backbone_head_feat(
                named_features(images, self.output_layers, "ToMPnet", part, self.extract_backbone_features)
            )
            for part, images in (("train", train_imgs), ("test", test_imgs))
        )
        return self.head(train, test, train_bb, *args, **kwargs)

    def get_backbone_head_feat(self, backbone_feat: OrderedDict[str, Tensor]) -> Any:
        """Of the backbone's features those that the head reads: a tensor, or several by their layers' names."""
        if len(self.head_layer) == 1:
            return backbone_feat[self.head_layer[0]]
        return OrderedDict((layer, backbone_feat[layer]) for layer in self.head_layer)

    def extract_head_feat(self, backbone_feat: OrderedDict[str, Tensor]) -> Tensor:
        """The head's features (N, C, H, W) of the backbone's."""
        return self.head.extract_head_feat(self.get_backbone_head_feat(backbone_feat))

    def extract_backbone_features(self, im: Tensor, layers: Sequence[str] | None = None) -> OrderedDict[str, Tensor]:
        """Backbone features of (N, 3, H, W) images; by default the layers that the head reads."""
        return self.feature_extractor(im, self.output_layers if layers is None else layers)

    def extract_features(self, im: Tensor, layers: Sequence[str] = ("head",)) -> OrderedDict[str, Tensor]:
        """Features of (N, 3, H, W) images by name: backbone layers, and 'head' for the head's."""
        if "head" not in layers:
            return self.feature_extractor(im, layers)
        features = self.feature_extractor(im, sorted({*layers, *self.head_layer} - {"head"}))
        features["head"] = self.extract_head_feat(features)
        return OrderedDict((layer, features[layer]) for layer in layers)


_CHANNELS = {"layer3": 1024, "layer4": 2048}
"""Of the layers of ResNet-50 and ResNet-101 that a head can read."""
_LITE_CHANNELS = 112
_LITE_DISTANCE = 0.1
"""How far a box's edges are in a network that has learned nothing, in parts of the image."""
_LITE_ATTENTION = 3.0
"""How sure the first filter's reader is of the cells that are labeled."""


@model_constructor
def tompnet50(
    filter_size: int = 4,
    head_layer: str = "layer3",
    backbone_pretrained: bool = True,
    head_feat_blocks: int = 0,
    head_feat_norm: bool = True,
    final_conv: bool = True,
    out_feature_dim: int = 512,
    frozen_backbone_layers: str | Iterable[str] = (),
    nhead: int = 8,
    num_encoder_layers: int = 6,
    num_decoder_layers: int = 6,
    dim_feedforward: int = 2048,
    feature_sz: int = 18,
    use_test_frame_encoding: bool = True,
) -> ToMPnet:
    """ToMP on ResNet-50.

    Args:
        filter_size: only scales the features' norm; the predicted filter is 1x1.
        head_layer: 'layer3' or 'layer4'.
        backbone_pretrained: start from ImageNet weights.
        head_feat_blocks, head_feat_norm, final_conv: of the head's features, see `residual_bottleneck`.
        out_feature_dim: channels of the head's features, of the transformer and of the filter.
        frozen_backbone_layers: see `Backbone`.
        nhead, num_encoder_layers, num_decoder_layers, dim_feedforward: see `Transformer`.
        feature_sz, use_test_frame_encoding: see `FilterPredictor`.

    Raises:
        InputError: another `head_layer`.
    """
    return _build(backbone.resnet50, locals())


@model_constructor
def tompnet101(
    filter_size: int = 1,
    head_layer: str = "layer3",
    backbone_pretrained: bool = True,
    head_feat_blocks: int = 0,
    head_feat_norm: bool = True,
    final_conv: bool = True,
    out_feature_dim: int = 512,
    frozen_backbone_layers: str | Iterable[str] = (),
    nhead: int = 8,
    num_encoder_layers: int = 6,
    num_decoder_layers: int = 6,
    dim_feedforward: int = 2048,
    feature_sz: int = 18,
    use_test_frame_encoding: bool = True,
) -> ToMPnet:
    """ToMP on ResNet-101; arguments as `tompnet50`."""
    return _build(backbone.resnet101, locals())


@model_constructor
def tompnet_efficientnet_lite0(
    backbone_pretrained: bool = True,
    out_feature_dim: int = 128,
    nhead: int = 4,
    num_encoder_layers: int = 2,
    num_decoder_layers: int = 2,
    dim_feedforward: int = 256,
    feature_sz: int = 14,
    use_test_frame_encoding: bool = False,
) -> ToMPnet:
    """ToMP on EfficientNet-Lite0 with a smaller transformer: our own network, made to train and track on a CPU.

    The backbone stays in evaluation mode and does not train. Nothing is dropped, for dropped attention weights double
    the time of a step on a CPU. The first boxes have their edges at a tenth of the image
    from the cell, which is where a target of a fifth of the image has them, and not, as exp(0) has it, outside it.
    The first scores are those of a matcher (see `_begin_as_matcher`): hundreds of steps would go into finding one.

    Args: as `tompnet50`.
    """
    extractor = backbone.efficientnet_lite0(pretrained=backbone_pretrained, frozen_layers="all").requires_grad_(False)
    # Values of order 1, as large as what tells tokens of the target: smaller ones would drown in it.
    features = residual_bottleneck(0, 0, True, True, 1.0, out_feature_dim, input_dim=_LITE_CHANNELS)
    layers = (num_encoder_layers, num_decoder_layers)
    transformer = Transformer(out_feature_dim, nhead, *layers, dim_feedforward, dropout=0.0)
    predictor = FilterPredictor(transformer, feature_sz, use_test_frame_encoding)
    classifier, boxes = LinearFilterClassifier(out_feature_dim), DenseBoxRegressor(out_feature_dim)
    nn.init.constant_(boxes.get_parameter("bbreg_layer.bias"), math.log(_LITE_DISTANCE))
    head = Head(predictor, features, classifier, boxes)
    _begin_as_matcher(transformer, classifier, boxes)
    return ToMPnet(extractor, head, "layer3")


def _begin_as_matcher(transformer: Transformer, *readers: LinearFilterClassifier | DenseBoxRegressor) -> None:
    """Set weights so that the filter is the labeled cells' mean and a score the likeness of a cell to it.

    Every sublayer adds nothing at first but the decoder's look at the tokens, whose query is what marks the target.
    """
    with torch.no_grad():
        for layer in transformer.modules():
            if isinstance(layer, TransformerEncoderLayer | TransformerDecoderLayer):
                for part in (layer.self_attn.out_proj, layer.linear2):
                    nn.init.zeros_(part.weight)
                    nn.init.zeros_(part.bias)
            if isinstance(layer, TransformerDecoderLayer):
                look, same = layer.multihead_attn, torch.eye(transformer.d_model)
                look.in_proj_weight.copy_(torch.cat([_LITE_ATTENTION * same, same, same]))
                look.out_proj.weight.copy_(same)
        for reader in readers:
            reader.linear.weight.copy_(torch.eye(transformer.d_model) / transformer.d_model)
            reader.linear.bias.zero_()


def _features(filter_size: int, layer: str, blocks: int, l2norm: bool, final_conv: bool, out_dim: int) -> nn.Sequential:
    """The head's features of a backbone layer, of the same size for every filter that it may be correlated with."""
    if layer not in _CHANNELS:
        raise unknown_name("head_layer", layer, _CHANNELS)
    scale = math.sqrt(1 / (out_dim * filter_size * filter_size))
    return residual_bottleneck(_CHANNELS[layer] // 4, blocks, l2norm, final_conv, scale, out_dim)


def _build(resnet: Callable[..., nn.Module], given: Mapping[str, Any]) -> ToMPnet:
    """A network on a ResNet; `given` are the constructor's arguments, by name."""
    layer, channels = given["head_layer"], given["out_feature_dim"]
    extractor = resnet(pretrained=given["backbone_pretrained"], frozen_layers=given["frozen_backbone_layers"])
    blocks, l2norm = given["head_feat_blocks"], given["head_feat_norm"]
    features = _features(given["filter_size"], layer, blocks, l2norm, given["final_conv"], channels)
    layers = (given["num_encoder_layers"], given["num_decoder_layers"])
    transformer = Transformer(channels, given["nhead"], *layers, given["dim_feedforward"])
    predictor = FilterPredictor(transformer, given["feature_sz"], given["use_test_frame_encoding"])
    head = Head(predictor, features, LinearFilterClassifier(channels), DenseBoxRegressor(channels))
    return ToMPnet(extractor, head, layer)
