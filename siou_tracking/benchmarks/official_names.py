"""The official sequences of each benchmark: names, first images, sizes and lengths, from the lists in `names/`."""

from __future__ import annotations

import functools
from importlib import resources


@functools.cache
def official_rows(benchmark: str) -> dict[str, tuple[int, ...]]:
    """Name of a sequence -> the numbers beside it in `names/BENCHMARK.txt`: its length last, where it is known."""
    text = resources.files("siou_tracking.benchmarks").joinpath(f"names/{benchmark}.txt").read_text(encoding="ascii")
    rows = (line.split() for line in text.splitlines())
    return {name: tuple(map(int, numbers)) for name, *numbers in rows}


def official_names(benchmark: str) -> tuple[str, ...]:
    """Names of the benchmark's test sequences (GOT-10k: of its validation split), in the organizers' order."""
    return tuple(official_rows(benchmark))


def official_lengths(benchmark: str) -> dict[str, int]:
    """Frames of the official sequences, by name; empty where the organizers do not publish them with the truth."""
    return {name: numbers[-1] for name, numbers in official_rows(benchmark).items() if numbers}


def official_sizes(benchmark: str) -> dict[str, tuple[int, int]]:
    """(width, height) in pixels of the official images, by name of the sequence, where the list has them."""
    return {name: (row[0], row[1]) for name, row in official_rows(benchmark).items() if len(row) == 3}
