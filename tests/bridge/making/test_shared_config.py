"""One configuration object for all trackers of a module: each tracker keeps its own, and the module gets its back."""

from __future__ import annotations

import copy
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from siou_tracking.bridge.making.shared_config import OwnConfig


class Easy(dict):
    """Entries are attributes as well."""

    def __init__(self, **content: Any) -> None:
        super().__init__()
        for name, value in content.items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self.__dict__[name] = value


class Greedy(dict):
    """Any attribute is an entry, `__deepcopy__` too."""

    __getattr__ = dict.__getitem__


@pytest.mark.parametrize("kind", [dict, Easy, Greedy])
def test_two_trackers_of_a_module_do_not_share(kind) -> None:
    module = ModuleType("parameters")
    module.cfg = shared = kind(TEST=kind(SIZE=1, SCALES=[1.0]))
    taken = []
    for size in (5, 7):
        config = OwnConfig(module)
        shared["TEST"]["SIZE"] = size
        shared["TEST"]["SCALES"].append(size)
        params = SimpleNamespace(cfg=shared, size=size, other={})
        config.take(params)
        taken.append((config, params))
        assert module.cfg is shared and shared == {"TEST": {"SIZE": 1, "SCALES": [1.0]}}
    for (config, params), size in zip(taken, (5, 7), strict=True):
        assert params.cfg == {"TEST": {"SIZE": size, "SCALES": [1.0, size]}} and type(params.cfg) is kind
        with config.in_force():
            assert shared == params.cfg
            if kind is Easy:
                assert shared.TEST.SIZE == params.cfg.TEST.SIZE == size
        assert shared["TEST"]["SIZE"] == 1
    if kind is Easy:
        assert shared.TEST.SIZE == 1


def test_a_copy_has_its_own_numbers_and_the_same_module() -> None:
    module = ModuleType("parameters")
    module.cfg = Easy(SIZE=1)
    config, params = OwnConfig(module), SimpleNamespace(cfg=module.cfg)
    config.take(params)
    twin, twin_params = copy.deepcopy((config, params))
    twin_params.cfg["SIZE"] = 9
    with twin.in_force():
        assert module.cfg["SIZE"] == 9
    with config.in_force():
        assert module.cfg["SIZE"] == 1


def test_an_error_puts_the_module_back() -> None:
    module = ModuleType("parameters")
    module.cfg = {"SIZE": 1}
    config = OwnConfig(module)
    module.cfg["SIZE"] = 2
    config.take(SimpleNamespace())
    with pytest.raises(ZeroDivisionError), config.in_force():
        assert module.cfg["SIZE"] == 2
        raise ZeroDivisionError
    assert module.cfg == {"SIZE": 1}
