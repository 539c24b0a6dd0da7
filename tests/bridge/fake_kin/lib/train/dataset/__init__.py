from .got10k import Got10k
from .lasot import Lasot

__all__ = ["Got10k", "Lasot"]
