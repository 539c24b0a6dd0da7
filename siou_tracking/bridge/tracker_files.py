"""Which tracker of a checkout a name means."""

from __future__ import annotations

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.errors import InputError, did_you_mean, unknown_name

_DEFAULT = "default"


def checkout_trackers(checkout: Checkout) -> list[str]:
    """Every `NAME:PARAM` of a checkout, sorted."""
    return checkout.layout.trackers(checkout.root)


def check_tracker(checkout: Checkout, name: str, param: str | None) -> tuple[str, str]:
    """The tracker's name and that of its parameter file; without one it is `default`, or the only one.

    Args:
        checkout: whose trackers are meant.
        name: such as "dimp", also "dimp:dimp50".
        param: such as "dimp50".

    Raises:
        InputError: no such tracker, or none of that parameter file; names the nearest and lists what there is.
    """
    name, _, tail = name.partition(":")
    param = param or tail or None
    available = checkout_trackers(checkout)
    own = [entry.partition(":")[2] for entry in available if entry.startswith(f"{name}:")]
    if not own:
        names = {entry.partition(":")[0] for entry in available}
        meant = [entry for entry in available if entry.endswith(f":{name}")]
        if meant:
            raise InputError(
                f"tracker '{name}': checkout {checkout.root}: a parameter file: did you mean '{meant[0]}'?"
            )
        raise unknown_name(f"tracker of {checkout.root}", name, names)
    if param is None and (_DEFAULT in own or len(own) == 1):
        param = _DEFAULT if _DEFAULT in own else own[0]
    if param in own:
        return name, param
    listed = ", ".join(f"{name}:{one}" for one in own)
    if param is None:
        raise InputError(f"tracker '{name}': checkout {checkout.root}: got no parameter file, allowed are {listed}")
    hint = did_you_mean(f"{name}:{param}", [f"{name}:{one}" for one in own])
    raise InputError(f"tracker '{name}:{param}': checkout {checkout.root}: not there, allowed are {listed}{hint}")
