"""`siou-tracking convert`: a checkpoint as safetensors, and back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any  # what a checkpoint holds

from siou_tracking.arguments import Verb
from siou_tracking.errors import InputError
from siou_tracking.outcomes import tell

_CHECKPOINTS = (".pth.tar", ".pth")
_KEPT = ("net", "net_type", "epoch", "constructor", "box_loss", "net_info")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="IN", help="a checkpoint (.pth.tar, .pth) or a safetensors file")
    parser.add_argument(
        "target", type=Path, metavar="OUT", help="OUT.safetensors for a checkpoint, OUT.pth.tar for a safetensors file"
    )


def run(options: argparse.Namespace) -> int:
    source, target = options.source, options.target
    to_tensors = _is_tensor_name(target)

    from siou_tracking.cli.weights.summary import summarize_content
    from siou_tracking.files import check_outputs
    from siou_tracking.ltr.admin.loading import read_checkpoint
    from siou_tracking.ltr.admin.settings import settings_names
    from siou_tracking.ltr.admin.tensor_file import is_tensor_file, write_tensor_checkpoint
    from siou_tracking.ltr.trainers.checkpoints import write_checkpoint

    check_outputs({"OUT": target}, [source])
    content = read_checkpoint(source)
    if is_tensor_file(source) == to_tensors:
        kind, other = ("safetensors", ".pth.tar") if to_tensors else ("a checkpoint of PyTorch's", ".safetensors")
        raise InputError(f"convert: {source}: is {kind} already, OUT: got '{target}', allowed is a name in {other}")
    if to_tensors:
        write_tensor_checkpoint(target, content, source)
    else:
        names = {"settings": settings_names(content)} if "settings" in content else {}
        write_checkpoint(target, {name: content.get(name) for name in _KEPT} | names)
    tell("\n".join(_report(summarize_content(content, source), content, target)))
    return 0


def _is_tensor_name(target: Path) -> bool:
    name = target.name.lower()
    if not name.endswith((".safetensors", *_CHECKPOINTS)):
        raise InputError(f"convert: OUT: got '{target}', allowed are names in .safetensors, .pth.tar and .pth")
    return name.endswith(".safetensors")


def _report(summary: Any, content: dict[str, Any], target: Path) -> list[str]:
    """What is in the new file, and what is not."""
    from siou_tracking.cli.weights.summary import describe_box_loss, describe_call, describe_size
    from siou_tracking.ltr.admin.settings import settings_names
    from siou_tracking.untrusted.names import printable
    from siou_tracking.wording import listed

    kept = [f"{len(summary.tensors)} tensors, {describe_size(summary.tensor_bytes)}"]
    kept += [f"network {printable(summary.net_type)}"] if summary.net_type else []
    kept += [f"epoch {summary.epoch}"] if summary.epoch is not None else []
    kept += [f"box loss {describe_box_loss(summary.box_loss)}"] if summary.box_loss else []
    names = settings_names(content)
    kept += [f"settings {printable(' '.join(names.values()))}"] if names else []
    lines = [f"convert: {target} ({describe_size(target.stat().st_size)})", f"  kept: {', '.join(kept)}"]
    if summary.constructor is None:
        lines.append("  built by: not in the file: only load_network with a constructor's name builds a network for it")
    else:
        lines.append(f"  built by: {describe_call(summary.constructor)}")
    whole = (*_KEPT, *(["settings"] if names == content.get("settings") else []))
    left = [printable(str(name)) for name in content if name not in whole and content[name] is not None]
    what = listed(left) if left else "the state of the optimizer, which the file does not have"
    return [*lines, f"  not kept: {what}: a training can start from it (--weights), not go on (--resume)"]


VERB = Verb(
    name="convert",
    summary="Write a checkpoint's network as safetensors, which other tools read and which can hold no code; or back.",
    example="siou-tracking convert ATOMnet_ep0050.pth.tar atom.safetensors",
    add_arguments=add_arguments,
    run=run,
)
