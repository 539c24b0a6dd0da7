from lib.models.odtrack import build_odtrack

from .basetracker import BaseTracker


class ODTrack(BaseTracker):
    def __init__(self, params):
        super().__init__(params)
        self.load(build_odtrack(params.cfg))

    def boxes(self, search):
        return self.network(self.template[None], search[None])[-1]["pred_boxes"]


def get_tracker_class():
    return ODTrack
