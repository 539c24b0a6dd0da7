from .got10k import Got10k
from .lvis import LVIS

__all__ = ["LVIS", "Got10k"]
