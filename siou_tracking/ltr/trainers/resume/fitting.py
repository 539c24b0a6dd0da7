"""Whether what a checkpoint says of its run is what a run can go on with, asked before any of it is taken over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any  # what a checkpoint holds, which may be anything

import torch

from siou_tracking.ltr.trainers.checkpoints import is_rng_state


def problem(
    state: Mapping[str, Any], optimizer: torch.optim.Optimizer, scheduler: Any, loaders: Iterable[Any]
) -> str | None:
    """What in a checkpoint fits no run with this optimizer and schedule, in words; None where all fits.

    Args:
        state: content of the checkpoint; entries that are not there are not asked for.
            Their kinds are those that `read_checkpoint` lets through.
        optimizer, scheduler, loaders: of the run; the scheduler may be None.
    """
    if state.get("epoch", 0) < 0:
        return f"epoch: got {state['epoch']}, allowed are numbers from 0"
    if "stats" in state and not are_statistics(state["stats"], loaders):
        return "stats: got something else than statistics by loader and name"
    if "optimizer" in state and (what := _optimizer_problem(state["optimizer"], optimizer)):
        return f"optimizer: {what}"
    own = {} if scheduler is None else scheduler.state_dict()
    there = state.get("lr_scheduler_state", {})
    if not isinstance(there, Mapping) or not _fit(there, own):
        return "lr_scheduler_state: got other values than this run's schedule has"
    return None


def are_statistics(value: Any, loaders: Iterable[Any]) -> bool:
    """Whether these are meters by loader and name, as a trainer has them; what it has beside them is its own."""
    if not isinstance(value, Mapping):
        return False
    own = [value.get(getattr(loader, "name", None)) for loader in loaders]
    return all(
        meters is None or (isinstance(meters, Mapping) and all(map(_is_meter, meters, meters.values())))
        for meters in own
    )


def is_number(value: Any) -> bool:
    """Whether this is a number that a statistic or a rate may be, NaN too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 1 << 63
    return isinstance(value, float)


def is_switch(value: Any) -> bool:
    """Whether this turns something on, off, or leaves it to be found out."""
    return isinstance(value, bool) or value is None


def _is_meter(name: Any, meter: Any) -> bool:
    fields = getattr(meter, "__dict__", {})
    averages = hasattr(meter, "new_epoch")
    numbers = ("val", "avg", "sum", "count") if averages else ("val",)
    return (
        isinstance(name, str)
        and hasattr(meter, "update")
        and ("count" in fields) == averages
        and {*numbers, "history"} <= set(fields)
        and isinstance(fields["history"], list)
        and all(map(is_number, fields["history"]))
        and all(is_number(fields[key]) or _is_scalar(fields[key]) for key in numbers)
    )


def _is_scalar(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.shape == () and value.device.type != "meta"


def _optimizer_problem(there: Any, optimizer: torch.optim.Optimizer) -> str | None:
    if not isinstance(there, Mapping) or not {"state", "param_groups"} <= set(there):
        return "got something else than its state and its groups of parameters"
    own = optimizer.state_dict()["param_groups"]
    groups = there["param_groups"]
    if not isinstance(groups, list) or not all(isinstance(group, Mapping) for group in groups):
        return "got no list of groups of parameters"
    if [len(_members(group)) for group in groups] != [len(group["params"]) for group in own]:
        return None  # told by the optimizer itself, with the numbers
    for group, mine in zip(groups, own, strict=True):
        for name in [name for name, value in mine.items() if name != "params" and not is_switch(value)]:
            if name not in group or not _is_like(group[name], mine[name]):
                return f"got {name} {repr(group.get(name))[:40]}, this run's has {mine[name]!r}"
    members = {member: None for group in groups for member in _members(group) if isinstance(member, int)}
    if len(members) != sum(map(len, map(_members, groups))):
        return "got parameters that are no numbers, or twice the same"
    shapes = [weight.shape for group in optimizer.param_groups for weight in group["params"]]
    return _states_problem(there["state"], dict(zip(members, shapes, strict=True)))


def _members(group: Mapping[str, Any]) -> list[Any]:
    members = group.get("params")
    return members if isinstance(members, list) else []


def _states_problem(states: Any, shapes: Mapping[int, torch.Size]) -> str | None:
    if not isinstance(states, Mapping) or not all(isinstance(one, Mapping) for one in states.values()):
        return "got no state by parameter"
    if strangers := [key for key in states if key not in shapes]:
        return f"got the state of a parameter {repr(strangers[0])[:40]}, allowed are 0 to {len(shapes) - 1}"
    names = {name for one in states.values() for name in one}
    tensors = {name for one in states.values() for name, value in one.items() if getattr(value, "shape", ()) != ()}
    for key, one in states.items():
        if one and set(one) != names:
            return f"got parameter {key} without {', '.join(sorted(map(str, names - set(one))))}"
        for name, value in one.items():
            if isinstance(value, torch.Tensor):
                fits = value.layout == torch.strided and value.device.type != "meta" and value.is_floating_point()
                if not fits or value.shape != (shapes[key] if name in tensors else ()):
                    return f"got {name} of parameter {key} as {tuple(value.shape)} {value.dtype}"
            elif name in tensors or (value is not None and not (is_number(value) and value >= 0)):
                return f"got {name} of parameter {key} as {repr(value)[:40]}"
    return None


def _fit(there: Mapping[Any, Any], own: Mapping[str, Any]) -> bool:
    """Whether each value is of the kind that the run's own of that name is; names that it has not do not matter."""
    return all(_is_like(value, own[name]) for name, value in there.items() if name in own)


def _is_like(value: Any, own: Any) -> bool:
    if is_switch(own):
        return is_switch(value)
    if is_number(own):
        share = 0 < own < 1
        low = 0 if share else 1 if isinstance(own, int) and own > 0 else -math.inf
        return is_number(value) and low <= value <= (1 if share else math.inf) and math.isfinite(value)
    if isinstance(own, list | tuple):
        return isinstance(value, list | tuple) and len(value) == len(own) and all(map(_is_like, value, own))
    return True


def is_place_in_epoch(stopped: Any, processes: int, loaders: Iterable[Any]) -> bool:
    """Whether this says where in an epoch a run was stopped, see `position`."""
    if not isinstance(stopped, Mapping):
        return False
    whole = [stopped.get(name) for name in ("epoch", "loader", "step", "steps", "skipped")]
    told = stopped.get("processes")
    seconds, done = stopped.get("seconds"), stopped.get("done")
    return (
        all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 1 << 31 for one in whole)
        and stopped["step"] <= stopped["steps"]
        and isinstance(seconds, list)
        and len(seconds) == 2
        and all(map(is_number, seconds))
        and isinstance(done, list)
        and all(isinstance(one, list | tuple) and len(one) == 3 and all(map(is_number, one)) for one in done)
        and isinstance(told, list)
        and len(told) == processes
        and all(isinstance(one, Mapping) and {"began", "rng", "stats"} <= set(one) for one in told)
        and all(
            are_statistics(one["stats"], loaders) and is_rng_state(one["began"]) and is_rng_state(one["rng"])
            for one in told
        )
    )
