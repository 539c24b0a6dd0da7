"""One run over several machines: each takes the i-th of n parts of the sequences, which all of them cut alike."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from siou_tracking.errors import InputError


def parse_shard(text: str) -> tuple[int, int]:
    """'i/n' as (i, n).

    Raises:
        InputError: not of that form, or i not in 1..n.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count:
        raise InputError(f"shard: got '{text}', expected i/n with i from 1 to n, such as 1/4")
    return index, count


def check_shard(shard: tuple[int, int]) -> tuple[int, int]:
    """`shard` again, once it is known to be one.

    Raises:
        InputError: i not in 1..n.
    """
    index, count = shard
    if not 1 <= index <= count:
        raise InputError(f"shard: got {index}/{count}, allowed are 1/{count} to {count}/{count}")
    return shard


def shard_from_environment() -> tuple[int, int] | None:
    """The shard that torchrun's RANK and WORLD_SIZE name; None where they are not set.

    Raises:
        InputError: they are set to something else.
    """
    rank, world = os.environ.get("RANK"), os.environ.get("WORLD_SIZE")
    if rank is None or world is None:
        return None
    if not (rank.isdecimal() and world.isdecimal() and int(rank) < int(world)):
        raise InputError(f"RANK and WORLD_SIZE: got {rank!r} and {world!r}, expected 0 <= RANK < WORLD_SIZE")
    return int(rank) + 1, int(world)


def partition(frames: Mapping[str, int], count: int) -> list[list[str]]:
    """Split sequences into `count` parts of about equal frames; the same for every process that asks.

    Args:
        frames: sequence -> its length.
        count: parts; some are empty when there are fewer sequences.
    """
    parts: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for name in sorted(frames, key=lambda name: (-frames[name], name)):
        lightest = loads.index(min(loads))
        parts[lightest].append(name)
        loads[lightest] += frames[name]
    return parts
