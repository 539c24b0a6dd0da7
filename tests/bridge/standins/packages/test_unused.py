"""Packages that are only imported: the import works, a use names the package, and what is not known is not supplied."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.checkout import LAYOUTS, Checkout
from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.standins import plan
from siou_tracking.bridge.standins.packages import inert, unused
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.errors import InputError

KIN = LibLayout()


def supplied(tmp_path, monkeypatch, *imports):
    monkeypatch.setattr(unused, "import_failure", lambda module: "absent")
    found = unused.unused(Sources(tmp_path, KIN, frozenset(imports)))
    return {name: make(name) for stand_in in found for name, make in stand_in.modules.items()}


@pytest.mark.parametrize("package", sorted(unused._PACKAGES))
def test_each_can_be_imported_and_its_use_says_what_to_install(tmp_path, monkeypatch, package):
    module = supplied(tmp_path, monkeypatch, package, f"{package}.part")[f"{package}.part"]
    assert not hasattr(module, "__path_that_python_looks_for__")
    thing = module.anything
    assert isinstance(thing, type) and issubclass(type("Derived", (thing,), {}), thing)
    for use in (lambda: thing(1), lambda: thing.of_it, type("Derived", (thing,), {})):
        with pytest.raises(InputError, match=rf"^{package}\.part\.anything.*not installed: pip install"):
            use()


def test_only_what_is_imported_is_supplied(tmp_path, monkeypatch):
    assert sorted(supplied(tmp_path, monkeypatch, "wandb", "thop.utils", "numpy", "mamba_ssm")) == [
        "thop",
        "thop.utils",
        "wandb",
    ]


def test_decorators_that_measure_or_compile_leave_a_function_as_it_is(tmp_path, monkeypatch):
    modules = supplied(tmp_path, monkeypatch, "memory_profiler", "numba")

    def double(x):
        return 2 * x

    assert modules["memory_profiler"].profile(double) is double
    assert modules["numba"].jit(nopython=True)(double) is double is modules["numba"].njit(double)


def test_what_is_installed_is_used(tmp_path, install):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "log.py").write_text("import wandb\nfrom easydict import EasyDict\nimport yaml\n")
    names = {"wandb", "easydict", "yaml"}
    for package in names:
        install(package, "EasyDict = safe_load = 'real'")
    assert not names & {stand_in.component for stand_in in plan(Checkout(tmp_path, None, LAYOUTS[1]))}


def test_a_module_of_stand_ins_can_hold_things_that_work():
    module = inert.make_lazy("pip install x", works=len)("x")
    assert module.works([1]) == 1
