from .tensor import TensorDict

__all__ = ["TensorDict"]
