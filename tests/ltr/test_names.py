"""What `from ltr import NAME` gives."""

from __future__ import annotations

import pytest

from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.loading import load_network as own_load_network
from siou_tracking.ltr.admin.model_constructor import model_constructor as own_constructor
from siou_tracking.ltr.admin.multigpu import MultiGPU as OwnMultiGPU


def test_the_three_names_that_upstream_has_are_there():
    with engine_imports():
        from ltr import MultiGPU, load_network, model_constructor
    assert (MultiGPU, load_network, model_constructor) == (OwnMultiGPU, own_load_network, own_constructor)


def test_any_other_is_missing_as_an_import_says():
    with engine_imports(), pytest.raises(ImportError, match="cannot import name 'SingleGPU'"):
        from ltr import SingleGPU  # noqa: F401
