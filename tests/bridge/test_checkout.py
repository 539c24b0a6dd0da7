"""A checkout is found by path, by variable or by import, and everything else is called by its name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import siou_tracking.losses
from siou_tracking.bridge import checkout as module
from siou_tracking.bridge.checkout import HOME_VARIABLE, find_checkout, inner_checkouts
from siou_tracking.bridge.reading.frameworks import BY_HAND, FRAMEWORKS
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


def write_kin(folder: Path, *more: str) -> Path:
    """The files that a checkout of the kin is known by."""
    return write(folder, "lib/train/run_training.py", "lib/train/trainers/base_trainer.py", *more)


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        find_checkout(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_root_and_any_folder_in_it_name_the_same_checkout(tmp_path):
    root = make_fake_checkout(tmp_path / "with a space" / "pytracking")
    for path in (root, root / "pytracking", str(root), root / "ltr" / "train_settings" / "dimp"):
        found = find_checkout(path)
        assert (found.root, found.commit) == (root.resolve(), COMMIT)


def test_a_relative_path_and_the_home_folder_are_resolved(tmp_path, monkeypatch):
    root = make_fake_checkout(tmp_path / "clone")
    monkeypatch.chdir(root / "pytracking")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_checkout(".").root == find_checkout("~/clone").root == root.resolve()


def test_kin_are_known_by_their_packages_whatever_their_scripts_are_called(tmp_path):
    root = write_kin(tmp_path / "OSTrack-main", "experiments/ostrack/a.yaml", "tracking/train.py")
    for part in ("", "lib", "lib/train", "tracking", "experiments/ostrack"):
        found = find_checkout(root / part)
        assert (found.root, found.layout.training) == (root.resolve(), "lib.train")
    (root / "lib/train/run_training.py").rename(root / "lib/train/run_training_x.py")
    assert find_checkout(root).root == root.resolve()


def test_a_folder_around_checkouts_is_told_which_to_give(tmp_path):
    inner = write_kin(tmp_path / "VideoX" / "SeqTrack")
    write(tmp_path / "VideoX", "X-CLIP/main.py", ".git/HEAD")
    assert f"holds a checkout and is none: give {inner}" in refused(tmp_path / "VideoX")
    assert f"holds a checkout and is none: give {inner}" in refused(tmp_path)
    for number in range(9):
        write_kin(tmp_path / f"clone{number}")
    message = refused(tmp_path)
    assert "a folder of 10 checkouts: give one of them: " + str(inner) in message
    assert message.endswith("clone6 and 2 more")


def test_a_checkout_that_holds_another_is_itself_and_the_other_is_listed(tmp_path):
    outer = write_kin(tmp_path / "SGLATrack")
    inner = write_kin(outer / "SGLATrackV2")
    assert find_checkout(outer).root == outer.resolve()
    assert find_checkout(inner / "lib").root == inner.resolve()
    assert inner_checkouts(outer) == [inner]


def test_in_a_tree_of_both_layouts_the_folder_says_which(tmp_path):
    root = write_kin(make_fake_checkout(tmp_path / "both"))
    assert find_checkout(root).layout.training == find_checkout(root / "ltr").layout.training == "ltr"
    assert find_checkout(root / "lib" / "train").layout.training == "lib.train"
    kin = write_kin(tmp_path / "ARTrack", "external/AR/ltr/run_training.py")
    assert find_checkout(kin).layout.training == "lib.train"


def test_the_top_of_another_repository_belongs_to_no_checkout_around_it(tmp_path):
    root = write_kin(tmp_path / "OSTrack")
    write(root / "external" / "other", ".git/HEAD", "README.md")
    assert "a folder without" in refused(root / "external" / "other")


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("lib/train/run_training.py", "lib/train is there without lib/train/trainers/base_trainer.py"),
        ("lib/train/trainers/base_trainer.py", "lib/train is there without lib/train/run_training.py"),
        ("mylib/train/trainers/base_trainer.py", "a checkout whose packages are called mylib.train and not lib.train"),
        ("lib/test/evaluation/tracker.py", "published without its training code: lib/test is there without lib/train"),
    ],
)
def test_an_incomplete_checkout_of_the_kin_lacks_a_file_that_is_named(tmp_path, kept, said):
    write(tmp_path, kept)
    for folder in (tmp_path, (tmp_path / kept).parent.parent, (tmp_path / kept).parent):
        assert said in refused(folder)


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_another_framework_is_refused_by_name_with_what_to_do_instead(tmp_path, framework):
    write(tmp_path, *(f"{part}/__init__.py" if "." not in part else part for part in framework.parts))
    for folder in (tmp_path, tmp_path / Path(framework.parts[0]).parts[0]):
        assert f"got {framework.name}: {framework.advice}" in refused(folder)


def test_the_loss_to_write_by_hand_is_one_value_a_box():
    boxes = torch.tensor([[0.1, 0.1, 0.4, 0.5], [0.2, 0.2, 0.3, 0.3]])
    loss = eval(BY_HAND, {"siou_tracking": siou_tracking})(boxes, boxes)
    assert loss.shape == (2,) and loss.tolist() == pytest.approx([0, 0], abs=1e-6)


def test_an_unknown_folder_is_told_with_what_it_holds(tmp_path):
    assert "it holds models, train.py: allowed" in refused(write(tmp_path, "models/net.py", "train.py"))


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
