"""Losses that settings files name; the box losses themselves are in `siou_tracking.losses`."""

from siou_tracking.ltr.models.loss.kl_regression import KLRegression, KLRegressionGrid, MLRegression
from siou_tracking.ltr.models.loss.target_classification import LBHinge, LBHingev2

__all__ = ["KLRegression", "KLRegressionGrid", "LBHinge", "LBHingev2", "MLRegression"]
