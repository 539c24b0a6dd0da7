from .base_trainer import BaseTrainer
from .ltr_seq_trainer import LTRSeqTrainer
from .ltr_trainer import LTRTrainer

__all__ = ["BaseTrainer", "LTRSeqTrainer", "LTRTrainer"]
