"""`siou-tracking track`: one target through a video file or an image folder."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from siou_tracking.arguments import Verb, add_checkout, count, refuse_beside_onnx
from siou_tracking.cli.checkout import tracking_session

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Tracker

_BOXES = (
    "boxes to write, one entry a frame of the source; .txt: x,y,w,h in pixels, nan,nan,nan,nan for a frame that cannot "
    "be read; .csv, .json: also frame (from 1), name (of the picture in a folder), time (seconds), and score and flag "
    "as the tracker tells them; flag not_found: lost, the box is the last one; unreadable: a frame without a box"
)
_DEFAULT = "atom:lite"
_NUMBERS = re.compile(r"[\[(]?[-+\d.,eE ]*\d[-+\d.,eE ]*[\])]?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="VIDEO_OR_FOLDER")
    parser.add_argument(
        "--init",
        type=_box,
        required=True,
        metavar="x,y,w,h",
        help="target box in the first frame, in pixels: x,y,w,h or four words x y w h; x and y may be below 0",
    )
    parser.add_argument("--tracker", metavar="NAME[:PARAM]", help=f"default: what the weights are of, or {_DEFAULT}")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint of the trained network, or its name")
    parser.add_argument(
        "--onnx",
        type=Path,
        metavar="FILE",
        help="a tracker written by siou-tracking export, in place of --tracker and --weights; runs without torch",
    )
    parser.add_argument("--save", type=Path, metavar="out.mp4", help="overlay video to write, .mp4 or .webm")
    parser.add_argument("--boxes", type=Path, metavar="out.txt", help=_BOXES)
    parser.add_argument("--device", metavar="D")
    parser.add_argument("--seed", type=count, metavar="N")
    add_checkout(parser, "--tracker is one of this checkout's (PyTracking or its kin), such as tamos:tamos_resnet50")


def _build_exported(options: argparse.Namespace) -> Tracker:
    """The tracker of --onnx.

    Raises:
        InputError: an option is given as well that belongs to another kind of tracker.
    """
    from siou_tracking.trackers.exported.registry import build_exported

    refuse_beside_onnx("track", options, ("tracker", "weights", "device", "checkout"))
    return build_exported(options.onnx, options.seed or 0)


def _box(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.strip("[]() ").replace(",", " ").split()]
    except ValueError:
        values = []
    if len(values) != 4:
        raise argparse.ArgumentTypeError(f"got '{text}', expected x,y,w,h in pixels such as 120,80,40,60")
    return values


def join_box(words: Sequence[str]) -> list[str]:
    """The command line with the numbers behind --init as one word: argparse takes -5,1,9,9 for an option."""
    words = list(words)
    if "--init" not in words:
        return words
    at = words.index("--init")
    end = at + 1
    numbers: list[str] = []
    while end < len(words) and len(numbers) < 4 and _NUMBERS.fullmatch(words[end]):
        numbers += words[end].strip("[]()").replace(",", " ").split()
        end += 1
    return [*words[:at], f"--init={','.join(numbers)}", *words[end:]] if numbers else words


def run(options: argparse.Namespace) -> int:
    from siou_tracking.trackers import build_tracker, load_tracker
    from siou_tracking.trackers.track_file import track_file

    with contextlib.nullcontext() if options.onnx else tracking_session(options) as pytracking:
        if options.onnx:
            tracker = _build_exported(options)
        elif options.tracker is None and options.weights is not None and pytracking is None:
            tracker = load_tracker(options.weights, options.device, options.seed or 0)
        else:
            tracker = build_tracker(
                options.tracker or _DEFAULT,
                weights=options.weights,
                device=options.device,
                seed=options.seed or 0,
                pytracking=pytracking,
            )
        track_file(
            options.source,
            options.init,
            tracker,
            save=options.save,
            boxes_out=options.boxes,
            inputs=[options.weights, options.onnx],
        )
    return 0


VERB = Verb(
    name="track",
    summary="Track one target through a video file or an image folder.",
    example="siou-tracking track video.mp4 --init 120,80,40,60 --weights FILE --save out.mp4",
    add_arguments=add_arguments,
    run=run,
)
