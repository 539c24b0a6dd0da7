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
    coco_year_of,
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
        ({"lasto": "."}, "did you mean 'lasot'"),
        ({"my-data": "."}, "unknown training data set 'my-data': .*NAME for settings.env.NAME_dir"),
        ({"otb2015": "."}, "unknown training data set 'otb2015'"),
        ({"workspace": "."}, "unknown training data set 'workspace'"),
        ({"mydata": "/no/such/folder"}, "--data mydata: /no/such/folder: no such folder"),
        ({"lasot": "/no/such/folder"}, "--data lasot: /no/such/folder: no such folder; expected"),
        ({"all": "/no/such/folder"}, "--data all: /no/such/folder: no such folder"),
    ],
)
def test_unusable_data_folders_are_named(tmp_path: Path, data: dict, message: str):
    with pytest.raises(InputError, match=message):
        build_environment(tmp_path, data)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("mydata", "mydata_dir"),
        ("mydata_dir", "mydata_dir"),
        ("mydata_path", "mydata_path"),
        ("got10k_val", "got10k_val_dir"),
        ("coco17", "coco17_dir"),
        ("lasot_dir", "lasot_dir"),
    ],
)
def test_a_data_set_of_the_settings_files_own_becomes_its_attribute(tmp_path: Path, name: str, attribute: str):
    assert getattr(build_environment(tmp_path / "w", {name: tmp_path}), attribute) == str(tmp_path)
    (tmp_path / "lasot").mkdir()
    (tmp_path / name).mkdir()
    wanted = str(tmp_path / name) if name != "lasot_dir" else str(tmp_path / "lasot")
    assert getattr(build_environment(tmp_path / "w", {"all": tmp_path}), attribute) == wanted


def test_all_never_takes_a_folder_for_the_workspace(tmp_path: Path):
    for name in ("coco", "workspace", "otb2015", "not-a-name"):
        (tmp_path / name).mkdir()
    given = vars(build_environment(tmp_path / "w", {"all": tmp_path}))
    assert given["workspace_dir"] == str(tmp_path / "w")
    assert set(given) == {"workspace_dir", "tensorboard_dir", "pretrained_networks", "coco_dir"}


@pytest.mark.parametrize(("attribute", "option"), [("mydata_dir", "mydata"), ("mydata_path", "mydata_path")])
def test_reading_a_data_set_of_ones_own_that_was_not_given_names_the_option(attribute: str, option: str):
    with pytest.raises(InputError, match=f"env.{attribute}: .* not given: give --data {option}=DIR"):
        getattr(EnvironmentSettings(), attribute)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("MSCOCOSeq(settings.env.coco_dir)", "2014"),
        ("MSCOCOSeq(settings.env.coco_dir, version='2017')", "2017"),
        ('class MSCOCOSeq:\n    def __init__(self, root,\n                 version="2017"):', "2017"),
        ("x = y(version='2017')", "2014"),
    ],
)
def test_the_hint_names_the_year_of_coco_that_is_wanted(tmp_path: Path, text: str, year: str):
    (tmp_path / "settings.py").write_text(text)
    with coco_year_of(tmp_path / "none.py", tmp_path / "settings.py"):
        with pytest.raises(InputError, match=rf"instances_train{year}\.json and images/train{year}/"):
            _ = EnvironmentSettings().coco_dir
        with pytest.raises(InputError, match=f"no such folder; expected one with annotations/instances_train{year}"):
            build_environment(tmp_path, {"coco": "/no/such"})


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
