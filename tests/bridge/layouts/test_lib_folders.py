"""Folders of a checkout of the kin: those of its authors, which many of them committed, are not the user's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from tests.train_options import train_request

LOCAL = "lib/train/admin/local.py"


def write_local(root: Path, workspace: object, got10k: object) -> None:
    (root / LOCAL).write_text(
        "class EnvironmentSettings:\n    def __init__(self):\n"
        f"        self.workspace_dir = {str(workspace)!r}\n        self.got10k_dir = {str(got10k)!r}\n"
    )


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def committed(fake_kin, tmp_path, tiny_got10k):
    """A checkout whose author committed folders that even exist here."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    shutil.rmtree(fake_kin.root / ".git")
    write_local(fake_kin.root, tmp_path / "author", tiny_got10k / "train")
    git(fake_kin.root, "init", "--quiet")
    git(fake_kin.root, "add", ".")
    git(fake_kin.root, "commit", "--quiet", "-m", "all")
    return find_checkout(fake_kin.root)


def train(checkout, **options):
    return train_checkout(checkout, train_request("ostrack", "vitb_256", pretrained=False, epochs=1, **options))


def test_committed_folders_are_not_used_and_that_is_said(committed, tmp_path, tiny_got10k, caplog):
    with pytest.raises(InputError, match="give --data got10k=DIR"):
        train(committed, workspace=tmp_path / "w")
    assert "local.py: not used, its author's own folders as committed" in caplog.text
    result = train(committed, workspace=tmp_path / "w", data={"got10k": tiny_got10k})
    assert result.checkpoint.is_relative_to(tmp_path / "w")
    assert not (tmp_path / "author").exists()


def test_folders_that_were_edited_are_the_users(committed, tmp_path, tiny_got10k):
    write_local(committed.root, tmp_path / "mine", tiny_got10k / "train")
    assert train(committed).checkpoint.is_relative_to(tmp_path / "mine")


def test_folders_that_git_does_not_track_are_the_users(fake_kin, tmp_path, tiny_got10k):
    write_local(fake_kin.root, tmp_path / "mine", tiny_got10k / "train")
    assert train(fake_kin).checkpoint.is_relative_to(tmp_path / "mine")


def test_without_gits_data_folders_that_are_not_here_are_the_authors(fake_kin, tmp_path, tiny_got10k, caplog):
    shutil.rmtree(fake_kin.root / ".git")
    checkout = find_checkout(fake_kin.root)
    write_local(fake_kin.root, "/home/author/workspace", "/home/author/got10k")
    train(checkout, workspace=tmp_path / "w", data={"got10k": tiny_got10k})
    assert "local.py: not used, none of its folders is on this machine" in caplog.text
    write_local(fake_kin.root, tmp_path / "mine", tiny_got10k / "train")
    assert train(checkout).checkpoint.is_relative_to(tmp_path / "mine")


def test_a_validation_set_beside_the_training_set_is_found(fake_kin, tmp_path, tiny_got10k):
    shutil.copytree(tiny_got10k / "train", tmp_path / "got10k/train")
    shutil.copytree(tiny_got10k / "train", tmp_path / "got10k/val")
    official = {"DATA.VAL.DATASETS_NAME": ["GOT10K_official_val"], "TRAIN.VAL_EPOCH_INTERVAL": 1}
    for place, data in (("a", {"got10k": tmp_path / "got10k"}), ("b", {"all": tmp_path})):
        result = train(fake_kin, workspace=tmp_path / place, data=data, values=official)
        assert len(result.stats["val"]["IoU"]) == 1
    with pytest.raises(InputError, match="give --data got10k_val=DIR"):
        train(fake_kin, workspace=tmp_path / "c", data={"got10k": tiny_got10k}, values=official)
