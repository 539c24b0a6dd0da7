import importlib

from pytracking.evaluation.environment import env_settings
from pytracking.utils.visdom import Visdom


class Tracker:
    def __init__(self, name, parameter_name, run_id=None, display_name=None):
        self.name = name
        self.parameter_name = parameter_name
        self.results_dir = f"{env_settings().results_path}/{name}/{parameter_name}"
        self.tracker_class = importlib.import_module(f"pytracking.tracker.{name}").get_tracker_class()
        self.visdom = Visdom

    def get_parameters(self):
        return importlib.import_module(f"pytracking.parameter.{self.name}.{self.parameter_name}").parameters()

    def create_tracker(self, params):
        tracker = self.tracker_class(params)
        tracker.visdom = None
        return tracker
