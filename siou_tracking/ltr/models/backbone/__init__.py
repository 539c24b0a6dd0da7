"""Feature extractors: `net(image, ['layer2', 'layer3'])` returns the named layers' outputs."""

from siou_tracking.ltr.models.backbone.efficientnet_lite import EfficientNetLite0, efficientnet_lite0
from siou_tracking.ltr.models.backbone.resnet import ResNet, resnet18, resnet50, resnet101

__all__ = ["EfficientNetLite0", "ResNet", "efficientnet_lite0", "resnet18", "resnet50", "resnet101"]
