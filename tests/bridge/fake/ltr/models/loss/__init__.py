from .target_classification import LBHinge

__all__ = ["LBHinge"]
