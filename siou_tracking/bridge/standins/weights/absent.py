"""Weights that are not read: an empty mapping that answers for any key."""

from __future__ import annotations

from typing import Any, NoReturn  # what checkouts ask of weights

from siou_tracking.errors import InputError

_ARITHMETIC = ("add", "radd", "sub", "rsub", "mul", "rmul", "matmul", "truediv", "rtruediv", "pow", "neg", "float")


class NoWeights(dict[str, Any]):
    """What a checkout gets in place of a file: no items, and below any key as little.

    Args:
        source: the file or address that is asked for, for errors.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source

    def __getitem__(self, key: object) -> NoWeights:
        return self if isinstance(key, str) else self.refuse()

    def pop(self, key: str, *default: Any) -> Any:
        """The default, else nothing again."""
        return default[0] if default else self

    def __delitem__(self, key: str) -> None:
        pass

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # what Python and torch look for in any mapping
            raise AttributeError(name)
        self.refuse()

    @classmethod
    def __torch_function__(cls, function: object, types: object, args: tuple = (), kwargs: object = None) -> NoReturn:
        flat = [one for arg in args for one in (arg if isinstance(arg, (list, tuple)) else [arg])]
        next((one for one in flat if isinstance(one, cls)), cls("its pretrained weights")).refuse()

    def refuse(self, *args: object) -> NoReturn:
        """For code that does not only hand the weights on."""
        raise InputError(
            f"--no-pretrained: {self.source}: the checkout computes with its content: it cannot do without: give "
            "--pretrained FILE"
        )


for _name in _ARITHMETIC:
    setattr(NoWeights, f"__{_name}__", NoWeights.refuse)
