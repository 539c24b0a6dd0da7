"""`siou-tracking inspect`: what is in a file of weights."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from siou_tracking.arguments import Verb
from siou_tracking.outcomes import tell

if TYPE_CHECKING:
    from siou_tracking.cli.weights.summary import Summary

_WIDTH = 100
"""Characters of a setting, at most."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a checkpoint (.pth.tar, .pth) or a safetensors file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write it as JSON")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.cli.weights.summary import summarize
    from siou_tracking.files import check_outputs, write_json

    check_outputs({"--json": options.json}, [options.file])
    summary = summarize(options.file)
    if options.json:
        write_json(options.json, dataclasses.asdict(summary))
    tell("\n".join(format_summary(summary)))
    if options.json:
        tell(f"inspect: {options.json}")
    return 0


def format_summary(summary: Summary) -> list[str]:
    """The file, the network, the training it comes from, and its tensors, a line each."""
    from siou_tracking.cli.weights.summary import describe_box_loss, describe_call, describe_size
    from siou_tracking.report.table import align_columns
    from siou_tracking.untrusted.names import printable
    from siou_tracking.wording import listed

    def shown(value: object) -> str:
        text = printable(str(value))
        return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}..."

    broken = [printable(row.name) for row in summary.tensors if not row.finite]
    of_training = summary.format == "PyTorch"
    facts = {
        "file": f"{summary.file} ({summary.format}, {describe_size(summary.bytes)})",
        "network": "not said" if summary.net_type is None else shown(summary.net_type),
        "built by": describe_call(summary.constructor),
        "epoch": "not said" if summary.epoch is None else shown(summary.epoch),
        "actor": "" if summary.actor_type is None else shown(summary.actor_type),
        "box loss": describe_box_loss(summary.box_loss) if summary.box_loss or of_training else "not said",
        "also there": shown(listed(summary.others)) if summary.others else "",
        "tensors": f"{len(summary.tensors):,}, {summary.numbers:,} numbers, {describe_size(summary.tensor_bytes)}",
        "not finite": f"{len(broken)} tensors hold NaN or infinity: {listed(broken)}" if broken else "",
    }
    lines = [f"{name:10}  {value}" for name, value in facts.items() if value]
    if summary.settings:
        lines += ["", "settings", *(f"  {shown(key)} = {shown(value)}" for key, value in summary.settings.items())]
    head = ("tensor", "shape", "dtype", "bytes")
    rows = [
        (printable(row.name), "x".join(map(str, row.shape)) or "-", row.dtype, f"{row.bytes:,}")
        for row in summary.tensors
    ]
    return [*lines, "", *align_columns([head, *rows])]


VERB = Verb(
    name="inspect",
    summary="Say what a file of weights holds: network, epoch, box loss, settings, tensors; nothing in it is run.",
    example="siou-tracking inspect ATOMnet_ep0050.pth.tar --json atom.json",
    add_arguments=add_arguments,
    run=run,
)
