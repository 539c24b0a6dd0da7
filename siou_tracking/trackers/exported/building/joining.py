"""Several steps in one ONNX model: an input says which one runs, and only that one's inputs are given.

Each step is an `If` of the main graph, named like the step, whose condition is `step == number`. Its inputs have empty
defaults, so that those of other steps may be left out; its outputs are empty where another step runs. Inputs and
outputs are called STEP.NAME. What a step repeats is a `Loop` in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from siou_tracking.trackers.exported.building.step import OPSET, Step

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto

IR_VERSION = 10
SELECTOR = "step"
"""The input that chooses."""


def join_steps(steps: Sequence[Step], graphs: Sequence[GraphProto], metadata: Mapping[str, str]) -> ModelProto:
    """One model of all steps.

    Args:
        steps: see `Step`; numbered in this order from 0.
        graphs: of each.
        metadata: names and values that the model carries.
    """
    from onnx import TensorProto, checker, helper

    inputs = [helper.make_tensor_value_info(SELECTOR, TensorProto.INT64, [])]
    outputs, defaults, nodes = [], [], []
    for number, (step, graph) in enumerate(zip(steps, graphs, strict=True)):
        for value in graph.input:
            first_open = [f"{step.name}.{value.name}", *_sizes(value)[1:]]
            inputs.append(helper.make_tensor_value_info(f"{step.name}.{value.name}", _kind(value), first_open))
            closed = [0, *(size if isinstance(size, int) else 0 for size in first_open[1:])]
            defaults.append(helper.make_tensor(f"{step.name}.{value.name}", _kind(value), closed, []))
        branch = _repeated(step, graph) if step.repeat else _renamed(graph, step.name, _names(graph.input))
        names = [f"{step.name}.{value.name}" for value in graph.output]
        ranks = [len(value.type.tensor_type.shape.dim) for value in branch.output]
        outputs += [
            helper.make_tensor_value_info(name, _kind(value), [None] * rank)
            for name, value, rank in zip(names, graph.output, ranks, strict=True)
        ]
        nodes += _choose(step.name, number, branch, names, ranks)
    numbers = [helper.make_tensor(f"{step.name}.number", TensorProto.INT64, [], [n]) for n, step in enumerate(steps)]
    main = helper.make_graph(nodes, "tracker", inputs, outputs, [*numbers, *defaults])
    model = helper.make_model(
        main, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="siou-tracking"
    )
    helper.set_model_props(model, dict(metadata))
    checker.check_model(model, full_check=True)
    return model


def _kind(value: ValueInfoProto) -> int:
    return value.type.tensor_type.elem_type


def _sizes(value: ValueInfoProto) -> list[int | str]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def _names(values: Iterable[ValueInfoProto]) -> list[str]:
    return [value.name for value in values]


def _renamed(graph: GraphProto, step: str, outer: Collection[str]) -> GraphProto:
    """A copy without inputs and with other names: those of `outer` are found around it, all others are its own."""
    from onnx import GraphProto, helper

    def rename(name: str) -> str:
        return f"{step}.{name}" if name in outer else f"{step}.own.{name}"

    new = GraphProto()
    new.CopyFrom(graph)
    del new.input[:]
    del new.value_info[:]
    for node in new.node:
        assert not any(attribute.HasField("g") for attribute in node.attribute)  # a step has no graph within
        for names in (node.input, node.output):
            names[:] = [name and rename(name) for name in names]
    for value in (*new.initializer, *new.output):
        value.name = rename(value.name)
    computed = {name for node in new.node for name in node.output}
    for value in new.output:  # a constant may be an output of a model, but not of a branch
        if value.name not in computed:
            new.node.append(helper.make_node("Identity", [value.name], [f"{value.name}.same"]))
            value.name = f"{value.name}.same"
    return new


def _repeated(step: Step, graph: GraphProto) -> GraphProto:
    """A branch with the step's graph in a loop."""
    from onnx import TensorProto, helper

    assert step.repeat is not None
    states = _names(graph.input)[: step.repeat.states]
    body = _renamed(graph, step.name, set(_names(graph.input)).difference(states))
    scalar = [
        helper.make_tensor_value_info(f"{step.name}.{name}", kind, [])
        for name, kind in (("round", TensorProto.INT64), ("going", TensorProto.BOOL), ("on", TensorProto.BOOL))
    ]
    given = [
        helper.make_tensor_value_info(f"{step.name}.own.{value.name}", _kind(value), _sizes(value))
        for value in graph.input
        if value.name in states
    ]
    results = list(body.output)
    body.input.extend([*scalar[:2], *given])
    del body.output[:]
    body.output.extend([scalar[2], *results])
    body.node.append(helper.make_node("Identity", [scalar[1].name], [scalar[2].name]))
    times = helper.make_tensor(f"{step.name}.times", TensorProto.INT64, [], [step.repeat.times])
    names = [f"{step.name}.last.{value.name}" for value in graph.output]
    loop = helper.make_node(
        "Loop", [times.name, "", *(f"{step.name}.{name}" for name in states)], names, step.name, body=body
    )
    kept = [
        helper.make_tensor_value_info(name, _kind(value), [*([] if n < len(states) else [None]), *_sizes(value)])
        for n, (name, value) in enumerate(zip(names, graph.output, strict=True))
    ]
    return helper.make_graph([loop], step.name, [], kept, [times])


def _choose(
    name: str, number: int, branch: GraphProto, outputs: Sequence[str], ranks: Sequence[int]
) -> list[NodeProto]:
    """The nodes that run `branch` where the step is chosen."""
    from onnx import TensorProto, helper

    empty = [f"{output}.else" for output in outputs]
    absent = helper.make_graph(
        [
            helper.make_node("Constant", [], [out], value=helper.make_tensor(out, TensorProto.FLOAT, [0] * rank, []))
            for out, rank in zip(empty, ranks, strict=True)
        ],
        "absent",
        [],
        [
            helper.make_tensor_value_info(out, TensorProto.FLOAT, [0] * rank)
            for out, rank in zip(empty, ranks, strict=True)
        ],
    )
    return [
        helper.make_node("Equal", [SELECTOR, f"{name}.number"], [f"{name}.chosen"]),
        helper.make_node("If", [f"{name}.chosen"], outputs, name, then_branch=branch, else_branch=absent),
    ]
