"""Only what is absent or broken is supplied, and a row says which and what follows."""

from __future__ import annotations

import importlib
import sys

import pytest

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.standins import plan
from siou_tracking.bridge.supply.component import import_failure
from siou_tracking.bridge.supply.patches import Patches


def rows(checkout):
    return {stand_in.component: stand_in for stand_in in plan(checkout)}


def test_what_is_installed_is_used(fake_checkout, install):
    install("tikzplotlib", "real = True")
    install("timm.models.layers", "DropPath = to_2tuple = trunc_normal_ = 'real'")
    found = rows(fake_checkout)
    assert "tikzplotlib" not in found and "timm" not in found
    with checkout_session(fake_checkout, announce=False):
        assert importlib.import_module("tikzplotlib").real
        assert importlib.import_module("timm.models.layers").DropPath == "real"


def test_what_is_broken_is_supplied_with_the_reason_and_its_remains_are_cleared(fake_checkout, install):
    install("tikzplotlib", "import tikzplotlib_part\nraise RuntimeError('operator does not exist\\nmore')")
    install("tikzplotlib_part", "")
    assert rows(fake_checkout)["tikzplotlib"].state == "broken: operator does not exist"
    assert "tikzplotlib" not in sys.modules
    with checkout_session(fake_checkout, announce=False):
        assert importlib.import_module("tikzplotlib").__name__ == "tikzplotlib"
    assert "tikzplotlib" not in sys.modules


def test_a_library_that_lacks_another_one_is_broken_and_not_absent(install):
    install("tikzplotlib", "import no_such_library_at_all")
    assert import_failure("tikzplotlib") == "broken: No module named 'no_such_library_at_all'"
    assert import_failure("no_such_library_at_all") == "absent"


def test_every_row_says_what_follows_and_absent_ones_how_to_mend(fake_checkout):
    for stand_in in plan(fake_checkout):
        assert stand_in.component and stand_in.state and stand_in.consequence
        assert stand_in.hint or stand_in.state != "absent"


def test_planning_changes_nothing(fake_checkout):
    plan(fake_checkout)  # libraries are tried the first time
    before = dict(sys.modules), list(sys.meta_path), list(sys.path)
    plan(fake_checkout)
    assert (dict(sys.modules), list(sys.meta_path), list(sys.path)) == before


def test_torch_six_is_supplied_to_commits_that_ask_for_it(fake_checkout):
    assert "torch._six" not in rows(fake_checkout)
    loader = fake_checkout.root / "ltr" / "data" / "loader.py"
    loader.write_text("from torch._six import container_abcs, int_classes, string_classes\n" + loader.read_text())
    assert "torch._six" in rows(fake_checkout)
    with checkout_session(fake_checkout, announce=False):
        module = importlib.import_module("ltr.data.loader")
        assert isinstance("text", module.string_classes) and isinstance(1, module.int_classes)
        assert module.container_abcs.Mapping
    assert "torch._six" not in sys.modules


def test_patches_are_undone_in_reverse_and_what_was_missing_goes():
    class Owner:
        kept = 1

    patches = Patches()
    for value in (2, 3):
        patches.set(Owner, "kept", value)
        patches.set(Owner, "new", value)
    assert (Owner.kept, Owner.new) == (3, 3)
    patches.undo()
    assert Owner.kept == 1 and not hasattr(Owner, "new")
    patches.undo()


def test_patches_keep_a_static_method_what_it_is():
    class Owner:
        @staticmethod
        def call(value):
            return value

    patches = Patches()
    patches.set(Owner, "call", lambda self, value: -value)
    assert Owner().call(1) == -1
    patches.undo()
    assert Owner().call(1) == 1


@pytest.mark.parametrize(
    "names", [("collections.Mapping", "collections"), ("numpy.int", "numpy"), ("torch.rfft", "torch")]
)
def test_names_that_were_removed_are_back_only_in_a_session(fake_checkout, names):
    component, module = names
    if component not in rows(fake_checkout):
        pytest.skip(f"this {module} still has it")
    attribute = component.rpartition(".")[2]
    with checkout_session(fake_checkout, announce=False):
        assert hasattr(importlib.import_module(module), attribute)
    assert attribute not in vars(importlib.import_module(module))
