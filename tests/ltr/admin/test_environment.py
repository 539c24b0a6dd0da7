"""Folders given on the command line become the attributes that settings files read."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.environment import (
    EnvironmentSettings,
    build_environment,
    env_settings,
    use_environment,
)
from siou_tracking.ltr.admin.settings import Settings


def test_got10k_root_and_train_folder_resolve_to_the_train_folder(tmp_path: Path):
    train = tmp_path / "got10k" / "train"
    train.mkdir(parents=True)
    (train / "list.txt").write_text("a\n")
    for given in (train.parent, train):
        assert build_environment(tmp_path, {"got10k": given}).got10k_dir == str(train)


def test_got10k_folder_without_the_layout_is_refused_with_the_layout(tmp_path: Path):
    with pytest.raises(InputError, match=r"neither train/ nor list\.txt; expected train/list\.txt"):
        build_environment(tmp_path, {"got10k": tmp_path})


def test_all_takes_the_folders_that_exist_and_a_named_one_wins(tmp_path: Path):
    for name in ("all/lasot", "all/coco", "other"):
        (tmp_path / name).mkdir(parents=True)
    environment = build_environment(tmp_path, {"all": tmp_path / "all", "coco": tmp_path / "other"})
    assert environment.lasot_dir == str(tmp_path / "all" / "lasot")
    assert environment.coco_dir == str(tmp_path / "other")
    assert not hasattr(environment, "trackingnet_dir")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"lasott": "."}, "did you mean 'lasot'"),
        ({"lasot": "/no/such/folder"}, "--data lasot: /no/such/folder: no such folder; expected"),
        ({"all": "/no/such/folder"}, "--data all: /no/such/folder: no such folder"),
    ],
)
def test_unusable_data_folders_are_named(tmp_path: Path, data: dict, message: str):
    with pytest.raises(InputError, match=message):
        build_environment(tmp_path, data)


def test_all_over_a_folder_without_data_sets_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="holds none of"):
        build_environment(tmp_path, {"all": tmp_path})


def test_reading_a_folder_that_was_not_given_names_the_option():
    with pytest.raises(InputError, match="give --data lasot=DIR, where DIR contains <class>"):
        _ = EnvironmentSettings().lasot_dir


def test_a_settings_file_may_ask_whether_a_folder_was_given():
    assert getattr(EnvironmentSettings(), "lasot_dir", "absent") == "absent"
    assert EnvironmentSettings().workspace_dir == ""


def test_workspace_folders_lie_under_the_workspace(tmp_path: Path):
    environment = build_environment(tmp_path / "w")
    assert environment.workspace_dir == str(tmp_path / "w")
    assert environment.tensorboard_dir == str(tmp_path / "w" / "tensorboard")
    assert not (tmp_path / "w").exists()


def test_settings_take_the_environment_in_force(tmp_path: Path):
    environment = build_environment(tmp_path)
    with use_environment(environment):
        assert Settings().env is environment is env_settings()
    assert Settings().env is not environment


def test_an_unassigned_setting_is_named():
    with pytest.raises(AttributeError, match=r"settings\.output_sz"):
        _ = Settings().output_sz


def test_settings_pickle_under_upstreams_names_and_load_in_safe_mode(tmp_path: Path):
    settings = Settings(build_environment(tmp_path))
    settings.batch_size = 3
    buffer = io.BytesIO()
    with engine_imports():
        torch.save(settings, buffer)
        names = pickle.dumps(settings, protocol=0)
        buffer.seek(0)
        with torch.serialization.safe_globals([Settings, EnvironmentSettings]):
            loaded = torch.load(buffer, weights_only=True)
    assert b"ltr.admin.settings\nSettings" in names
    assert b"ltr.admin.local\nEnvironmentSettings" in names
    assert vars(loaded.env) == vars(settings.env)
    assert loaded.batch_size == 3
