"""The network of the one-stage tracker, and how boxes are read from what it returns: start in net.py."""

from siou_tracking.mot.models.boxes import decode_boxes
from siou_tracking.mot.models.net import MOTNet, mot_net

__all__ = ["MOTNet", "decode_boxes", "mot_net"]
