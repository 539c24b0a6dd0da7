from lib.models.mixformer_vit import build_mixformer_vit

from .basetracker import BaseTracker


class MixFormerOnline(BaseTracker):
    def __init__(self, params, dataset_name):
        super().__init__(params)
        self.load(build_mixformer_vit(params.cfg))
        self.update_intervals = params.cfg.TEST.UPDATE_INTERVALS[dataset_name.upper()]


def get_tracker_class():
    return MixFormerOnline
