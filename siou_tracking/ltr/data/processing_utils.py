"""What the processing classes are made of, under the module name that settings files and plug-ins know."""

from siou_tracking.ltr.data.cropping import jittered_center_crop, sample_target, transform_image_to_crop
from siou_tracking.ltr.data.proposals import iou, perturb_box, sample_box_gmm, sample_proposals

__all__ = [
    "iou",
    "jittered_center_crop",
    "perturb_box",
    "sample_box_gmm",
    "sample_proposals",
    "sample_target",
    "transform_image_to_crop",
]
