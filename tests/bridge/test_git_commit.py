"""The commit read from git's files is the one that git itself names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from siou_tracking.bridge.git_commit import head_commit, is_as_committed, uncommitted_edits


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    root = tmp_path / "a repository"
    root.mkdir()
    git(root, "init", "--quiet")
    for number in range(2):
        git(root, "commit", "--quiet", "--allow-empty", "-m", str(number))
    return root


def test_branch_packed_branch_and_detached_head_agree_with_git(repository):
    commits = [git(repository, "rev-parse", revision) for revision in ("HEAD", "HEAD~1")]
    assert head_commit(repository) == commits[0]
    git(repository, "pack-refs", "--all")
    assert head_commit(repository) == commits[0]
    git(repository, "checkout", "--quiet", "--detach", "HEAD~1")
    assert head_commit(repository) == commits[1]


def test_a_worktree_has_its_own_head_and_shared_branches(repository, tmp_path):
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "--quiet", "-b", "other", str(tree), "HEAD~1")
    assert head_commit(tree) == git(repository, "rev-parse", "HEAD~1")
    git(repository, "pack-refs", "--all")
    assert head_commit(tree) == git(repository, "rev-parse", "HEAD~1")


def test_a_submodule_with_a_relative_git_file_is_read(repository, tmp_path):
    holder = tmp_path / "holder"
    holder.mkdir()
    git(holder, "init", "--quiet")
    git(holder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "sub")
    assert (holder / "sub" / ".git").is_file()
    assert head_commit(holder / "sub") == git(repository, "rev-parse", "HEAD")


def test_a_committed_folder_has_the_commit_of_its_repository_and_its_own_edits(repository):
    for name in ("inside", "beside"):
        (repository / name).mkdir()
        (repository / name / "file.py").write_text("1\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "two folders")
    inside = repository / "inside"
    assert head_commit(inside) == git(repository, "rev-parse", "HEAD")
    (repository / "beside" / "file.py").write_text("2\n")
    assert uncommitted_edits(inside) is None
    (inside / "file.py").write_text("2\n")
    edits = uncommitted_edits(inside)
    assert edits and edits != uncommitted_edits(repository)


def test_an_archive_unpacked_within_a_repository_has_not_its_commit(repository, monkeypatch):
    stranger = repository / "unpacked" / "OSTrack-main"
    stranger.mkdir(parents=True)
    (stranger / "file.py").touch()
    assert head_commit(stranger) is None
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "now its own")
    assert head_commit(stranger) is not None
    monkeypatch.setenv("PATH", "")
    assert head_commit(stranger) is None


@pytest.mark.parametrize("head", [None, "", "rubbish", "ref: refs/heads/none", "ref: HEAD"])
def test_what_cannot_be_read_has_no_commit(tmp_path, head):
    if head is not None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "HEAD").write_text(head)
    assert head_commit(tmp_path) is None


def test_edits_are_told_apart_and_nothing_is_written(repository):
    file, *others = (repository / name for name in ("a file.py", "0 before.py", "b behind.py"))
    file.write_text("1\n")
    assert uncommitted_edits(repository) is None  # not tracked
    for other in others:
        other.write_text("1\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "file")
    before = (repository / ".git/index").read_bytes()
    states = []
    for text in ("2\n", "3\n", "2\n", "1\n"):
        file.write_text(text)
        states.append(uncommitted_edits(repository))
        for touched in (file, *others):
            os.utime(touched, (1e9, 1e9))  # a time that git's index cannot hold
        assert uncommitted_edits(repository) == states[-1]
    assert None not in states[:3]
    assert states[3] is None
    assert states[0] == states[2] != states[1]
    assert (repository / ".git/index").read_bytes() == before


def test_a_file_is_its_authors_until_somebody_changes_it(repository, monkeypatch):
    file = repository / "a folder" / "local.py"
    file.parent.mkdir()
    file.write_text("folders = 1\nmore = 2\n")
    assert not is_as_committed(file)
    git(repository, "add", ".")
    assert not is_as_committed(file)
    git(repository, "commit", "--quiet", "-m", "file")
    assert is_as_committed(file)
    git(repository, "rm", "--quiet", "--cached", str(file))
    file.write_bytes(b"folders = 1\r\nmore = 2\r\n")
    assert is_as_committed(file)
    file.write_text("folders = 2\nmore = 2\n")
    assert not is_as_committed(file)
    assert not is_as_committed(file.with_name("other.py"))
    monkeypatch.setenv("PATH", "")
    assert not is_as_committed(file)


def test_a_change_of_mode_alone_is_an_edit(repository):
    file = repository / "run.sh"
    file.write_text("1\n")
    git(repository, "add", file.name)
    git(repository, "commit", "--quiet", "-m", "file")
    file.chmod(0o755)
    assert uncommitted_edits(repository)


def test_what_git_cannot_tell_has_no_edits(tmp_path, monkeypatch):
    assert uncommitted_edits(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert uncommitted_edits(tmp_path) is None
