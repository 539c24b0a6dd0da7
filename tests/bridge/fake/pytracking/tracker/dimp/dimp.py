from pytracking.tracker.base import BaseTracker


class DiMP(BaseTracker):
    pass
