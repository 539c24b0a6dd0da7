from lib.models.ostrack import build_ostrack

from .basetracker import BaseTracker


class OSTrack(BaseTracker):
    def __init__(self, params, dataset_name):
        super().__init__(params)
        self.load(build_ostrack(params.cfg, training=False))


def get_tracker_class():
    return OSTrack
