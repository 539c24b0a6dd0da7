"""What was made twice in a session is copied from then on, unless a copy could still use the original."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking.bridge.making.spare_copies import SpareCopies, file_stamp


def make_tracker(**more: object) -> SimpleNamespace:
    return SimpleNamespace(network=nn.Linear(2, 2), seen=[], **more)


def count_made(tracker_of, times: int = 5) -> int:
    made = []

    def make() -> SimpleNamespace:
        made.append(tracker_of())
        return made[-1]

    spares = SpareCopies()
    got = [spares.get("key", make, lambda one: one) for _ in range(times)]
    assert len({id(one) for one in got}) == len({id(one.network) for one in got}) == times
    return len(made)


def test_the_third_is_a_copy_that_has_seen_nothing() -> None:
    def tracker() -> SimpleNamespace:
        torch.manual_seed(0)
        return make_tracker()

    assert count_made(tracker) == 2
    spares = SpareCopies()
    for _ in range(4):
        one = spares.get("key", tracker, lambda made: made)
        assert one.seen == [] and torch.equal(one.network.weight, tracker().network.weight)
        one.seen.append(1)
        one.network.weight.data.zero_()


def with_hook() -> SimpleNamespace:
    tracker = make_tracker()
    tracker.network.register_forward_hook(lambda module, args, answer: tracker.seen.append(1))
    return tracker


def with_function() -> SimpleNamespace:
    tracker = make_tracker()
    tracker.look = lambda: tracker.seen
    return tracker


@pytest.mark.parametrize("tracker_of", [with_hook, with_function, lambda: make_tracker(lock=threading.Lock())])
def test_what_cannot_be_copied_or_would_share_is_made_each_time(tracker_of) -> None:
    assert count_made(tracker_of) == 5


def test_keys_are_apart_and_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    spares = SpareCopies()
    got = [spares.get(key, lambda key=key: key, lambda one: make_tracker()) for key in ("a", "b", "a", "b", "a")]
    assert got == ["a", "b", "a", "b", "a"]
    file = tmp_path / "net.pth"
    file.write_bytes(b"1")
    before = file_stamp(file)
    assert file_stamp(file) == before and file_stamp(None) is None
    file.write_bytes(b"12")
    assert file_stamp(file) != before
