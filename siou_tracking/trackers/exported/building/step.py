"""One step of a tracker as a graph of ONNX's standard operators."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any  # Any: a size as torch.export takes it

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from onnx import GraphProto

OPSET = 20
"""Of the standard operators; read by onnxruntime from version 1.17 (2024) on."""


@dataclasses.dataclass(frozen=True)
class Repeat:
    """How often a function is applied to what it makes."""

    times: int
    states: int
    """So many first inputs are replaced by the first outputs; of each other output all are kept, stacked."""


@dataclasses.dataclass(frozen=True)
class Step:
    """A function of a tracker that becomes a graph."""

    name: str
    """Of the graph."""
    module: nn.Module
    """Called with the inputs in order; returns the outputs in order, a tuple of tensors."""
    inputs: Mapping[str, Tensor]
    """Examples by name; a size that is open differs from 0 and 1."""
    outputs: Sequence[str]
    """Names."""
    open_sizes: Mapping[str, Mapping[int, str]] = dataclasses.field(default_factory=dict)
    """Of inputs: dimensions whose size a caller chooses, with a name each."""
    repeat: Repeat | None = None

    def example(self) -> tuple[Tensor, ...]:
        """Its outputs for the example."""
        with torch.no_grad():
            outputs: tuple[Tensor, ...] = self.module.eval()(*self.inputs.values())
        return outputs


def trace_step(step: Step) -> GraphProto:
    """The step as a graph of its own, constants included; what it repeats, once.

    Raises:
        RuntimeError: it has an operation that is not one of ONNX's; a fault of ours.
    """
    sizes = {name: torch.export.Dim(name) for dims in step.open_sizes.values() for name in dims.values()}
    shapes = [{dim: sizes[name] for dim, name in step.open_sizes.get(key, {}).items()} for key in step.inputs]
    with _quiet_exporter(), torch.no_grad():
        program = torch.onnx.export(
            step.module.eval(),
            tuple(step.inputs.values()),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(step.inputs),
            output_names=list(step.outputs),
            dynamic_shapes=_group_shapes(step.module, shapes),
            verbose=False,
        )
    assert program is not None  # None is what the older exporter returns
    model = program.model_proto
    strangers = {f"{node.domain}::{node.op_type}" for node in model.graph.node if node.domain not in ("", "ai.onnx")}
    if strangers or model.functions:
        raise RuntimeError(f"export: step {step.name}: not standard operators: {sorted(strangers)}")
    graph: GraphProto = model.graph
    return graph


def _group_shapes(module: nn.Module, shapes: list[Any]) -> tuple[Any, ...]:
    """One entry an argument; what *args takes is one argument."""
    named = [p for p in inspect.signature(module.forward).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    return (*shapes[: len(named)], *([tuple(shapes[len(named) :])] if len(shapes) > len(named) else []))


@contextlib.contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Without the exporter's notes on packages that it does not need and on functions that will be renamed."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnx_ir", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
