"""Crops around a target, and where a box lies in such a crop: ATOM's fixed windows, DiMP's that keep to the image."""

from siou_tracking.ltr.data.cropping.adaptive import sample_target_adaptive, target_image_crop, transform_box_to_crop
from siou_tracking.ltr.data.cropping.centered import jittered_center_crop, sample_target, transform_image_to_crop

__all__ = [
    "jittered_center_crop",
    "sample_target",
    "sample_target_adaptive",
    "target_image_crop",
    "transform_box_to_crop",
    "transform_image_to_crop",
]
