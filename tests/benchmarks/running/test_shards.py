"""Parts of a run: what people write for one, and that all of them are every sequence once."""

from __future__ import annotations

import pytest

from siou_tracking.benchmarks.running.shards import parse_shard, partition
from siou_tracking.errors import InputError


def test_a_partition_has_every_sequence_once_and_is_balanced() -> None:
    lengths = dict(zip("abcdefghij", (900, 850, 500, 420, 300, 280, 200, 110, 60, 50), strict=True))
    parts = partition(lengths, 3)
    assert sorted(name for part in parts for name in part) == sorted(lengths)
    loads = [sum(lengths[name] for name in part) for part in parts]
    assert max(loads) - min(loads) <= min(lengths.values()) * 2
    shuffled = {name: lengths[name] for name in reversed(lengths)}
    assert partition(shuffled, 3) == parts
    assert partition({"a": 1}, 3) == [["a"], [], []]


def test_shards_are_read_as_people_write_them() -> None:
    assert parse_shard("2/4") == (2, 4)


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "a/b", "1/0", "-1/2", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected i/n with i from 1 to n"):
        parse_shard(text)
