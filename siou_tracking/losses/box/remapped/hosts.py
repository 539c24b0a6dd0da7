"""The overlap losses whose IoU another number can replace: what each adds to 1 - IoU stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection

from siou_tracking.errors import InputError
from siou_tracking.losses.box.overlap.ciou import ciou_penalties
from siou_tracking.losses.box.overlap.diou import diou_penalties
from siou_tracking.losses.box.overlap.eiou import eiou_penalties
from siou_tracking.losses.box.overlap.giou import giou_penalties
from siou_tracking.losses.box.overlap.iou import no_penalties
from siou_tracking.losses.box.overlap.pair import Pair, Penalties
from siou_tracking.losses.box.overlap.siou_angle import siou_angle_penalties

PENALTIES: dict[str, Callable[[Pair], Penalties]] = {
    "iou": no_penalties,
    "giou": giou_penalties,
    "diou": diou_penalties,
    "ciou": ciou_penalties,
    "eiou": eiou_penalties,
    "siou_angle": siou_angle_penalties,
}


def check_host(loss: str, host: str, allowed: Collection[str] = tuple(PENALTIES)) -> str:
    """The name of a host, or an `InputError` that lists those which a loss has."""
    if host not in allowed:
        raise InputError(f"{loss}: host: got {host!r}, allowed are {', '.join(allowed)}")
    return host
