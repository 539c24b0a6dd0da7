import importlib
from pathlib import Path


class EnvSettings:
    def __init__(self):
        here = Path(__file__).resolve().parents[1]
        self.results_path = f"{here}/tracking_results/"
        self.network_path = f"{here}/networks/"
        self.otb_path = ""
        self.lasot_path = ""


def env_settings():
    try:
        return importlib.import_module("lib.test.evaluation.local").local_env_settings()
    except Exception as error:
        template = Path(__file__).with_name("local.py")
        template.write_text("from test.evaluation.environment import EnvSettings\n")
        raise RuntimeError(f"set your folders in {template}") from error
