"""The network of DiMP and PrDiMP: a backbone, a target classifier and an IoU prediction head."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any  # arguments handed on to the classifier's optimizer

from torch import Tensor, nn

from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.given_maps import named_features
from siou_tracking.ltr.models.target_classifier.linear_filter import LinearFilter


class DiMPnet(nn.Module):
    """Learns a target's filter from training images, and scores and refines boxes in test images.

    Args:
        feature_extractor: a backbone, called with images and a list of layer names.
        classifier: the target classifier.
        bb_regressor: the IoU prediction head.
        classification_layer: the backbone layer that the classifier reads, or several.
        bb_regressor_layer: the layers that the head reads, at strides 8 and 16.
    """

    def __init__(
        self,
        feature_extractor: nn.Module,
        classifier: LinearFilter,
        bb_regressor: AtomIoUNet,
        classification_layer: str | Sequence[str],
        bb_regressor_layer: Sequence[str],
    ) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.classifier = classifier
        self.bb_regressor = bb_regressor
        layers = [classification_layer] if isinstance(classification_layer, str) else classification_layer
        self.classification_layer = list(layers)
        self.bb_regressor_layer = list(bb_regressor_layer)
        self.output_layers = sorted({*self.classification_layer, *self.bb_regressor_layer})

    def forward(
        self,
        train_imgs: Tensor | Sequence[Tensor],
        test_imgs: Tensor | Sequence[Tensor],
        train_bb: Tensor,
        test_proposals: Tensor,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[list[Tensor], Tensor]:
        """Scores and predicted overlaps in training.

        Args:
            train_imgs, test_imgs: (images, sequences, 3, S, S); the numbers of images may differ. In place of either a
                list of what the backbone makes of them, a map (images, sequences, C, H, W) for each of `output_layers`:
                then the backbone is not called.
            train_bb: (images, sequences, 4) targets in the training images, xywh in pixels.
            test_proposals: (test images, sequences, P, 4) xywh in pixels.
            args, kwargs: for the classifier's optimizer.

        Returns:
            A (test images, sequences, H', W') for each filter, from the initial one to the last; and
            (test images, sequences, P) overlaps.

        Raises:
            InputError: images of other dimensions, or another number of maps.
        """
        train, test = (
            named_features(images, self.output_layers, "DiMPnet", part, self.extract_backbone_features)
            for part, images in (("train", train_imgs), ("test", test_imgs))
        )
        scores = self.classifier(
            self.get_backbone_clf_feat(train), self.get_backbone_clf_feat(test), train_bb, *args, **kwargs
        )
        overlaps = self.bb_regressor(
            self.get_backbone_bbreg_feat(train), self.get_backbone_bbreg_feat(test), train_bb, test_proposals
        )
        return scores, overlaps

    def get_backbone_clf_feat(self, backbone_feat: Mapping[str, Tensor]) -> Tensor | OrderedDict[str, Tensor]:
        """What the classifier reads of the backbone's outputs: one map, or several by name."""
        if len(self.classification_layer) == 1:
            return backbone_feat[self.classification_layer[0]]
        return OrderedDict((name, backbone_feat[name]) for name in self.classification_layer)

    def get_backbone_bbreg_feat(self, backbone_feat: Mapping[str, Tensor]) -> list[Tensor]:
        """What the IoU prediction head reads of the backbone's outputs."""
        return [backbone_feat[name] for name in self.bb_regressor_layer]

    def extract_classification_feat(self, backbone_feat: Mapping[str, Tensor]) -> Tensor:
        """The features that filters are applied to, (N, C, H, W), from the backbone's outputs."""
        return self.classifier.extract_classification_feat(self.get_backbone_clf_feat(backbone_feat))

    def extract_backbone_features(self, im: Tensor, layers: Sequence[str] | None = None) -> OrderedDict[str, Tensor]:
        """Backbone features of (N, 3, H, W) images; by default the layers that the classifier or the head reads."""
        return self.feature_extractor(im, self.output_layers if layers is None else layers)

    def extract_features(self, im: Tensor, layers: Sequence[str] | None = None) -> OrderedDict[str, Tensor]:
        """Features of (N, 3, H, W) images by name; 'classification' are those that filters are applied to.

        By default the layers that the head reads, and 'classification'.
        """
        wanted = [*self.bb_regressor_layer, "classification"] if layers is None else list(layers)
        if "classification" not in wanted:
            return self.feature_extractor(im, wanted)
        outputs = self.feature_extractor(im, sorted({*wanted, *self.classification_layer} - {"classification"}))
        outputs["classification"] = self.extract_classification_feat(outputs)
        return OrderedDict((name, outputs[name]) for name in wanted)
