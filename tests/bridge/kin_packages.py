"""Packages that the fake kin checkout imports and that this machine may lack, just large enough for it."""

from __future__ import annotations

import ast
import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest


class EasyDict(dict):
    def __init__(self, content: Any = None) -> None:
        super().__init__()
        for name, value in (content or {}).items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, EasyDict(value) if type(value) is dict else value)

    __setattr__ = __setitem__

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]


def safe_load(file: Any) -> dict[str, Any]:
    root: dict[str, Any] = {}
    open_maps = [(-1, root)]
    for line in file:
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        name, _, text = line.strip().partition(":")
        while open_maps[-1][0] >= depth:
            open_maps.pop()
        value = _read(text.strip()) if text.strip() else {}
        open_maps[-1][1][name] = value
        if isinstance(value, dict):
            open_maps.append((depth, value))
    return root


def _read(text: str) -> Any:
    if text.startswith("["):
        return [_read(part.strip()) for part in text[1:-1].split(",")]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"yaml": {"safe_load": safe_load}, "easydict": {"EasyDict": EasyDict}, "wandb": {}}
    for name, parts in content.items():
        if importlib.util.find_spec(name) is None:
            module = ModuleType(name)
            vars(module).update(parts)
            monkeypatch.setitem(sys.modules, name, module)
