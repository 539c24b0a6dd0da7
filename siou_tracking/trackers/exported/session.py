"""The steps of an exported tracker, run by onnxruntime."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError, missing_extra
from siou_tracking.trackers.exported.model_file import ExportedInfo

_SILENT = 3
"""Errors only: a model with defaults for its inputs, as ours has, gets a warning for each."""


class Steps:
    """The graphs of a file.

    Computes on as many threads as OMP_NUM_THREADS says, as torch does, else on all cores.

    Args:
        path: the file.
        info: what it says of itself.

    Raises:
        InputError: onnxruntime is not installed, or cannot read the file.
    """

    def __init__(self, path: str | os.PathLike[str], info: ExportedInfo) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise InputError(f"onnx: {path}: {missing_extra('onnxruntime')}") from None
        options = onnxruntime.SessionOptions()
        threads = os.environ.get("OMP_NUM_THREADS", "")
        options.intra_op_num_threads = int(threads) if threads.isdecimal() else 0
        options.log_severity_level = _SILENT
        try:
            self._session = onnxruntime.InferenceSession(Path(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # it has a class of its own for each of a dozen causes
            raise InputError(f"onnx: {path}: onnxruntime cannot read it: {error}") from None
        self._numbers = {name: np.array(number) for number, name in enumerate(info.steps)}
        self._outputs = {name: [f"{name}.{out}" for out in step["outputs"]] for name, step in info.steps.items()}

    def run(self, step: str, /, **inputs: np.ndarray) -> list[np.ndarray]:
        """Outputs of a step, in the order of `ExportedInfo.steps`.

        Args:
            step: name of the graph.
            inputs: by name, float32.
        """
        feeds = {f"{step}.{name}": np.ascontiguousarray(value, dtype=np.float32) for name, value in inputs.items()}
        found: list[np.ndarray] = self._session.run(self._outputs[step], {"step": self._numbers[step], **feeds})
        return found
