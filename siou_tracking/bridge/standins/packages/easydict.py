"""easydict and yacs: the dictionaries with attributes that configurations of the family are."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any  # values of a configuration

from siou_tracking.bridge.standins.packages.inert import make_lazy
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure, module_of


class EasyDict(dict[str, Any]):
    """A dictionary whose items are attributes too; mappings put into it, in lists and tuples as well, become such.

    Args:
        d: items to begin with.
        items: more of them.
    """

    def __init__(self, d: Mapping[str, Any] | None = None, **items: Any) -> None:
        super().__init__()
        self.update(d or {}, **items)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, self._convert(value))

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'") from None

    def __delattr__(self, name: str) -> None:
        if name not in self:
            raise AttributeError(name)
        del self[name]

    def update(self, d: Any = (), /, **items: Any) -> None:
        """As a dictionary's."""
        for name, value in {**dict(d), **items}.items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        """As a dictionary's."""
        if name not in self:
            self[name] = default
        return self[name]

    def _convert(self, value: Any) -> Any:
        if isinstance(value, dict) and not isinstance(value, EasyDict):
            return type(self)(value)
        if type(value) in (list, tuple):
            return type(value)(self._convert(one) if isinstance(one, dict) else one for one in value)
        return value


class CfgNode(EasyDict):
    """yacs's node of a configuration; files and lists of options are not merged into it here, and none is frozen."""

    def clone(self) -> CfgNode:
        """A copy that shares nothing with this one."""
        return copy.deepcopy(self)

    def freeze(self) -> None:
        """Nothing is guarded."""

    def defrost(self) -> None:
        """Nothing is guarded."""


def easydict(sources: Sources) -> StandIn | None:
    """Configurations."""
    state = import_failure("easydict") if sources.parts_of("easydict") else None
    if state is None:
        return None
    modules = {"easydict": module_of(EasyDict=EasyDict)}
    return StandIn("easydict", state, "our dictionary with attributes", "not needed; pip install easydict", modules)


def yacs(sources: Sources) -> StandIn | None:
    """Configurations of backbones that came from elsewhere."""
    parts = sources.parts_of("yacs")
    state = import_failure("yacs.config") if parts else None
    if state is None:
        return None
    hint = "pip install yacs"
    modules = dict.fromkeys({*parts, "yacs"}, make_lazy(hint)) | {"yacs.config": make_lazy(hint, CfgNode=CfgNode)}
    return StandIn("yacs", state, "our dictionary with attributes", f"not needed; {hint}", modules)
