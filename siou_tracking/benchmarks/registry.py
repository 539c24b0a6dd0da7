"""The one place where a name becomes a benchmark; one that is not asked for is not imported."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from siou_tracking.errors import unknown_name

if TYPE_CHECKING:  # the command line lists the names, so nothing heavy is imported here
    from siou_tracking.benchmarks.base import AnyBenchmark, Rules


def _lasot() -> AnyBenchmark:
    from siou_tracking.benchmarks.one_pass.lasot import LaSOT

    return LaSOT()


def _got10k() -> AnyBenchmark:
    from siou_tracking.benchmarks.one_pass.got10k import GOT10k

    return GOT10k()


def _trackingnet() -> AnyBenchmark:
    from siou_tracking.benchmarks.one_pass.trackingnet import TrackingNet

    return TrackingNet()


def _otb2015() -> AnyBenchmark:
    from siou_tracking.benchmarks.one_pass.otb2015 import OTB2015

    return OTB2015()


def _vot2018() -> AnyBenchmark:
    from siou_tracking.benchmarks.vot2018.benchmark import VOT2018

    return VOT2018()


_MAKERS: dict[str, Callable[[], AnyBenchmark]] = {
    "lasot": _lasot,
    "got10k": _got10k,
    "trackingnet": _trackingnet,
    "otb2015": _otb2015,
    "vot2018": _vot2018,
}


def register_benchmark(name: str, make: Callable[[], AnyBenchmark]) -> None:
    """Give a benchmark a name.

    Raises:
        ValueError: the name is taken.
    """
    if name in _MAKERS:
        raise ValueError(f"benchmark '{name}': got a second one of that name, allowed is one")
    _MAKERS[name] = make


def available_benchmarks() -> tuple[str, ...]:
    """The names that `get_benchmark` knows."""
    return tuple(_MAKERS)


def get_benchmark(name: str) -> AnyBenchmark:
    """The benchmark of that name.

    Raises:
        InputError: an unknown name; the allowed and the nearest one are listed.
    """
    if name not in _MAKERS:
        raise unknown_name("benchmark", name, _MAKERS)
    return _made(name)


@functools.cache
def _made(name: str) -> AnyBenchmark:
    return _MAKERS[name]()


def names_where(holds: Callable[[AnyBenchmark], object]) -> str:
    """The benchmarks of which something holds, "a, b and c", for the hint of an error."""
    *before, last = [name for name in _MAKERS if holds(get_benchmark(name))] or ["none"]
    return f"{', '.join(before)} and {last}" if before else last


def get_protocol(benchmark: str, name: str | None = None) -> Rules:
    """The rules of one evaluator.

    Args:
        benchmark: one of `available_benchmarks`.
        name: official (the default), or what else `available_protocols` lists.

    Returns:
        A `protocol.Protocol`; for vot2018, whose measures are others, a `Vot2018Protocol`.

    Raises:
        InputError: an unknown name; the allowed and the nearest one are listed.
    """
    found: Rules = get_benchmark(benchmark).get_protocol(name)
    return found


def available_protocols(benchmark: str) -> list[str]:
    """Names of the protocols of one benchmark, the default first.

    Raises:
        InputError: no such benchmark.
    """
    return list(get_benchmark(benchmark).protocols)
