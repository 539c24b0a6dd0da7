"""Files of pretrained weights that a checkout's yaml files name, and where its networks look for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from siou_tracking.untrusted.reading import peek_text

_NAMED = re.compile(r"^\s*\w*PRETRAIN\w*\s*:\s*['\"]?([^'\"#\s]+\.(?:pth|pt|bin|ckpt|tar|npz|pkl))\b", re.MULTILINE)
_FOLDER = re.compile(r"['\"](?:\.\./)+(\w*pretrain\w*)/?['\"]")


def named_weights(root: Path, settings: Iterable[Path], networks: Iterable[Path]) -> dict[str, list[Path]]:
    """The files that settings name, each with where it is looked for, the likelier place first.

    Args:
        root: of the checkout.
        settings: its yaml files.
        networks: files that build its networks: `os.path.join(here, '../../../FOLDER')` in them is such a folder.
    """
    names = sorted({name for text in _texts(settings) for name in _NAMED.findall(text)})
    folders = sorted({root / found for text in _texts(networks) for found in _FOLDER.findall(text)})
    return {name: _places(root, folders, Path(name)) for name in names}


def _places(root: Path, folders: list[Path], path: Path) -> list[Path]:
    if path.is_absolute():
        return [path]
    if folders and path.parent == Path():
        return [folder / path for folder in folders]
    return [root / path, Path.cwd() / path]


def _texts(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield peek_text(path)
