"""What a checkout's folders say about its trackers: which there are, and where their networks are looked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any  # a checkout's objects, whose classes are not known here

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.errors import InputError, did_you_mean, unknown_name

_DEFAULT = "default"


def checkout_trackers(checkout: Checkout) -> list[str]:
    """Every `NAME:PARAM` of a checkout: folder pytracking/tracker/NAME and file pytracking/parameter/NAME/PARAM.py."""
    root = checkout.root / "pytracking"
    files = (root / "parameter").glob("*/*.py")
    found = [(file.parent.name, file.stem) for file in files if not file.stem.startswith("_")]
    return sorted(f"{name}:{param}" for name, param in found if (root / "tracker" / name / "__init__.py").is_file())


def check_tracker(checkout: Checkout, name: str, param: str | None) -> tuple[str, str]:
    """The tracker's name and that of its parameter file; without one it is `default`, or the only one.

    Args:
        checkout: whose trackers are meant.
        name: such as "dimp", also "dimp:dimp50".
        param: such as "dimp50".

    Raises:
        InputError: no such tracker, or none of that parameter file; names the nearest and lists what there is.
    """
    name, _, tail = name.partition(":")
    param = param or tail or None
    available = checkout_trackers(checkout)
    own = [entry.partition(":")[2] for entry in available if entry.startswith(f"{name}:")]
    if not own:
        names = {entry.partition(":")[0] for entry in available}
        meant = [entry for entry in available if entry.endswith(f":{name}")]
        if meant:
            raise InputError(
                f"tracker '{name}': checkout {checkout.root}: a parameter file: did you mean '{meant[0]}'?"
            )
        raise unknown_name(f"tracker of {checkout.root}", name, names)
    if param is None and (_DEFAULT in own or len(own) == 1):
        param = _DEFAULT if _DEFAULT in own else own[0]
    if param in own:
        return name, param
    listed = ", ".join(f"{name}:{one}" for one in own)
    if param is None:
        raise InputError(f"tracker '{name}': checkout {checkout.root}: got no parameter file, allowed are {listed}")
    hint = did_you_mean(f"{name}:{param}", [f"{name}:{one}" for one in own])
    raise InputError(f"tracker '{name}:{param}': checkout {checkout.root}: not there, allowed are {listed}{hint}")


def network_holders(params: Any) -> list[Any]:
    """The objects of a parameter set that load a network: its wrapped nets, `params.net` first, and deep features."""
    own = vars(params)
    nets = [own[key] for key in sorted(own, key=lambda key: key != "net")]
    features = getattr(own.get("features"), "features", None) or []
    return [holder for holder in (*nets, *features) if hasattr(holder, "__dict__") and "net_path" in vars(holder)]


def find_network(path: str, folders: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], tracker: str) -> Path:
    """The file (or folder of checkpoints) that a parameter file names.

    Args:
        path: as in the parameter file, relative to one of `folders` or absolute.
        folders: `network_path` of the checkout's pytracking/evaluation/local.py: one folder or several.
        tracker: named in the error.

    Raises:
        InputError: it is in none of them; they are listed.
    """
    roots = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
    looked = [Path(root).expanduser() / path for root in roots]  # an absolute path stays itself
    for place in looked:
        if place.exists():
            return place.resolve()
    shown = " and ".join(dict.fromkeys(str(place.parent) for place in looked)) or "no folder"
    raise InputError(
        f"weights: tracker {tracker}: its network {Path(path).name} was not found in {shown} (network_path of "
        "pytracking/evaluation/local.py): give --weights FILE, or put it there (MODEL_ZOO.md has the links)"
    )
