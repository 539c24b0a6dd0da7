"""What a loaded set is: a benchmark's own sequences, all or some of them, or somebody's data in the same layout.

Names decide, equal up to case and -, _ and ., and lengths too where the official ones are built in: a `Dog` of 1,030
frames is not OTB2015's, which has 127. A set that is mostly the benchmark's is scored as the benchmark, and the
strangers in it are left out and named; any other set is own data, all of it scored by the benchmark's protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from siou_tracking.benchmarks.official_names import official_names
from siou_tracking.benchmarks.one_pass.names import NameIndex
from siou_tracking.benchmarks.sequence import BenchmarkSequence, frames_of
from siou_tracking.errors import InputError
from siou_tracking.wording import listed

S = TypeVar("S", bound=BenchmarkSequence)


@dataclasses.dataclass(frozen=True)
class Identity(Generic[S]):
    """What `identify` found."""

    sequences: list[S]
    """Those that are run and scored."""
    expected: int
    """Sequences the benchmark has; 0 where the set is own data."""
    notes: list[str]
    """What a reader must know: who is left out, or what else is the benchmark's or bears its names."""


def identify(title: str, names: Iterable[str], lengths: Mapping[str, int], sequences: Sequence[S]) -> Identity[S]:
    """Tell the benchmark's sequences from others.

    Args:
        title: of the benchmark, for the notes.
        names: of its official sequences.
        lengths: frames of those whose number is known.
        sequences: the loaded set.
    """
    index = NameIndex(names)
    official: dict[str, S] = {}
    strangers: list[str] = []
    namesakes: list[str] = []
    for one in sequences:
        name = index.find(one.name)
        frames = frames_of(one) if name in lengths else None
        if name is None:
            strangers.append(one.name)
        elif name in lengths and frames != lengths[name]:
            namesakes.append(f"{one.name} ({frames} frames, not {lengths[name]})")
        elif name in official:
            strangers.append(f"{one.name} (there twice)")
        else:
            official[name] = one
    others = [*namesakes, *strangers]
    if len(official) < max(len(others), 1):
        if official:
            count = f"{len(official)} of {len(sequences)}"
            notes = [f"only {count} sequences are {title}'s: {listed(list(official))}; not {title}'s: {listed(others)}"]
        else:
            notes = [f"named as {title}'s, but of another length: {listed(namesakes)}"] if namesakes else []
        return Identity(list(sequences), 0, notes)
    notes = [f"not {title}'s and left out: {listed(others)}"] if others else []
    return Identity(list(official.values()), len(index), notes)


def are_official(names: Iterable[str], official: Iterable[str]) -> bool:
    """Whether every one of some names is a benchmark's: what can be told of a stored result."""
    index = NameIndex(official)
    return all(index.find(name) is not None for name in names)


def refuse_other(title: str, own: str, others: Mapping[str, str], names: Sequence[str], where: object) -> None:
    """Refuse data that are mostly another benchmark's, and more than this one's, whose protocol would mislead.

    Args:
        title: of the benchmark.
        own: its list in `names/`.
        others: lists in `names/` of data in the same layout -> what to do with them.
        names: of the sequences that were found.
        where: they were found.

    Raises:
        InputError: more of the names are on another list; says which, and what to do.
    """
    counts = {other: _count(names, other) for other in (own, *others)}
    best = max(counts, key=lambda other: counts[other])
    if best != own and 2 * counts[best] > len(names):
        raise InputError(
            f"{title}: {where}: {counts[best]} of its {len(names)} sequences are {best.upper()}'s, {counts[own]} are "
            f"{title}'s: {others[best]}"
        )


def _count(names: Iterable[str], benchmark: str) -> int:
    index = NameIndex(official_names(benchmark))
    return sum(index.find(name) is not None for name in names)
