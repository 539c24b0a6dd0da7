import pytracking.libs.fourier as fourier
from pytracking.evaluation import Tracker
from pytracking.libs import TensorDict, TensorList

__all__ = ["TensorDict", "TensorList", "Tracker", "fourier"]
