"""`siou-tracking run`: a tracker on a benchmark."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import (
    Verb,
    add_benchmark,
    add_checkout,
    add_faster_backbone,
    count,
    positive,
    refuse_beside_onnx,
)
from siou_tracking.benchmarks.registry import find_benchmark, read_typed, typed_benchmarks
from siou_tracking.cli.checkout import tracking_session
from siou_tracking.errors import InputError
from siou_tracking.outcomes import print_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tracker",
        nargs="?",
        metavar="TRACKER[:PARAM]",
        help="atom:lite, dimp:dimp18, tomp:tomp50, static, opencv-mil ..., or module:Class of your own",
    )
    add_benchmark(parser, typed_benchmarks(), read_typed)
    parser.add_argument("--protocol", metavar="NAME", help="of custom: the benchmark that own data are run as")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the benchmark's root, official layout")
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="gets a folder for the tracker")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="checkpoint, its name, or a folder whose latest is taken"
    )
    parser.add_argument(
        "--onnx", type=Path, metavar="FILE", help="a tracker written by siou-tracking export, in place of TRACKER"
    )
    parser.add_argument(
        "--name", metavar="NAME", help="the tracker's folder (default: TRACKER_PARAM, TRACKER_PARAM_onnx)"
    )
    parser.add_argument("--split", metavar="NAME", help="got10k: val, test, train; trackingnet: TEST, TRAIN_0 ...")
    parser.add_argument("--shard", metavar="i/n", help="only the i-th of n parts (default: torchrun's rank, or all)")
    parser.add_argument("--workers", type=positive, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: GPUs where there are some)")
    add_faster_backbone(parser)
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--repetitions", type=positive, metavar="N", help="runs a sequence (default: got10k 1, VOT up to 15)"
    )
    parser.add_argument("--experiment", default="baseline", metavar="NAME", help="of VOT: baseline or realtime")
    add_checkout(parser, "TRACKER is one of this checkout's (PyTracking or its kin), such as tamos:tamos_resnet50")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.benchmarks.running.run import run_benchmark
    from siou_tracking.benchmarks.running.shards import parse_shard

    if options.onnx is not None:
        refuse_beside_onnx("run", options, ("tracker", "weights", "device", "checkout", "amp", "compile"))
    elif options.tracker is None:
        raise InputError("run: TRACKER: got none, allowed is a tracker's name, or --onnx FILE in its place")
    benchmark, protocol = find_benchmark(options.benchmark, options.protocol)
    if protocol:
        raise InputError(
            f"protocol: got '{protocol}', a run of {benchmark} is the same for all of them; give it to score"
        )
    with tracking_session(options) as pytracking:
        report = run_benchmark(
            options.tracker,
            benchmark,
            options.data,
            options.results,
            weights=options.weights,
            onnx=options.onnx,
            split=options.split,
            name=options.name,
            shard=parse_shard(options.shard) if options.shard else None,
            workers=options.workers,
            device=options.device,
            seed=options.seed,
            repetitions=options.repetitions,
            experiment=options.experiment,
            pytracking=pytracking,
            amp=options.amp,
            compiled=options.compile,
        )
    return print_run(report)


VERB = Verb(
    name="run",
    summary="Run a tracker on a benchmark; goes on where it stopped, and tells which sequences failed.",
    example="siou-tracking run atom:lite --weights FILE --benchmark otb2015 --data OTB --results results --workers 2",
    add_arguments=add_arguments,
    run=run,
    shares=True,
)
