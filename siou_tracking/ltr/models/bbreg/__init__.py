"""Bounding box regression: ATOM's IoU prediction."""

from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet

__all__ = ["AtomIoUNet"]
