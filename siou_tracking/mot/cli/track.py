"""`siou-tracking mot track`: everyone in MOTChallenge sequences, videos and folders of pictures."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from siou_tracking.arguments import Verb, one_of, positive
from siou_tracking.mot.tracking import ASSOCIATIONS
from siou_tracking.outcomes import print_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint of `mot train`, its name, or a folder")
    parser.add_argument(
        "--detections",
        metavar="det | gt | DIR",
        help="instead of a network's: det/det.txt, the ground truth, or DIR/<sequence>.txt",
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR | VIDEO",
        help="folder of sequences, or one sequence; a video; a folder of pictures, or of videos and such folders",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets a <sequence>.txt for each")
    parser.add_argument(
        "--association",
        type=one_of("association", ASSOCIATIONS),
        metavar="NAME",
        help="embedding (appearance, then overlap) or iou (overlap alone); default: embedding, with --detections iou",
    )
    parser.add_argument(
        "--min-score", type=_score, metavar="F", help="lowest score of a detection that is tracked (default: 0.4)"
    )
    parser.add_argument(
        "--sequences", nargs="+", metavar="NAME", help="only these, or patterns such as '*-FRCNN' (default: all)"
    )
    parser.add_argument("--video", type=Path, metavar="DIR", help="also write an overlay video of each sequence")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="frames in one pass of the network")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: cuda where there is one)")


def _score(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"got '{text}', expected a number such as 0.3")
    return value


def run(options: argparse.Namespace) -> int:
    from siou_tracking.files import check_output_folder, check_outputs
    from siou_tracking.mot.tracking.run import track_sequences

    inputs = [options.data, None if options.detections in ("det", "gt") else options.detections]
    check_output_folder(options.out, "--out", inputs)
    check_output_folder(options.video, "--video", inputs)
    if options.video and options.data.is_file():
        check_outputs({"--video": options.video / f"{options.data.stem}.mp4"}, [options.data])
    given = {} if options.batch_size is None else {"batch_size": options.batch_size}
    report = track_sequences(
        options.weights,
        options.data,
        options.out,
        association=options.association or ("iou" if options.detections else "embedding"),
        detections=options.detections,
        min_score=options.min_score,
        sequences=options.sequences,
        device=options.device,
        save_video=options.video,
        **given,
    )
    return print_run(report)


VERB = Verb(
    name="mot track",
    summary="Track everyone in sequences, videos or pictures with a trained network; goes on where it stopped.",
    example="siou-tracking mot track --weights FILE --data MOT17/test --out results/mine --video videos",
    add_arguments=add_arguments,
    run=run,
)
