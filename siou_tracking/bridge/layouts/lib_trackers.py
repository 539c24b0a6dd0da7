"""Trackers of the layout `lib/train`, `lib/test`: which there are, and what they are told of the data."""

from __future__ import annotations

import ast
import glob
import re
from pathlib import Path
from typing import Any  # values of a checkout's options, and its trackers

from siou_tracking.bridge.layouts.base import python_names
from siou_tracking.bridge.making.by_signature import Places, make_called_tracker
from siou_tracking.bridge.making.request import TrackerRequest
from siou_tracking.untrusted.reading import peek, peek_text

_TEST = Path("lib", "test")
_EXPERIMENTS = re.compile(r"""experiments(?:/|["']\s*,\s*["'])([\w.-]+)""")
_OPTION = "--params__"
_DATA_SETS = {
    "lasot": ("lasot",),
    "lasot_ext": ("lasot_extension_subset", "lasot_ext"),
    "got10k": ("got10k_val",),
    "got10k_test": ("got10k_test",),
    "trackingnet": ("trackingnet",),
    "otb2015": ("otb",),
    "otb2013": ("otb",),
    "otb50": ("otb",),
    "nfs": ("nfs",),
    "uav123": ("uav",),
    "tnl2k": ("tnl2k",),
    **dict.fromkeys(("vot2016", "vot2018", "vot2019"), ("vot20",)),  # the VOT that they have parameters for
}
"""Benchmark -> what checkouts call it, the most usual name first."""
_ANY, _BEST_KNOWN = "video", "lasot"
"""What their own demonstrations say for other data, and the data that all of them have parameters for."""


def list_trackers(root: Path) -> list[str]:
    """NAME:PARAM of every module NAME of parameters and trackers, and every yaml file PARAM that NAME's parameters
    read; sorted."""
    found: set[str] = set()
    for file in (root / _TEST / "parameter").glob("*.py"):
        if (root / _TEST / "tracker" / file.name).is_file() and not file.stem.startswith("_"):
            files = [path for folder in _experiments_of(root, file) for path in folder.glob("*.yaml")]
            found.update(f"{file.stem}:{param}" for _, param in python_names(files))
    return sorted(found)


def make_tracker(root: Path, request: TrackerRequest) -> tuple[Any, Path | None]:
    """See `Layout.make_tracker`."""
    places = Places(
        parameter="lib.test.parameter",
        tracker="lib.test.tracker",
        output=root / "output",
        local="lib/test/evaluation/local.py",
        options=_default_options(root / "tracking" / "test.py"),
    )
    return make_called_tracker(request, places, _name_data(root, request.dataset))


def _experiments_of(root: Path, parameters: Path) -> list[Path]:
    """The folders of yaml files that a file of parameters names; where it puts the name together, those that begin
    with its own."""
    named = [root / "experiments" / name for name in _EXPERIMENTS.findall(peek_text(parameters))]
    return [folder for folder in named if folder.is_dir()] or sorted(
        (root / "experiments").glob(f"{glob.escape(parameters.stem)}*")
    )


def _name_data(root: Path, dataset: str | None) -> list[str]:
    """What the checkout calls a benchmark, and in whose place it may be put: parameters of some depend on it."""
    benchmark = dataset or ""
    known = _DATA_SETS.get(benchmark) or _DATA_SETS.get(benchmark.removesuffix("_test"), (_ANY,))
    loaders = root / _TEST / "evaluation" / "datasets.py"
    text = peek_text(loaders)
    name = next((one for one in known if re.search(rf"\b{one}\b", text)), known[0])
    return list(dict.fromkeys([name, _BEST_KNOWN]))


def _default_options(script: Path) -> dict[str, Any]:
    """The parameters that the checkout's own script sets where its user does not: defaults of its --params__NAME."""
    try:
        calls = [node for node in ast.walk(ast.parse(peek(script))) if isinstance(node, ast.Call)]
    except SyntaxError:
        return {}
    found: dict[str, Any] = {}
    for call in calls:
        name = next((one.value for one in call.args if isinstance(one, ast.Constant)), None)
        default = next((word.value for word in call.keywords if word.arg == "default"), None)
        if isinstance(name, str) and name.startswith(_OPTION) and isinstance(default, ast.Constant):
            found[name.removeprefix(_OPTION)] = default.value
    return {name: value for name, value in found.items() if value is not None}
