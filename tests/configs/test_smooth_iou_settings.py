"""Each tracker of PyTracking that learns boxes has a setting that trains it with Smooth-IoU."""

from __future__ import annotations

from pathlib import Path

import pytest
from siou_tracking.configs import smooth_iou

from siou_tracking.errors import InputError
from siou_tracking.ltr.run_training import train
from siou_tracking.ltr.settings_files import available_settings, find_settings
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from tests.train_options import TINY

TRACKERS = {
    "bbreg": ["atom", "atom_paper", "atom_gmm_sampl"],
    "dimp": ["dimp18", "dimp50", "prdimp18", "prdimp50", "super_dimp", "super_dimp_simple"],
    "tomp": ["tomp50", "tomp101"],
    "tamos": ["tamos_resnet50", "tamos_swin_base"],
}
SETTINGS = [(module, name) for module, names in TRACKERS.items() for name in names]
ABSENT = [(module, name) for module, name in SETTINGS if f"{module} {name}" not in available_settings()]
"""Those whose original does not come with the package."""


@pytest.fixture(autouse=True)
def no_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTRACKING_HOME", raising=False)


def test_no_setting_is_missing_from_this_list():
    ours = [name for name in available_settings() if name.endswith("_smooth_iou")]
    assert sorted(ours) == sorted(f"{module} {name}_smooth_iou" for module, name in SETTINGS)


@pytest.mark.parametrize(("module", "name"), SETTINGS)
def test_the_table_says_in_one_line_what_the_loss_changes(module: str, name: str):
    filed, change = smooth_iou.TRACKERS[name]
    assert filed == module and "Smooth-IoU" in change and "instead of" in change
    assert "\n" not in change
    assert find_settings(module, f"{name}_smooth_iou").path == Path(smooth_iou.__file__)


@pytest.mark.parametrize(("module", "name"), ABSENT)
def test_without_a_checkout_the_setting_says_that_it_needs_one(module: str, name: str, tmp_path: Path):
    missing = f"needs ltr.train_settings.{module}.{name}, which the embedded engine does not have"
    with pytest.raises(InputError, match=f"{missing}: give a checkout by --checkout DIR"):
        train(TrainRequest(module, f"{name}_smooth_iou", workspace=tmp_path, **TINY))
    assert not (tmp_path / "checkpoints").exists()


def test_atom_trains_on_the_embedded_engine_as_the_flag_would(stand_ins: dict, tmp_path: Path):
    data = stand_ins["data"]
    flag = train(
        TrainRequest(
            "bbreg", "atom", box_loss=BoxLossChoice("smooth_iou"), data=data, workspace=tmp_path / "flag", **TINY
        )
    )
    line = train(TrainRequest("bbreg", "atom_smooth_iou", data=data, workspace=tmp_path / "line", **TINY))
    assert line.stats == flag.stats
    assert line.project_path == flag.project_path == "ltr/bbreg/atom_smooth_iou"


def test_the_file_alone_is_enough_wherever_it_is_copied(stand_ins: dict, tmp_path: Path):
    copy = tmp_path / "mine" / "atom_smooth_iou.py"
    copy.parent.mkdir()
    copy.write_bytes(find_settings("bbreg", "atom_smooth_iou").path.read_bytes())
    result = train(TrainRequest(copy, data=stand_ins["data"], workspace=tmp_path, **TINY))
    assert result.project_path == "ltr/mine/atom_smooth_iou"
    assert "IoU/mean" in result.stats["train"]


def test_a_copy_whose_name_is_no_trackers_says_which_names_are(tmp_path: Path):
    copy = tmp_path / "atom_smoth_iou.py"
    copy.write_bytes(Path(smooth_iou.__file__).read_bytes())
    with pytest.raises(InputError, match=r"unknown Smooth-IoU settings 'atom_smoth_iou': .*'atom_smooth_iou'\?"):
        train(TrainRequest(copy, workspace=tmp_path, **TINY))


def test_a_name_that_is_nearly_one_is_told_the_nearest():
    with pytest.raises(InputError, match=r"did you mean 'dimp dimp50_smooth_iou'\?"):
        find_settings("dimp", "dimp50_smoth_iou")
    with pytest.raises(InputError, match="not found"):
        find_settings("bbreg", "dimp50_smooth_iou")


def test_command_line_wins_over_the_setting(stand_ins: dict, tmp_path: Path):
    data = stand_ins["data"]
    result = train(
        TrainRequest("bbreg", "atom_smooth_iou", box_loss=BoxLossChoice("giou"), data=data, workspace=tmp_path, **TINY)
    )
    assert result.project_path == "ltr/bbreg/atom_smooth_iou_giou"
