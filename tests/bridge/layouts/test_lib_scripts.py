"""Which file starts the trainings of a kin checkout, where several could."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.layouts.lib_scripts import find_run_training, main_scripts, scripts

STARTS = "import importlib\n\n\ndef run_training():\n    module = importlib.import_module('lib.train.{script}')\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "lib" / "train"
    folder.mkdir(parents=True)
    (folder / "run_training.py").write_text(
        STARTS.format(script="train_script_distill") + STARTS.format(script="train_script")
    )
    (folder / "train_script.py").write_text("import lib.train\n")
    (folder / "train_script_distill.py").write_text("import lib.models.gone\n")
    return folder


def chosen(folder):
    return find_run_training(folder.parent.parent, {"lib"}, set()).name


def test_the_only_file_is_the_one_whatever_it_is_called(folder):
    assert chosen(folder) == "run_training.py"
    (folder / "run_training.py").rename(folder / "run_training_x.py")
    (folder / "train_script.py").write_text("import lib.models.gone\n")
    assert chosen(folder) == "run_training_x.py"


def test_of_several_the_plain_name_unless_its_script_misses_a_file(folder):
    (folder / "run_training_sbt.py").write_text(STARTS.format(script="train_script_sbt"))
    (folder / "train_script_sbt.py").write_text("import lib.train\n")
    assert chosen(folder) == "run_training.py"
    (folder / "train_script.py").write_text("import lib.models.stark\n")
    assert chosen(folder) == "run_training_sbt.py"
    (folder / "train_script_sbt.py").write_text("import lib.models.sbt\n")
    assert chosen(folder) == "run_training.py"


def test_the_scripts_are_those_that_it_names_and_distillation_is_apart(folder):
    assert [path.name for path in scripts(folder / "run_training.py")] == ["train_script_distill.py", "train_script.py"]
    assert [path.name for path in main_scripts(folder / "run_training.py")] == ["train_script.py"]
