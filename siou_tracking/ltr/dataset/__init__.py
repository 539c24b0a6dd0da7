"""Training data sets in their official folder layouts, under PyTracking's names."""

from siou_tracking.ltr.dataset.base_video_dataset import BaseVideoDataset
from siou_tracking.ltr.dataset.coco_seq import MSCOCOSeq
from siou_tracking.ltr.dataset.got10k import Got10k
from siou_tracking.ltr.dataset.lasot import Lasot
from siou_tracking.ltr.dataset.tracking_net import TrackingNet

__all__ = ["BaseVideoDataset", "Got10k", "Lasot", "MSCOCOSeq", "TrackingNet"]
