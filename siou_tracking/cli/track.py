"""`siou-tracking track`: one target through a video file or an image folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, add_pytracking, count
from siou_tracking.cli.checkout import tracking_session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="VIDEO_OR_FOLDER")
    parser.add_argument(
        "--init", type=_box, required=True, metavar="x,y,w,h", help="target box in the first frame, pixels"
    )
    parser.add_argument("--tracker", default="atom:lite", metavar="NAME[:PARAM]", help="default: %(default)s")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint of the trained network")
    parser.add_argument("--save", type=Path, metavar="out.mp4", help="overlay video to write")
    parser.add_argument("--boxes", type=Path, metavar="out.txt", help="boxes to write: x,y,w,h a line")
    parser.add_argument("--device", metavar="D")
    parser.add_argument("--seed", type=count, metavar="N")
    add_pytracking(parser, "--tracker is one of this PyTracking checkout's, such as dimp:dimp50")


def _box(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        values = []
    if len(values) != 4:
        raise argparse.ArgumentTypeError(f"got '{text}', expected x,y,w,h in pixels such as 120,80,40,60")
    return values


def run(options: argparse.Namespace) -> int:
    from siou_tracking.trackers import build_tracker
    from siou_tracking.trackers.follow import track_file

    with tracking_session(options) as pytracking:
        tracker = build_tracker(
            options.tracker,
            weights=options.weights,
            device=options.device,
            seed=options.seed or 0,
            pytracking=pytracking,
        )
        track_file(options.source, options.init, tracker, save=options.save, boxes_out=options.boxes)
    return 0


VERB = Verb(
    name="track",
    summary="Track one target through a video file or an image folder.",
    example="siou-tracking track video.mp4 --init 120,80,40,60 --weights FILE --save out.mp4",
    add_arguments=add_arguments,
    run=run,
)
