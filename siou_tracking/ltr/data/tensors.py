"""Containers that pass tensor operations on to what they hold: a dict and a list of tensors.

A training batch is a `TensorDict`, so `data.to(device)` moves every tensor of it and leaves names and numbers alone.
A `TensorList` does arithmetic element by element, which the online optimizers use to hold several variables as one.
Names and behavior follow PyTracking's containers. One thing differs: special names such as `__torch_function__` are
not passed on, because torch takes an object that answers for them for a tensor and `torch.autograd.grad` then fails.
"""

from __future__ import annotations

import builtins
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any  # a container holds anything and passes any call on

import torch


def _check_tensor_method(owner: object, name: str) -> None:
    """Raise AttributeError unless `name` is an ordinary attribute of a torch tensor."""
    if (name.startswith("__") and name.endswith("__")) or not hasattr(torch.Tensor, name):
        raise AttributeError(f"'{type(owner).__name__}' object has no attribute '{name}'")


def _call_if_there(element: Any, name: str, args: tuple, kwargs: dict) -> Any:
    """`element.name(...)`, or the element itself when it has no such method."""
    method = getattr(element, name, None)
    return element if method is None else method(*args, **kwargs)


class TensorDict(OrderedDict):
    """A dict on which any `torch.Tensor` method maps over the values that have it: `batch.to("cpu")`.

    Values without the method (strings, numbers, None) are kept as they are.
    """

    def concat(self, other: dict) -> TensorDict:
        """A new dict with the entries of both; `other` wins where a key is in both."""
        joined = TensorDict(self)
        joined.update(other)
        return joined

    def copy(self) -> TensorDict:
        """A shallow copy."""
        return TensorDict(self)

    def __getattr__(self, name: str) -> Callable[..., TensorDict]:
        _check_tensor_method(self, name)
        return lambda *args, **kwargs: TensorDict({k: _call_if_there(v, name, args, kwargs) for k, v in self.items()})

    def attribute(self, attr: str, *default: Any) -> TensorDict:
        """The attribute `attr` (such as "shape") of every value, or `default` where a value has none."""
        return TensorDict({k: getattr(v, attr, *default) for k, v in self.items()})

    def apply(self, fn: Callable, *args: Any, **kwargs: Any) -> TensorDict:
        """`fn(value, *args, **kwargs)` for every value; an argument that is a dict gives each key its own."""
        picked = ([a[k] if isinstance(a, dict) else a for a in args] for k in self)
        return TensorDict({k: fn(v, *mine, **kwargs) for (k, v), mine in zip(self.items(), picked, strict=True)})


class TensorList(list):
    """A list with elementwise arithmetic, on which any `torch.Tensor` method maps over the elements.

    The other operand is a list of equal length, or one value that is used for every element. `concat` joins lists.
    """

    def __init__(self, elements: Iterable = ()) -> None:
        super().__init__(elements if elements is not None else ())

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            return TensorList(super().__getitem__(item))
        if isinstance(item, (list, tuple)):
            return TensorList(super(TensorList, self).__getitem__(i) for i in item)
        return super().__getitem__(item)

    def concat(self, other: Iterable) -> TensorList:
        """A new list with the elements of both, one after the other."""
        return TensorList([*self, *other])

    def copy(self) -> TensorList:
        """A shallow copy."""
        return TensorList(self)

    def unroll(self) -> TensorList:
        """The elements of nested TensorLists in one flat list."""
        flat = TensorList()
        for element in self:
            flat.extend(element.unroll() if isinstance(element, TensorList) else [element])
        return flat

    def list(self) -> builtins.list:
        """A plain Python list."""
        return builtins.list(self)

    def attribute(self, attr: str, *default: Any) -> TensorList:
        """The attribute `attr` (such as "shape") of every element, or `default` where an element has none."""
        return TensorList(getattr(element, attr, *default) for element in self)

    def apply(self, fn: Callable) -> TensorList:
        """`fn(element)` for every element."""
        return TensorList(fn(element) for element in self)

    def __getattr__(self, name: str) -> Callable[..., TensorList]:
        _check_tensor_method(self, name)
        return lambda *args, **kwargs: TensorList(self._map_elements(name, args, kwargs))

    def _map_elements(self, name: str, args: tuple, kwargs: dict) -> Iterable:
        for index, element in enumerate(self):
            mine = tuple(a[index] if isinstance(a, TensorList) else a for a in args)
            yield _call_if_there(element, name, mine, kwargs)

    def __pos__(self) -> TensorList:
        return self.apply(operator.pos)

    def __neg__(self) -> TensorList:
        return self.apply(operator.neg)

    def __abs__(self) -> TensorList:
        return self.apply(abs)

    def _pair_elements(self, other: Any) -> Iterable[tuple]:
        return zip(self, other if isinstance(other, builtins.list) else [other] * len(self), strict=True)


def _define_operator(name: str, operation: Callable[[Any, Any], Any]) -> None:
    """Give TensorList the operator `name`, its reflected form and its in-place form."""

    def forward(self: TensorList, other: Any) -> TensorList:
        return TensorList(operation(a, b) for a, b in self._pair_elements(other))

    def reflected(self: TensorList, other: Any) -> TensorList:
        return TensorList(operation(b, a) for a, b in self._pair_elements(other))

    def in_place(self: TensorList, other: Any) -> TensorList:
        update = getattr(operator, f"i{name}")
        self[:] = [update(a, b) for a, b in self._pair_elements(other)]
        return self

    for prefix, function in (("", forward), ("r", reflected), ("i", in_place)):
        function.__name__ = f"__{prefix}{name}__"
        setattr(TensorList, function.__name__, function)


def _define_comparison(name: str) -> None:
    """Give TensorList the elementwise comparison `name`; equality keeps the meaning it has for lists."""
    operation = getattr(operator, name)

    def compare(self: TensorList, other: Any) -> TensorList:
        return TensorList(operation(a, b) for a, b in self._pair_elements(other))

    compare.__name__ = f"__{name}__"
    setattr(TensorList, compare.__name__, compare)


for _name in ("add", "sub", "mul", "truediv", "matmul", "mod", "pow"):
    _define_operator(_name, getattr(operator, _name))
for _name in ("le", "ge", "lt", "gt"):
    _define_comparison(_name)
