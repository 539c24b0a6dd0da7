from .environment import env_settings
from .stats import AverageMeter, StatValue
from .tensorboard import TensorboardWriter

__all__ = ["AverageMeter", "StatValue", "TensorboardWriter", "env_settings"]
