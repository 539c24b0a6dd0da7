import importlib

from lib.test.evaluation.environment import env_settings


class Tracker:
    def __init__(self, name, parameter_name, dataset_name, run_id=None, display_name=None, result_only=False):
        self.name, self.parameter_name, self.dataset_name, self.run_id = name, parameter_name, dataset_name, run_id
        suffix = "" if run_id is None else f"_{run_id:03d}"
        self.results_dir = f"{env_settings().results_path}/{name}/{parameter_name}{suffix}"
        self.tracker_class = importlib.import_module(f"lib.test.tracker.{name}").get_tracker_class()

    def create_tracker(self, params):
        return self.tracker_class(params, self.dataset_name)

    def get_parameters(self):
        return importlib.import_module(f"lib.test.parameter.{self.name}").parameters(self.parameter_name)
