"""Every family of networks that is compared with upstream's, and where the numbers of each are kept."""

from __future__ import annotations

from pathlib import Path

from tests.parity.atom_recipe import ATOM
from tests.parity.dimp_recipe import DIMP
from tests.parity.optimizer_recipe import OPTIMIZERS
from tests.parity.recipe import Recipe
from tests.parity.tomp_recipe import TOMP

FAMILIES: dict[str, Recipe] = {"atom": ATOM, "dimp": DIMP, "optimizer": OPTIMIZERS, "tomp": TOMP}


def reference_path(family: str) -> Path:
    """The file with upstream's numbers."""
    return Path(__file__).resolve().parent / f"{family}_reference.json"
