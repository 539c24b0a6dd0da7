"""A checkout is found by path, by variable or by import, and everything else is called by its name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from siou_tracking.bridge import checkout as module
from siou_tracking.bridge.checkout import HOME_VARIABLE, find_checkout
from siou_tracking.errors import InputError
from tests.bridge.fake_checkout import COMMIT, make_fake_checkout


@pytest.fixture(autouse=True)
def _no_checkout_by_default(monkeypatch):
    monkeypatch.delenv(HOME_VARIABLE, raising=False)


def write(folder: Path, *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("")
    return folder


def test_the_root_and_its_pytracking_folder_name_the_same_checkout(tmp_path):
    root = make_fake_checkout(tmp_path / "with a space" / "pytracking")
    for path in (root, root / "pytracking", str(root)):
        found = find_checkout(path)
        assert (found.root, found.commit) == (root.resolve(), COMMIT)


def test_a_relative_path_and_the_home_folder_are_resolved(tmp_path, monkeypatch):
    root = make_fake_checkout(tmp_path / "clone")
    monkeypatch.chdir(root / "pytracking")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_checkout(".").root == find_checkout("~/clone").root == root.resolve()


def test_links_to_either_folder_are_followed(tmp_path):
    root = make_fake_checkout(tmp_path / "clone")
    for name, target in (("whole", root), ("part", root / "pytracking")):
        try:
            (tmp_path / name).symlink_to(target, target_is_directory=True)
        except OSError:
            pytest.skip("this system makes no links")
        assert find_checkout(tmp_path / name).root == root.resolve()


def test_a_path_wins_over_the_variable_and_the_variable_over_what_can_be_imported(tmp_path, monkeypatch):
    given, named, importable = (make_fake_checkout(tmp_path / name) for name in ("given", "named", "importable"))
    monkeypatch.syspath_prepend(importable)
    assert find_checkout().root == importable
    monkeypatch.setenv(HOME_VARIABLE, str(named))
    assert find_checkout().root == named
    assert find_checkout(given).root == given


def test_looking_for_an_importable_one_imports_nothing(tmp_path, monkeypatch):
    root = make_fake_checkout(tmp_path)
    (root / "pytracking" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(root)
    find_checkout()
    assert not [name for name in sys.modules if name.partition(".")[0] in ("ltr", "pytracking")]


E_MAIL = ("pytracking/__init__.py", "pytracking/tracking.py", "pytracking/webhook.py")
CASES = {
    "PyPI's 'pytracking', an e-mail click tracker": E_MAIL,
    "incomplete checkout: pytracking/ without ltr/": ("pytracking/__init__.py", "pytracking/evaluation/tracker.py"),
    "incomplete checkout: ltr/ without pytracking/": ("ltr/__init__.py", "ltr/run_training.py"),
    "PyPI's 'ltr' is a learning-to-rank package": ("pytracking/evaluation/tracker.py", "ltr/__init__.py"),
    "PyPI's 'ltr', a learning-to-rank package": ("ltr/__init__.py", "ltr/rank.py"),
    "a folder without pytracking/evaluation/tracker.py": ("README.md",),
    "an empty folder": (),
}


@pytest.mark.parametrize("said", CASES)
def test_what_is_no_checkout_is_called_what_it_is(tmp_path, said):
    write(tmp_path, *CASES[said])
    with pytest.raises(InputError) as caught:
        find_checkout(tmp_path)
    message = str(caught.value)
    assert said in message and f"--checkout {tmp_path}" in message and "github.com/visionml/pytracking" in message


def test_the_email_package_itself_and_its_folder_are_both_recognized(tmp_path):
    write(tmp_path, *E_MAIL)
    with pytest.raises(InputError, match="e-mail click tracker"):
        find_checkout(tmp_path / "pytracking")


def test_the_folder_pytracking_of_an_incomplete_checkout_is_called_incomplete(tmp_path):
    write(tmp_path, "pytracking/__init__.py", "pytracking/evaluation/tracker.py")
    with pytest.raises(InputError, match="without ltr/ beside it"):
        find_checkout(tmp_path / "pytracking")


def test_a_file_and_a_missing_folder_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="got no such folder"):
        find_checkout(tmp_path / "nowhere")
    with pytest.raises(InputError, match="got a file"):
        find_checkout(write(tmp_path, "file") / "file")


def test_a_wrong_variable_is_named_and_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(make_fake_checkout(tmp_path / "importable"))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=f"{HOME_VARIABLE}=.*nowhere: got no such folder"):
        find_checkout()


def test_without_any_the_importable_email_package_is_named(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(write(tmp_path, *E_MAIL))
    with pytest.raises(InputError, match=f"neither --checkout DIR nor {HOME_VARIABLE}; import finds PyPI's"):
        find_checkout()


def test_a_module_of_that_name_without_a_spec_does_no_harm(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytracking", type(sys)("pytracking"))
    with pytest.raises(InputError, match=f"got neither --checkout DIR nor {HOME_VARIABLE}: allowed"):
        find_checkout()


def test_an_archive_without_git_data_is_a_checkout_of_unknown_commit(tmp_path, monkeypatch):
    root = make_fake_checkout(tmp_path)
    monkeypatch.setattr(module, "head_commit", lambda root: None)
    assert str(find_checkout(root)) == f"{root} (commit unknown)"
