"""The commit that a working tree stands at, read from git's files so that git need not be installed, and its edits."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from siou_tracking.untrusted.reading import peek_text

_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LONGEST_CHAIN = 5
# `git diff` would write the index anew for files whose time alone has changed, whatever --no-optional-locks says.
# Without that refresh it names them by a header with nothing under it.
_DIFF = (
    "-c core.fsmonitor=false -c diff.autoRefreshIndex=false "
    "diff --no-ext-diff --no-textconv --ignore-submodules --binary HEAD -- ."
)
_HEADER_ALONE = re.compile(rb"^diff --git .*\n(?=diff --git |\Z)", re.MULTILINE)


def head_commit(root: Path) -> str | None:
    """The full hash of HEAD of the repository that `root` is the top of, or a committed folder of; None without one.

    Understands a `.git` folder, a `.git` file (submodules and worktrees), loose and packed references. That a folder
    below the top is part of the commit, and no stranger lying there such as an unpacked archive, only git can tell.
    """
    top = next((one for one in (root, *root.parents) if (one / ".git").exists()), root)
    folder = _find_git_folder(top)
    if folder is None or (top != root and not _call_git(root, "ls-tree", "--name-only", "HEAD")):
        return None
    name = "HEAD"
    for _ in range(_LONGEST_CHAIN):
        value = _read_reference(folder, name)
        if value is None or _HASH.fullmatch(value):
            return value
        if not value.startswith("ref:"):
            return None
        name = value.removeprefix("ref:").strip()
    return None


def uncommitted_edits(root: Path) -> str | None:
    """A short hash of how tracked files differ from HEAD; None where they do not, or git is not there to tell.

    Files that git does not track do not count. Nothing is written, the index neither.

    Args:
        root: the top of a working tree, or a folder in it, of which alone is told.
    """
    edits = _HEADER_ALONE.sub(b"", _call_git(root, *_DIFF.split()))
    return hashlib.sha256(edits).hexdigest()[:8] if edits else None


def is_as_committed(path: Path) -> bool:
    """Whether HEAD has a file with the content that it has: its author's, not its user's. False where git cannot tell.

    Line ends that git converted on checking it out do not matter, nor does what is staged.
    """
    entry = _call_git(path.parent, "ls-tree", "HEAD", path.name).split()
    if len(entry) < 3 or not path.is_file():
        return False
    name = entry[2].decode()
    make = hashlib.sha1 if len(name) == 40 else hashlib.sha256
    content = path.read_bytes()
    forms = (content, content.replace(b"\r\n", b"\n"))
    return name in {make(b"blob %d\0" % len(form) + form).hexdigest() for form in forms}


def _call_git(folder: Path, *words: str) -> bytes:
    """What git answers in a folder; nothing where it fails or is not there."""
    git = shutil.which("git")
    if git is None:
        return b""
    done = subprocess.run([git, "-C", str(folder), *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def _find_git_folder(root: Path) -> Path | None:
    entry = root / ".git"
    if entry.is_dir():
        return entry
    text = _read_text(entry)
    if not text.startswith("gitdir:"):
        return None
    return root / text.removeprefix("gitdir:").strip()  # an absolute path replaces root


def _read_reference(folder: Path, name: str) -> str | None:
    """What the reference says: a hash, or "ref: other"; a worktree keeps only its HEAD, the rest is shared."""
    shared = folder / (_read_text(folder / "commondir") or ".")
    for place in (folder, shared):
        text = _read_text(place / name)
        if text:
            return text
    for line in _read_text(shared / "packed-refs").splitlines():
        commit, _, reference = line.partition(" ")
        if reference == name:
            return commit
    return None


def _read_text(path: Path) -> str:
    return peek_text(path).strip()
