"""What every test shares: which are left out, and a fixed seed."""

from __future__ import annotations

import os
import random
import signal

import hypothesis
import numpy as np
import pytest
import torch

# Every run of the tests tries the same inputs; new ones are tried where SIOU_FUZZ says how many.
hypothesis.settings.register_profile("same", derandomize="SIOU_FUZZ" not in os.environ, database=None, deadline=None)
hypothesis.settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started without it
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nor has one under nohup this


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests run only when asked for by -m or by their own name; GPU tests skip where there is none."""
    by_name = any("::" in argument for argument in config.args)
    for item in items:
        if "slow" in item.keywords and not config.option.markexpr and not by_name:
            item.add_marker(pytest.mark.skip(reason="slow: run with -m slow or by name"))
        if "gpu" in item.keywords and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
