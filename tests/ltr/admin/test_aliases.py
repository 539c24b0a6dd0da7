"""The engine's public aliases exist only where they are asked for."""

from __future__ import annotations

import importlib
import sys
import types

import pytest

from siou_tracking.ltr.admin.aliases import engine_imports


def aliased_modules() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] in ("ltr", "pytracking")]


def test_alias_is_the_very_module_of_the_engine():
    with engine_imports():
        settings = importlib.import_module("ltr.admin.settings")
        assert settings is importlib.import_module("siou_tracking.ltr.admin.settings")
        assert importlib.import_module("ltr") is importlib.import_module("siou_tracking.ltr")


def test_engine_modules_keep_their_own_spec_and_name():
    with engine_imports():
        module = importlib.import_module("ltr.admin.stats")
    assert module.__spec__.name == module.__name__ == "siou_tracking.ltr.admin.stats"


def test_containers_come_from_pytracking_and_its_submodules():
    from siou_tracking.ltr.data.tensors import TensorDict, TensorList

    with engine_imports():
        assert importlib.import_module("pytracking").TensorDict is TensorDict
        assert importlib.import_module("pytracking.libs.tensorlist").TensorList is TensorList


def test_nothing_is_left_after_the_block_even_after_an_error():
    finders = list(sys.meta_path)
    with pytest.raises(RuntimeError), engine_imports():
        importlib.import_module("ltr.admin.settings")
        importlib.import_module("pytracking.libs")
        raise RuntimeError
    assert aliased_modules() == []
    assert sys.meta_path == finders


def test_foreign_packages_of_the_same_name_are_put_back(monkeypatch: pytest.MonkeyPatch):
    foreign = {name: types.ModuleType(name) for name in ("ltr", "ltr.admin", "pytracking")}
    for name, module in foreign.items():
        monkeypatch.setitem(sys.modules, name, module)
    with engine_imports():
        assert importlib.import_module("ltr") is not foreign["ltr"]
    assert {name: sys.modules[name] for name in aliased_modules()} == foreign


def test_nested_blocks_keep_the_aliases_until_the_outer_one_ends():
    with engine_imports():
        with engine_imports():
            importlib.import_module("ltr.admin")
        importlib.import_module("ltr.admin.stats")
    assert aliased_modules() == []


@pytest.mark.parametrize("name", ["ltr.models.no_such_net", "ltr.no.such", "pytracking.evaluation"])
def test_a_part_the_engine_lacks_is_a_missing_module_with_its_upstream_name(name: str):
    with engine_imports(), pytest.raises(ModuleNotFoundError, match="embedded engine") as caught:
        importlib.import_module(name)
    assert name.startswith(caught.value.name)


def test_a_foreign_ltr_on_the_path_never_answers_for_a_missing_part(tmp_path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "ltr"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "learning_to_rank.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("ltr.learning_to_rank")
    with engine_imports(), pytest.raises(ModuleNotFoundError):
        importlib.import_module("ltr.learning_to_rank")
    for name in aliased_modules():
        del sys.modules[name]


def test_settings_of_the_package_are_train_settings_and_new_in_each_block():
    seen = []
    for _ in range(2):
        with engine_imports():
            seen.append(importlib.import_module("ltr.train_settings.bbreg.atom"))
    assert callable(seen[0].run)
    assert seen[0] is not seen[1]
    assert aliased_modules() == []


@pytest.mark.parametrize("name", ["ltr.train_settings.bbreg.atom_prob_ml", "ltr.train_settings.kys"])
def test_settings_that_only_a_checkout_has_are_missing_by_their_own_name(name: str):
    with engine_imports(), pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(name)
    assert caught.value.name == name
