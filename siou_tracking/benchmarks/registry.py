"""The one place where a name becomes a benchmark; one that is not asked for is not imported."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from siou_tracking.benchmarks.typed_names import OWN, find_name
from siou_tracking.errors import InputError, unknown_name

if TYPE_CHECKING:  # the command line lists the names, so nothing heavy is imported here
    from siou_tracking.benchmarks.base import AnyBenchmark, Rules


def _later(place: str) -> Callable[[], AnyBenchmark]:
    """Makes an object of the class at "module:Class" under this package."""

    def make() -> AnyBenchmark:
        module, _, name = place.partition(":")
        made: AnyBenchmark = getattr(importlib.import_module(f"siou_tracking.benchmarks.{module}"), name)()
        return made

    return make


_MAKERS: dict[str, Callable[[], AnyBenchmark]] = {
    "lasot": _later("datasets.lasot:LaSOT"),
    "got10k": _later("datasets.got10k:GOT10k"),
    "trackingnet": _later("datasets.trackingnet:TrackingNet"),
    "otb2015": _later("datasets.otb2015:OTB2015"),
    "vot2018": _later("vot2018.benchmark:VOT2018"),
    "lasot_ext": _later("datasets.lasot_ext:LaSOTExt"),
    "nfs": _later("datasets.nfs:NfS"),
    "nfs240": _later("datasets.nfs:NfS240"),
    "uav123": _later("datasets.uav123:UAV123"),
    "tnl2k": _later("datasets.tnl2k:TNL2K"),
    "otb50": _later("datasets.otb_parts:OTB50"),
    "otb2013": _later("datasets.otb_parts:OTB2013"),
    "vot2016": _later("vot2018.years:VOT2016"),
    "vot2019": _later("vot2018.years:VOT2019"),
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
    """The names that `get_benchmark` knows; besides them "custom:NAME", own data scored as NAME's are."""
    return tuple(_MAKERS)


def typed_benchmarks() -> tuple[str, ...]:
    """What the command line lists: the names, and "custom" for own data."""
    return (*_MAKERS, OWN)


def read_typed(text: str) -> str:
    """The name that is meant; "custom" waits for the protocol that says whose rules hold.

    Raises:
        InputError: as `find_benchmark`.
    """
    return _canonical(text)


def find_benchmark(text: str, protocol: str | None = None) -> tuple[str, str | None]:
    """What people mean by a benchmark and a protocol.

    Args:
        text: a name in any case and with or without -, _ and .; or "custom" for own data.
        protocol: of "custom" the benchmark whose rules hold; else it is handed back.

    Returns:
        The benchmark as `get_benchmark` knows it and the protocol as its `get_protocol` does.

    Raises:
        InputError: an unknown name, or one that cannot be scored here, with the reason.
    """
    name = _canonical(text)
    if name != OWN:
        return name, protocol
    if not protocol:
        raise InputError(f"{OWN}: no protocol: name the benchmark whose rules hold, such as --protocol lasot")
    try:
        return f"{OWN}:{find_name(protocol, _MAKERS)}", None
    except InputError as error:
        raise InputError(f"{OWN} protocol: {error}") from error


def _canonical(text: str) -> str:
    head, colon, rest = text.partition(":")
    if colon and head.casefold() == OWN:
        return f"{OWN}:{find_name(rest, _MAKERS)}"
    return find_name(text, (*_MAKERS, OWN))


def get_benchmark(name: str) -> AnyBenchmark:
    """The benchmark of that name, spelled as `find_benchmark` takes it.

    Raises:
        InputError: an unknown name; the allowed and the nearest one are listed.
    """
    return _made(name if name in _MAKERS else find_benchmark(name)[0])


@functools.cache
def _made(name: str) -> AnyBenchmark:
    if name.startswith(f"{OWN}:"):
        from siou_tracking.benchmarks.datasets.custom import make_custom

        return make_custom(type(_made(name.removeprefix(f"{OWN}:"))))
    return _MAKERS[name]()


def names_where(holds: Callable[[AnyBenchmark], object]) -> str:
    """The benchmarks of which something holds, "a, b and c", for the hint of an error."""
    *before, last = [name for name in _MAKERS if holds(get_benchmark(name))] or ["none"]
    return f"{', '.join(before)} and {last}" if before else last


def check_experiment(benchmark: AnyBenchmark, name: str) -> None:
    """Refuse an experiment that a benchmark does not have.

    Raises:
        InputError: no benchmark has it, then the nearest is named, or others have it, then those.
    """
    if name in benchmark.experiments:
        return
    every = {known for one in _MAKERS for known in get_benchmark(one).experiments}
    if name not in every:
        raise unknown_name("experiment", name, every)
    allowed = names_where(lambda one: name in one.experiments)
    raise InputError(f"experiment: got '{name}', {benchmark.name} has none; allowed for {allowed}")


def get_protocol(benchmark: str, name: str | None = None) -> Rules:
    """The rules of one evaluator.

    Args:
        benchmark: one of `available_benchmarks`.
        name: official (the default), or what else `available_protocols` lists.

    Returns:
        A `protocol.Protocol`; for the VOT years, whose measures are others, a `Vot2018Protocol`.

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
