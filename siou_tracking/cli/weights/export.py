"""`siou-tracking export`: a trained tracker as one ONNX file that needs no torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, one_of
from siou_tracking.errors import InputError
from siou_tracking.outcomes import tell

FORMATS = ("onnx",)
_CHECKPOINTS = (".pth.tar", ".pth", ".safetensors")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "weights",
        type=Path,
        metavar="WEIGHTS",
        help="a checkpoint (.pth.tar, .pth, .safetensors) of an ATOM or DiMP network",
    )
    parser.add_argument("--format", type=one_of("format", FORMATS), required=True, metavar="NAME", help="onnx")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.onnx", help="default: WEIGHTS' name with .onnx, in the folder you are in"
    )
    parser.add_argument(
        "--tracker",
        metavar="NAME[:PARAM]",
        help="atom:default, atom:lite, dimp:dimp50 ...; default: what suits the network, super_dimp has to be named",
    )


def run(options: argparse.Namespace) -> int:
    from siou_tracking.files import check_outputs

    if options.weights.is_dir():
        raise InputError(f"export: {options.weights}: got a folder, allowed is a checkpoint file in it")
    out = options.out or Path(_stem(options.weights.name) + ".onnx")
    if out.suffix.lower() != ".onnx":
        raise InputError(f"export: --out: got '{out}', allowed are names in .onnx")
    check_outputs({"--out": out}, [options.weights])

    from siou_tracking.cli.weights.summary import describe_size
    from siou_tracking.trackers.exported.building.export import export_tracker

    info, operators = export_tracker(options.weights, out, options.tracker)
    tell(f"export: {out} ({describe_size(out.stat().st_size)})")
    tell(f"  tracker {info.tracker}:{info.param}, box loss {info.box_loss}, from {info.checkpoint}")
    tell(f"  {len(info.steps)} graphs of {operators} standard ONNX operators: {', '.join(info.steps)}")
    tell(f"  siou-tracking track VIDEO_OR_FOLDER --init x,y,w,h --onnx {out}")
    return 0


def _stem(name: str) -> str:
    suffix = next((suffix for suffix in _CHECKPOINTS if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)]


VERB = Verb(
    name="export",
    summary="Write a trained tracker as one ONNX file, its online learning included, which tracks without torch.",
    example="siou-tracking export ATOMnet_ep0050.pth.tar --format onnx --out atom.onnx",
    add_arguments=add_arguments,
    run=run,
)
