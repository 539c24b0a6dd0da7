"""What the two words of --side-by-side mean: trackers, or files of weights."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from siou_tracking.errors import InputError

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Tracker


def build_pair(options: argparse.Namespace, checkout: Path | None) -> dict[str, Tracker]:
    """Name -> tracker, in the order of --side-by-side.

    A word is weights where a file, a folder, or one in a folder of weights has that name, and else a tracker.

    Args:
        options: of `track`.
        checkout: whose trackers are meant; None for ours.

    Raises:
        InputError: both are the same, no file for the result, options that belong to one tracker, or a tracker that
            cannot be made.
    """
    words: list[str] = options.side_by_side
    if options.onnx is not None:
        raise InputError(f"--side-by-side: got --onnx {options.onnx} as well, allowed is it as A or B")
    if options.save is None and options.boxes is None and options.strip is None:
        raise InputError("--side-by-side: nothing to write, allowed are --save, --boxes, --strip or several of them")
    files = [_find(word) for word in words]
    if words[0] == words[1] or (files[0] and files[1] and files[0].samefile(files[1])):
        raise InputError(f"--side-by-side: got '{words[0]}' and '{words[1]}', which are the same; allowed are two")
    names = _names(words, files)
    return {name: _build(word, file, options, checkout) for name, word, file in zip(names, words, files, strict=True)}


def _build(word: str, file: Path | None, options: argparse.Namespace, checkout: Path | None) -> Tracker:
    from siou_tracking.trackers import build_tracker, load_tracker
    from siou_tracking.trackers.registry import takes_weights

    common = {"device": options.device, "seed": options.seed or 0, "amp": options.amp, "compiled": options.compile}
    if file is None:
        if options.tracker is not None:
            raise InputError(
                f"--side-by-side: {word}: no such weights, and beside --tracker {options.tracker} no tracker is allowed"
            )
        weights = options.weights if checkout is not None or takes_weights(word) else None
        return build_tracker(word, weights=weights, pytracking=checkout, **common)
    if options.weights is not None:
        raise InputError(
            f"--side-by-side: {word}: is weights, and --weights {options.weights} is given; allowed is one"
        )
    if options.tracker is None:
        if checkout is not None:
            raise InputError(
                f"--side-by-side: {word}: is weights; allowed is --tracker NAME:PARAM of the checkout as well"
            )
        return load_tracker(file, **common)
    return build_tracker(options.tracker, weights=file, pytracking=checkout, **common)


def _find(word: str) -> Path | None:
    """The weights of that name; None where there are none, so that it is a tracker."""
    from siou_tracking.trackers.weight_files import SUFFIXES, find_weights

    try:
        return find_weights(word)
    except InputError:
        if word.endswith(SUFFIXES) or os.sep in word:
            raise
        return None


def _names(words: list[str], files: list[Path | None]) -> list[str]:
    """What stands over the pictures: a tracker as it was typed, weights by their file, with folders if it must be."""
    places = [None if file is None else file.resolve().parts for file in files]
    for length in range(1, max(len(place or "") for place in places) + 1):
        names = [
            word if place is None else _stem("/".join(place[-length:]))
            for word, place in zip(words, places, strict=True)
        ]
        if names[0] != names[1]:
            return names
    return words


def _stem(name: str) -> str:
    from siou_tracking.trackers.weight_files import SUFFIXES

    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)
