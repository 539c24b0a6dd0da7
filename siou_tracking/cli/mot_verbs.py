"""The verbs of multi-object tracking, thin like those in `siou_tracking.cli.main`, which lists them with its own."""

from __future__ import annotations

import argparse
import sys

from siou_tracking import arguments
from siou_tracking.cli import arguments_mot


def train(options: argparse.Namespace) -> int:
    """Train a one-stage multi-object tracker, by default in minutes on a CPU, with or without the DIM loss."""
    from siou_tracking.mot.training.train import MODULE, DIMRequest, train_mot
    from siou_tracking.retrain.request import TrainRequest

    is_file = options.settings.endswith(".py")
    module, name = (options.settings, None) if is_file else (MODULE, options.settings)
    request = TrainRequest(module, name, data={"mot": options.data}, **arguments.training_options(options))
    train_mot(request, DIMRequest.from_options(options.dim, options.dim_weight, options.margin_det, options.margin_id))
    return 0


def track(options: argparse.Namespace) -> int:
    """Track everyone in MOTChallenge sequences with a trained network; goes on where it stopped."""
    from siou_tracking.mot.tracking.run import track_sequences

    given = {} if options.batch_size is None else {"batch_size": options.batch_size}
    report = track_sequences(
        options.weights,
        options.data,
        options.out,
        association=options.association or ("iou" if options.detections else "embedding"),
        detections=options.detections,
        sequences=options.sequences,
        device=options.device,
        save_video=options.video,
        **given,
    )
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    print(report.summary())
    return 1 if report.failed else 0


def score(options: argparse.Namespace) -> int:
    """Score results by trackeval (HOTA, MOTA, IDF1 and others), several trackers at once, with intervals."""
    from siou_tracking.files import check_output, write_json, write_text
    from siou_tracking.mot.scoring.score import score_mot
    from siou_tracking.mot.scoring.table import format_csv, format_text

    for name in ("json", "csv"):
        if path := getattr(options, name):
            check_output(path, f"--{name}")
    trackers = {path.resolve().name: path for path in options.results}
    if len(trackers) < len(options.results):
        trackers = {str(path): path for path in options.results}
    result = score_mot(options.data, trackers, options.benchmark, progress=True)
    print(format_text(result))
    if options.json:
        write_json(options.json, result)
    if options.csv:
        write_text(options.csv, format_csv(result))
    return 0


def pack(options: argparse.Namespace) -> int:
    """Check results and pack them for MOTChallenge's server; what it would refuse is refused here."""
    from siou_tracking.mot.scoring.packing import pack_mot

    packed = pack_mot(options.results, options.out, options.data, options.benchmark)
    for note in packed.notes:
        print(f"note: {note}")
    print(f"packed {packed.sequences} sequences: {packed.path}")
    return 0


def quickstart(options: argparse.Namespace) -> int:
    """Draw crowds, train with and without the DIM loss, track, score and report, without a network."""
    from siou_tracking.mot.quickstart import run_mot_quickstart

    run_mot_quickstart(options.out, fast=options.fast, seed=options.seed)
    return 0


VERBS = {
    "mot train": (
        train,
        arguments_mot.add_train,
        "siou-tracking mot train --data MOT17/train --dim both --box-loss smooth_iou",
    ),
    "mot track": (
        track,
        arguments_mot.add_track,
        "siou-tracking mot track --weights FILE --data MOT17/test --out results/mine --video videos",
    ),
    "mot score": (
        score,
        arguments_mot.add_score,
        "siou-tracking mot score --data MOT17/train --results results/mine results/other --json scores.json",
    ),
    "mot pack": (
        pack,
        arguments_mot.add_pack,
        "siou-tracking mot pack --results results/mine --benchmark mot17 --out mine.zip",
    ),
    "mot quickstart": (quickstart, arguments_mot.add_quickstart, "siou-tracking mot quickstart --fast --out demo"),
}
