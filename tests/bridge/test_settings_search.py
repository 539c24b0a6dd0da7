"""Which settings a name means: a file, then the checkout's own, then the package's."""

from __future__ import annotations

import shutil

import pytest

from siou_tracking.bridge.settings_search import find_checkout_settings, settings_in
from siou_tracking.errors import InputError
from siou_tracking.ltr.settings_files import SettingsFile, available_settings, find_settings


def test_the_checkouts_own_settings_are_listed(fake_checkout):
    assert {"bbreg atom", "dimp dimp18", "tomp tomp50", "kys kys"} <= set(settings_in(fake_checkout))
    assert not any("__init__" in name for name in settings_in(fake_checkout))


def test_the_checkouts_own_come_before_the_packages(fake_checkout):
    assert "bbreg atom" in available_settings()
    own = find_checkout_settings(fake_checkout, "bbreg", "atom")
    assert own.path == fake_checkout.root / "ltr/train_settings/bbreg/atom.py"
    ours = find_checkout_settings(fake_checkout, "bbreg", "atom_lite")
    assert ours == find_settings("bbreg", "atom_lite")


def test_a_file_comes_first_and_takes_no_name(fake_checkout, tmp_path):
    (tmp_path / "atom.py").write_text("def run(settings): pass\n")
    assert find_checkout_settings(fake_checkout, tmp_path / "atom.py").path == tmp_path / "atom.py"
    with pytest.raises(InputError, match="takes no NAME beside it"):
        find_checkout_settings(fake_checkout, tmp_path / "atom.py", "atom")


@pytest.mark.parametrize(
    ("module", "name", "near"),
    [("dimp", "dimp81", "dimp dimp18"), ("dinp", "dimp18", "dimp dimp18"), ("tomp", None, "")],
)
def test_what_is_nowhere_is_answered_with_both_lists_and_the_nearest(fake_checkout, module, name, near):
    with pytest.raises(InputError, match="not found: allowed are") as caught:
        find_checkout_settings(fake_checkout, module, name)
    assert "bbreg atom_lite" in str(caught.value) and "kys kys" in str(caught.value)
    assert near in str(caught.value)


def test_settings_of_the_kin_are_yaml_files_by_folder_and_name_or_by_path(fake_kin, monkeypatch):
    path = fake_kin.root / "experiments" / "ostrack" / "vitb_256.yaml"
    wanted = SettingsFile(path, "ostrack", "vitb_256")
    assert "ostrack vitb_256" in settings_in(fake_kin)
    assert find_checkout_settings(fake_kin, "ostrack", "vitb_256") == wanted
    assert find_checkout_settings(fake_kin, "ostrack", "vitb_256.yaml") == wanted
    assert find_checkout_settings(fake_kin, path) == wanted
    assert find_checkout_settings(fake_kin, "experiments/ostrack/vitb_256.yaml") == wanted
    monkeypatch.chdir(path.parent)
    assert find_checkout_settings(fake_kin, "vitb_256.yaml") == wanted


def test_a_script_whose_folders_have_longer_names_is_meant_by_either(fake_kin):
    folders = fake_kin.root / "experiments"
    (folders / "ostrack").rename(folders / "ostrack-Base")
    path = folders / "ostrack-Base" / "vitb_256.yaml"
    for module in ("ostrack", "ostrack-Base"):
        assert find_checkout_settings(fake_kin, module, "vitb_256") == SettingsFile(path, "ostrack", "vitb_256")


@pytest.mark.parametrize(
    ("module", "name", "said"),
    [
        ("ostrack", None, "got no NAME: allowed are ostrack vitb_256, ostrack vitb_384; did you mean"),
        ("ostrack", "vitb_265", "allowed are ostrack vitb_256, ostrack vitb_384; did you mean 'ostrack vitb_256'"),
        ("ostrak", "vitb_256", "odtrack baseline, ostrack vitb_256, .*; did you mean 'ostrack vitb_256'"),
        ("vitb_384", None, "; did you mean 'ostrack vitb_384'"),
        ("bbreg", "atom_lite", "not found: allowed are artrack artrack_256, "),
        ("mine.py", None, "settings file mine.py: no such file: .* trains from its own [*].yaml alone, of artrack, "),
        ("none.yaml", "vitb_256", "takes no NAME beside it"),
    ],
)
def test_what_the_kin_do_not_have_is_answered_with_what_they_have(fake_kin, module, name, said):
    with pytest.raises(InputError, match=said):
        find_checkout_settings(fake_kin, module, name)


def test_a_checkout_of_the_kin_without_settings_says_where_they_would_be(fake_kin):
    shutil.rmtree(fake_kin.root / "experiments")
    with pytest.raises(InputError, match=r"has none: no file is experiments/\*/\*\.yaml"):
        find_checkout_settings(fake_kin, "ostrack", "vitb_256")
