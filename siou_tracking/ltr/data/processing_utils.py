"""What the processing classes are made of, under the module name that settings files and plug-ins know."""

from siou_tracking.ltr.data.cropping import (
    jittered_center_crop,
    sample_target,
    sample_target_adaptive,
    target_image_crop,
    transform_box_to_crop,
    transform_image_to_crop,
)
from siou_tracking.ltr.data.label_maps import gauss_1d, gauss_2d, gaussian_label_function
from siou_tracking.ltr.data.proposals import iou, perturb_box, sample_box_gmm, sample_boxes_gmm, sample_proposals

__all__ = [
    "gauss_1d",
    "gauss_2d",
    "gaussian_label_function",
    "iou",
    "jittered_center_crop",
    "perturb_box",
    "sample_box_gmm",
    "sample_boxes_gmm",
    "sample_proposals",
    "sample_target",
    "sample_target_adaptive",
    "target_image_crop",
    "transform_box_to_crop",
    "transform_image_to_crop",
]
