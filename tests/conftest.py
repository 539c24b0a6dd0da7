"""What every test shares: where optional reference data lie, and a fixed seed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    torch.set_num_threads(1)


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


@pytest.fixture(scope="session")
def shared_root() -> Path:
    """The folder of reference documents and data beside the checkout; it is not part of the product."""
    folder = Path(os.environ.get("SIOU_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"reference data not found at {folder}; set SIOU_SHARED to their folder")
    return folder


@pytest.fixture(scope="session")
def shared_data(shared_root: Path) -> Path:
    """Annotations, raw results and reference scores."""
    return shared_root / "data"
