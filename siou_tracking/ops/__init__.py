"""Operators that torch does not have."""

from siou_tracking.ops.prroi_pool import PrRoIPool2D, prroi_pool2d, prroi_pool2d_grouped

__all__ = ["PrRoIPool2D", "prroi_pool2d", "prroi_pool2d_grouped"]
