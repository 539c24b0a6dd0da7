from .image_loader import opencv_loader
from .loader import LTRLoader

__all__ = ["LTRLoader", "opencv_loader"]
