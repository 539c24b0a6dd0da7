"""Freed blocks stay with the process: the same memory is not asked for, and cleared, at every step."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
import torch

from siou_tracking.ltr.trainers.kept_memory import keep_freed_memory

PAGES = """
import resource, sys, torch
from siou_tracking.ltr.trainers.kept_memory import keep_freed_memory

def faults() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(64 << 20, dtype=torch.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "keep":
    assert keep_freed_memory(torch.device("cpu"))
print(sum([faults() for _ in range(8)][4:]))
"""


def count_faults(how: str) -> int:
    """Page faults of four blocks of 64 MB, one after the other and after four others, in a process of its own."""
    run = subprocess.run([sys.executable, "-c", PAGES, how], check=True, capture_output=True, text=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone has mallopt")
def test_a_block_that_was_freed_is_used_again_without_a_fault() -> None:
    assert count_faults("keep") * 20 < count_faults("plain")


@pytest.mark.parametrize("device", ["cuda", "meta"])
def test_other_devices_are_left_alone(device: str) -> None:
    assert not keep_freed_memory(torch.device(device))


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory(torch.device("cpu"))
