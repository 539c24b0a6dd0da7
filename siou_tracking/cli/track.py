"""`siou-tracking track`: one target through a video, a folder or pattern of pictures, a camera or a stream."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from siou_tracking.arguments import Verb, add_checkout, add_faster_backbone, count, refuse_beside_onnx
from siou_tracking.cli.checkout import tracking_session
from siou_tracking.cli.side_by_side import build_pair
from siou_tracking.errors import InputError

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Tracker

_BOXES = (
    "boxes to write, one entry a frame of the source; .txt: x,y,w,h in pixels, nan,nan,nan,nan for a frame that cannot "
    "be read; .csv, .json: also frame (from 1), name (of the picture in a folder), time (seconds), score and flag as "
    "the tracker tells them, and state: given, found, uncertain, lost (the box is the last one), unreadable (no box), "
    "or empty"
)
_SOURCE = (
    "a video, a folder of pictures, a quoted pattern such as 'frames/*.png', the index of a camera such as 0, or the "
    "address of a stream such as rtsp://host/path"
)
_DEFAULT = "atom:lite"
_NUMBERS = re.compile(r"[\[(]?[-+\d.,eE ]*\d[-+\d.,eE ]*[\])]?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", nargs="+", metavar="SOURCE", help=_SOURCE)
    parser.add_argument(
        "--init",
        type=_box,
        metavar="x,y,w,h",
        help="target box in the first frame, in pixels: x,y,w,h or four words x y w h; x and y may be below 0; without "
        "it a window asks for the box, where there is a display",
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
    parser.add_argument(
        "--strip", type=Path, metavar="out.png", help="picture to write: frames side by side, the score below them"
    )
    parser.add_argument(
        "--side-by-side",
        nargs=2,
        metavar=("A", "B"),
        help="two trackers (NAME[:PARAM], with --weights where they need some) or two files of weights (of --tracker, "
        "where it is given) on the same frames: side by side in --save, both in --strip, and --boxes written for each, "
        "its name added",
    )
    parser.add_argument("--device", metavar="D")
    add_faster_backbone(parser)
    parser.add_argument("--seed", type=count, metavar="N")
    add_checkout(parser, "--tracker is one of this checkout's (PyTracking or its kin), such as tamos:tamos_resnet50")


def _build_exported(options: argparse.Namespace) -> Tracker:
    """The tracker of --onnx.

    Raises:
        InputError: an option is given as well that belongs to another kind of tracker.
    """
    from siou_tracking.trackers.exported.registry import build_exported

    refuse_beside_onnx("track", options, ("tracker", "weights", "device", "checkout", "amp", "compile"))
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
    from siou_tracking.media.sources import check_source
    from siou_tracking.trackers import build_tracker, load_tracker
    from siou_tracking.trackers.pick_box import check_display, pick_box
    from siou_tracking.trackers.track_file import track_file

    source = _one_source(options.source)
    check_source(source)
    if options.init is None:
        check_display()
    with contextlib.nullcontext() if options.onnx else tracking_session(options) as pytracking:
        found: Tracker | dict[str, Tracker]
        if options.side_by_side:
            found = build_pair(options, pytracking)
        elif options.onnx:
            found = _build_exported(options)
        elif options.tracker is None and options.weights is not None and pytracking is None:
            found = load_tracker(options.weights, options.device, options.seed or 0, options.amp, options.compile)
        else:
            found = build_tracker(
                options.tracker or _DEFAULT,
                weights=options.weights,
                device=options.device,
                seed=options.seed or 0,
                pytracking=pytracking,
                amp=options.amp,
                compiled=options.compile,
            )
        track_file(
            source,
            pick_box if options.init is None else options.init,
            found,
            save=options.save,
            boxes_out=options.boxes,
            strip=options.strip,
            inputs=[options.weights, options.onnx, *(options.side_by_side or ())],
        )
    return 0


def _one_source(words: Sequence[str]) -> str:
    """The source.

    Raises:
        InputError: several, as a shell makes them of a pattern that is not quoted.
    """
    if len(words) > 1:
        suffix = Path(words[0]).suffix
        pattern = f"{Path(words[0]).parent / '*'}{suffix}" if suffix else "frames/*.png"
        raise InputError(
            f"track: got {len(words)} sources, {words[0]}, {words[1]} ..., allowed is one; a pattern goes in quotes: "
            f"'{pattern}'"
        )
    return words[0]


VERB = Verb(
    name="track",
    summary="Track one target through a video, a folder of pictures, a camera or a stream.",
    example="siou-tracking track video.mp4 --init 120,80,40,60 --weights FILE --save out.mp4",
    add_arguments=add_arguments,
    run=run,
)
