"""Trainers: epochs, checkpoints and statistics."""

from siou_tracking.ltr.trainers.base_trainer import BaseTrainer
from siou_tracking.ltr.trainers.ltr_trainer import LTRTrainer

__all__ = ["BaseTrainer", "LTRTrainer"]
