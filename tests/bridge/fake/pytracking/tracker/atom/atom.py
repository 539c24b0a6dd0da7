from pytracking.tracker.base import BaseTracker


class ATOM(BaseTracker):
    pass
