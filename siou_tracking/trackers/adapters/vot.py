"""Our trackers under vot-toolkit 0.9: its "python" protocol imports a class and calls `init` and `update`.

In a workspace's trackers.ini:

    [atom_siou]
    label = ATOM (Smooth-IoU)
    protocol = python
    command = siou_tracking.trackers.adapters.vot:VOTTracker
    convert = rectangle
    arg_name = atom
    arg_param = lite
    arg_weights = /path/to/checkpoint.pth.tar

`write_registry` writes such a file; this package must be installed beside the toolkit. The toolkit starts the tracker
in a process of its own, hands over the path of each image, turns the annotated polygon into its enclosing rectangle
(`convert`) and takes x, y, width, height back; neither TraX nor vot-toolkit itself is imported here.

vot-toolkit 0.9.0 runs its one-pass experiments this way. Its reset-based one (`type: supervised`, VOT2018's baseline)
fails in the toolkit for every runtime (lists where it takes single objects); `siou_tracking.benchmarks.vot2018` runs
that one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.ltr.data.image_loader import default_image_loader

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Tracker

Rectangle = tuple[float, float, float, float]
ToolkitImage = str | Mapping[str, Any]
"""Path of an image, or channel name to image. Any: of the toolkit's types, which are not imported."""


class VOTTracker:
    """A single-target tracker as vot-toolkit's Python runtime expects it.

    Args:
        name: tracker name for `build_tracker`.
        param, weights, device, seed, pytracking: as for `build_tracker`; texts from an .ini file are accepted.
        tracker: use this object, with `initialize` and `track`, instead of building one.
    """

    multiobject = False  # read by the toolkit: one target a run

    def __init__(
        self,
        name: str = "atom",
        param: str | None = None,
        weights: str | None = None,
        device: str | None = None,
        seed: int | str = 0,
        pytracking: str | None = None,
        tracker: Tracker | None = None,
    ) -> None:
        if tracker is None:
            from siou_tracking.trackers import build_tracker

            tracker = build_tracker(
                name,
                param or None,
                weights=weights or None,
                device=device,
                seed=int(seed),
                pytracking=pytracking or None,
            )
        self._tracker = tracker

    def init(self, frame: ToolkitImage, new: tuple[Sequence[float], Mapping[str, Any]]) -> Rectangle:
        """Start on an image.

        Args:
            frame: path of the image, or channel name -> image.
            new: (rectangle x, y, w, h or polygon [(x, y), ...], properties).

        Returns:
            The rectangle the tracker was started with.
        """
        box = _enclose_region(new[0])
        self._tracker.initialize(_read_image(frame), {"init_bbox": list(box)})
        return box

    def update(self, frame: ToolkitImage) -> Rectangle:
        """The target's rectangle x, y, w, h in the next image."""
        box = np.asarray(self._tracker.track(_read_image(frame))["target_bbox"], dtype=np.float64).reshape(-1).tolist()
        if len(box) != 4 or not np.isfinite(box).all():
            raise InputError(f"tracker: vot: returned {box}, allowed is [x, y, w, h] of finite numbers")
        return box[0], box[1], box[2], box[3]


def write_registry(
    path: str | os.PathLike[str], identifier: str, arguments: Mapping[str, Any], label: str | None = None
) -> Path:
    """Write a trackers.ini with one entry for `VOTTracker`.

    Args:
        path: file to write.
        identifier: the tracker's name in the workspace: letters, digits, _ and -.
        arguments: keyword arguments of `VOTTracker`; plain texts and numbers.
        label: shown in the toolkit's reports.

    Raises:
        InputError: an identifier that the toolkit refuses.
    """
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]*", identifier):
        raise InputError(f"trackers.ini: {path}: identifier '{identifier}', allowed are letters, digits, _ and -")
    lines = [
        f"[{identifier}]",
        f"label = {label or identifier}",
        "protocol = python",
        "command = siou_tracking.trackers.adapters.vot:VOTTracker",
        "convert = rectangle",
        *(f"arg_{key} = {value}" for key, value in arguments.items() if value is not None),
    ]
    lines = [line.replace("%", "%%") for line in lines]  # the toolkit's reader expands %
    return write_text(path, "\n".join(lines) + "\n")


def _enclose_region(region: Sequence[object]) -> Rectangle:
    values = np.asarray(region, dtype=np.float64)
    if values.shape == (4,):
        x, y, w, h = values.tolist()
        return x, y, w, h
    if values.ndim == 2 and values.shape[1] == 2:
        low, high = values.min(0), values.max(0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
    raise InputError(f"region: vot: got {region!r}, allowed are a rectangle or a polygon")


def _read_image(frame: ToolkitImage) -> np.ndarray:
    picture = frame.get("color", next(iter(frame.values()))) if isinstance(frame, Mapping) else frame
    return picture if isinstance(picture, np.ndarray) else default_image_loader(picture)
