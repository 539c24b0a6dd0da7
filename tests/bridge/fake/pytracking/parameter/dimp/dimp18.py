from pytracking.features.net_wrappers import NetWithBackbone
from pytracking.utils.params import TrackerParams


def parameters():
    params = TrackerParams()
    params.debug = 0
    params.visualization = False
    params.use_gpu = True
    params.net = NetWithBackbone(net_path="dimp18.pth", use_gpu=params.use_gpu)
    return params
