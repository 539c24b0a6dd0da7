"""A module that a checkout imports at the top of a file and that is not there is named with that file and its line."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.reading.missing_files import find_missing


@pytest.fixture
def root(tmp_path):
    for file, text in {
        "lib/train/actors/__init__.py": "from .base import BaseActor\n",
        "lib/train/actors/base.py": "import torch\nfrom lib.utils import box_ops, misc\n",
        "lib/utils/__init__.py": "",
        "lib/utils/box_ops.py": "",
        "lib/utils/misc.py": "from ..train.admin.local import Folders\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def missing(root):
    return find_missing(root, [root / "lib/train/actors/__init__.py"], {"lib"}, {"lib.train.admin.local"})


def test_a_whole_checkout_misses_nothing(root):
    assert missing(root) is None


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("from .gone import Actor", "lib/train/actors/gone.py"),
        ("from lib.train.data import sampler", "lib/train/data.py"),
        ("import lib.models.net as net", "lib/models/net.py"),
        ("from ..gone import Thing", "lib/train/gone.py"),
    ],
)
def test_what_is_missing_is_named_with_who_imports_it(root, line, file):
    base = root / "lib/train/actors/base.py"
    base.write_text(f"{base.read_text()}{line}\n")
    found = missing(root)
    assert found == (file, "lib/train/actors/base.py", 3)


@pytest.mark.parametrize(
    "text",
    [
        "def run():\n    import lib.gone\n",
        "try:\n    import lib.gone\nexcept ImportError:\n    pass\n",
        "import lib.train.admin.local\n",
        "import other.gone\n",
        "from lib.external.pool import pool\n",
        "no python (\n",
    ],
)
def test_imports_that_need_not_run_and_others_things_are_passed_over(root, text):
    (root / "lib/utils/box_ops.py").write_text(text)
    assert missing(root) is None
