"""Folders: what was given wins over the user's own files, which are never written and may be broken."""

from __future__ import annotations

import importlib
import pickle
from pathlib import Path

import pytest
import torch

from siou_tracking.bridge.session import checkout_session
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import build_environment

TRAINING = "ltr/admin/local.py"
TRACKING = "pytracking/evaluation/local.py"
OWN_TRAINING = """
from pathlib import Path
class EnvironmentSettings:
    got10k_dir = '/own/got10k'
    def __init__(self):
        self.workspace_dir = Path('/own/workspace')
        self.tensorboard_dir = '/own/tensorboard'
        self.lasot_dir = '/own/lasot'
        self.coco_dir = ''
        self.my_own_set = '/own/set'
    @property
    def trackingnet_dir(self):
        return '/own/trackingnet'
"""
OWN_TRACKING = """
from pytracking.evaluation.environment import EnvSettings
def local_env_settings():
    settings = EnvSettings()
    settings.network_path = ['/own/networks', '/more/networks']
    settings.otb_path = '/own/otb'
    settings.result_plot_path = '/own/plots'
    return settings
"""


def training():
    return importlib.import_module("ltr.admin.environment").env_settings()


def tracking():
    return importlib.import_module("pytracking.evaluation.environment").env_settings()


def test_the_users_training_folders_are_the_base(fake_checkout):
    (fake_checkout.root / TRAINING).write_text(OWN_TRAINING)
    with checkout_session(fake_checkout, {"lasot_dir": Path("/given/lasot")}, announce=False):
        folders = training()
    assert (folders.workspace_dir, folders.tensorboard_dir) == ("/own/workspace", "/own/tensorboard")
    assert folders.lasot_dir == "/given/lasot"
    assert (folders.got10k_dir, folders.trackingnet_dir) == ("/own/got10k", "/own/trackingnet")
    assert folders.my_own_set == "/own/set"


def test_a_given_workspace_takes_its_curves_along(fake_checkout, tmp_path):
    (fake_checkout.root / TRAINING).write_text(OWN_TRAINING)
    with checkout_session(fake_checkout, {"workspace_dir": str(tmp_path)}, announce=False):
        assert training().tensorboard_dir == str(tmp_path / "tensorboard")
    with checkout_session(fake_checkout, build_environment(tmp_path), announce=False):
        assert training().tensorboard_dir == str(tmp_path / "tensorboard")


UNFILLED = """
class EnvironmentSettings:
    def __init__(self):
        self.workspace_dir = ''
        self.tensorboard_dir = self.workspace_dir + '/tensorboard/'
        self.pretrained_networks = self.workspace_dir + '/pretrained_networks/'
        self.lasot_dir = ''
        self.mydata_dir = ''
"""


def test_a_template_that_was_never_filled_in_means_the_default_workspace(fake_checkout, tmp_path, monkeypatch):
    (fake_checkout.root / TRAINING).write_text(UNFILLED)
    monkeypatch.chdir(tmp_path)
    for given, workspace in (({}, tmp_path / "workspace"), ({"workspace_dir": str(tmp_path / "w")}, tmp_path / "w")):
        with checkout_session(fake_checkout, given, announce=False):
            folders = training()
            with pytest.raises(InputError, match="give --data mydata=DIR"):
                _ = folders.mydata_dir
        assert folders.workspace_dir == str(workspace)
        assert folders.tensorboard_dir == str(workspace / "tensorboard")
        assert folders.pretrained_networks == str(workspace / "pretrained_networks")


def test_a_folder_that_nobody_gave_names_the_option_and_its_layout(fake_checkout):
    (fake_checkout.root / TRAINING).write_text(OWN_TRAINING)
    with checkout_session(fake_checkout, announce=False), pytest.raises(InputError, match="--data coco=DIR"):
        _ = training().coco_dir


def test_without_a_file_outputs_go_to_the_workspace_and_networks_are_still_looked_for_in_the_checkout(
    fake_checkout, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with checkout_session(fake_checkout, announce=False):
        assert training().workspace_dir == str(tmp_path / "workspace")
        assert tracking().results_path == str(tmp_path / "workspace" / "tracking_results")
        assert Path(tracking().network_path) == fake_checkout.root / "pytracking" / "networks"
    assert not (tmp_path / "workspace").exists()


def test_the_users_tracking_folders_are_the_base_but_no_output_goes_into_the_checkout(fake_checkout, tmp_path):
    (fake_checkout.root / TRACKING).write_text(OWN_TRACKING)
    given = {"otb_path": "/given/otb"}
    with checkout_session(fake_checkout, {"workspace_dir": str(tmp_path)}, tracking=given, announce=False):
        folders = tracking()
    assert folders.network_path == ["/own/networks", "/more/networks"]
    assert folders.otb_path == "/given/otb"
    assert folders.result_plot_path == "/own/plots"
    assert folders.results_path == str(tmp_path / "tracking_results")


BROKEN = {
    "class EnvironmentSettings:\n  def": "SyntaxError",
    "import no_such_module": "ModuleNotFoundError: No module named 'no_such_module'",
    "raise SystemExit('no folders here')": "SystemExit: no folders here",
    "other = 1": "AttributeError",
}


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("file", [TRAINING, TRACKING])
def test_a_broken_file_is_told_in_one_line_and_left_as_it_is(fake_checkout, tmp_path, capsys, file, content):
    path = fake_checkout.root / file
    path.write_text(content)
    with checkout_session(fake_checkout, {"workspace_dir": str(tmp_path)}, announce=False):
        assert training().workspace_dir == str(tmp_path)
        for _ in range(2):
            assert tracking().results_path == str(tmp_path / "tracking_results")
    (line,) = capsys.readouterr().out.splitlines()
    assert str(path) in line and BROKEN[content] in line
    assert path.read_text() == content


def test_the_environment_is_pickled_by_value_under_the_checkouts_class_name(fake_checkout, tmp_path):
    with checkout_session(fake_checkout, {"workspace_dir": str(tmp_path)}, announce=False):
        folders = training()
        assert (type(folders).__module__, type(folders).__name__) == ("ltr.admin.local", "EnvironmentSettings")
        copy = pickle.loads(pickle.dumps(folders))
        assert vars(copy) == vars(folders)
        torch.save({"settings": importlib.import_module("ltr.admin.settings").Settings()}, tmp_path / "c.pth")
        assert vars(torch.load(tmp_path / "c.pth")["settings"].env) == vars(folders)
