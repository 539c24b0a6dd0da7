from .tensordict import TensorDict
from .tensorlist import TensorList

__all__ = ["TensorDict", "TensorList"]
