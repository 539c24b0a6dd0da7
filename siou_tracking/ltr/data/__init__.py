"""Sampling, cropping, augmentation and batching of annotated frames."""

from siou_tracking.ltr.data.loader import LTRLoader

__all__ = ["LTRLoader"]
