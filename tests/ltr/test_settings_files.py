"""Settings files are found by name or path, and what is wrong with one is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.run_training import train
from siou_tracking.ltr.settings_files import available_settings, find_settings, load_run
from siou_tracking.retrain import TrainRequest


@pytest.fixture(autouse=True)
def no_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTRACKING_HOME", raising=False)


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text(text)
    return path


def load(path: Path):
    with engine_imports():
        return load_run(find_settings(path))


def test_settings_of_the_package_are_listed_and_found():
    assert {"bbreg atom", "bbreg atom_lite"} <= set(available_settings())
    found = find_settings("bbreg", "atom_lite")
    assert found.path.name == "atom_lite.py"
    assert (found.module, found.name) == ("bbreg", "atom_lite")


def test_a_file_is_filed_under_its_folders_name_and_its_own(tmp_path: Path):
    found = find_settings(write(tmp_path, ""))
    assert (found.module, found.name) == (tmp_path.name, "mine")


@pytest.mark.parametrize(
    ("target", "name", "message"),
    [
        ("bbreg", "atom_light", r"settings 'bbreg atom_light': not found: .*did you mean 'bbreg atom_lite'"),
        ("bbreg", None, "settings 'bbreg': not found: allowed are bbreg atom"),
        ("nowhere.py", None, r"nowhere\.py: no such file"),
        ("nowhere.py", "atom", "takes no NAME beside it, got 'atom'"),
    ],
)
def test_settings_that_are_not_there_are_named(target: str, name: str | None, message: str):
    with pytest.raises(InputError, match=message):
        find_settings(target, name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def run(settings:\n", r"mine\.py: line 1: "),
        ("x = 1\n", r"has no function run\(settings\)"),
        ("import ltr.actors.no_such_net as net\n", r"needs ltr\.actors\.no_such_net, which .* --checkout DIR"),
        ("from ltr.actors import NoSuchActor\n", r"needs ltr\.actors\.NoSuchActor, which .* --checkout DIR"),
        ("from ltr import actors\nactors.NoSuchActor\n", r"needs ltr\.actors\.NoSuchActor, which .* --checkout"),
        ("from pytracking.evaluation import Tracker\n", r"needs pytracking\.evaluation, which .* --checkout DIR"),
    ],
)
def test_unusable_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str):
    with pytest.raises(InputError, match=message) as caught:
        load(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_the_checkout_at_pytracking_home_is_named_where_it_would_help(tmp_path: Path, monkeypatch):
    home = tmp_path / "my checkout"
    (home / "ltr/train_settings/kys").mkdir(parents=True)
    (home / "ltr/train_settings/kys/kys.py").write_text("def run(settings): pass\n")
    file = write(tmp_path, "from ltr.models.kys import kysnet\n")
    with pytest.raises(InputError, match=r"settings 'kys kys': not found: allowed are"):
        find_settings("kys", "kys")
    monkeypatch.setenv("PYTRACKING_HOME", str(home))
    named = rf"give --checkout to train with the checkout at \$PYTRACKING_HOME \({home}\)"
    with pytest.raises(InputError, match=f"settings 'kys kys': are a PyTracking checkout's: {named}"):
        find_settings("kys", "kys")
    with pytest.raises(InputError, match=f"needs ltr.models.kys.*: {named}"):
        load(file)
    with pytest.raises(InputError, match=r"settings 'kys kys2': not found"):
        find_settings("kys", "kys2")


def test_what_run_itself_lacks_of_the_engine_is_named_too(tmp_path: Path):
    file = write(tmp_path, "from ltr import actors\ndef run(settings):\n    actors.NoSuchActor(None, None)\n")
    with pytest.raises(InputError, match=r"needs ltr\.actors\.NoSuchActor"):
        train(TrainRequest(file, workspace=tmp_path, quiet=True))


def test_other_import_errors_stay_themselves(tmp_path: Path):
    with pytest.raises(ModuleNotFoundError, match="no_such_package_anywhere"):
        load(write(tmp_path, "import no_such_package_anywhere\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_package_anywhere\n", r"mine\.py: line 1: needs the Python package 'no_such_package_anywhere'"),
        ("def run(settings):\n    1 / 0\n", r"mine\.py: line 2: ZeroDivisionError: division by zero"),
    ],
)
def test_training_says_which_line_of_the_file_went_wrong(tmp_path: Path, text: str, message: str):
    with pytest.raises(InputError, match=message):
        train(TrainRequest(write(tmp_path, text), workspace=tmp_path, quiet=True))


def test_an_error_below_the_file_is_not_blamed_on_it(tmp_path: Path):
    file = write(tmp_path, "import json\ndef run(settings):\n    json.loads('{')\n")
    with pytest.raises(ValueError, match="Expecting property name") as caught:
        train(TrainRequest(file, workspace=tmp_path, quiet=True))
    assert not isinstance(caught.value, InputError)


def test_a_data_set_the_file_reads_but_nobody_gave_is_named_with_its_option(tmp_path: Path):
    file = write(tmp_path, "def run(settings):\n    settings.env.lasot_dir\n")
    with pytest.raises(InputError, match="give --data lasot=DIR"):
        train(TrainRequest(file, workspace=tmp_path, quiet=True))


def test_loading_a_file_writes_nothing_beside_it(tmp_path: Path):
    load(write(tmp_path, "def run(settings): pass\n"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]
