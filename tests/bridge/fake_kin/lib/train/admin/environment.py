import importlib
from pathlib import Path


def env_settings():
    try:
        return importlib.import_module("lib.train.admin.local").EnvironmentSettings()
    except Exception as error:
        template = Path(__file__).with_name("local.py")
        template.write_text("class EnvironmentSettings:\n    workspace_dir = ''\n    got10k_dir = ''\n")
        raise RuntimeError(f"set your folders in {template}") from error
