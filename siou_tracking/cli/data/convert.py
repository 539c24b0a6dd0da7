"""`siou-tracking data convert`: own videos and annotation become a data set that training and runs take."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, count, positive

_SOURCE = (
    "videos or folders of pictures with NAME.csv beside each (columns x,y,w,h and, if wanted, frame,id,label); CVAT's "
    "'CVAT for video 1.1' (.xml); COCO-VID (.json); sequences as MOTChallenge has them"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="SOURCE", help=_SOURCE)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="data set; DIR/<split> is made")
    parser.add_argument("--split", default="train", metavar="NAME", help="train or val (default: %(default)s)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="the pictures, where they are not beside SOURCE")
    parser.add_argument(
        "--first-frame",
        type=count,
        default=1,
        metavar="N",
        help="what a table's column frame calls the first one (default: 1)",
    )
    parser.add_argument(
        "--min-frames", type=positive, default=2, metavar="N", help="leave out targets seen in fewer (default: 2)"
    )


def run(options: argparse.Namespace) -> int:
    from siou_tracking.conversion.convert import convert_data
    from siou_tracking.log import get_logger

    found = convert_data(
        options.source,
        options.out,
        split=options.split,
        images=options.images,
        first_frame=options.first_frame,
        least_frames=options.min_frames,
    )
    for note in found.notes:
        get_logger(__name__).warning("note: %s", note)
    place = options.out / options.split
    print(f"{place}: {len(found.sequences)} sequences of {found.frames:,} pictures, from {found.form}")
    return 0


VERB = Verb(
    name="data convert",
    summary="Write own annotated videos in GOT-10k's layout, a sequence for each target.",
    example="siou-tracking data convert my_videos --out my_data",
    add_arguments=add_arguments,
    run=run,
)
