"""The one place where a name becomes a box loss or a similarity: command line, actors and experiments all ask here.

A name plays two roles. As a **loss** it is minimized by regressed boxes. As a **score** its similarity, in [0, 1] and 1
for equal boxes, is what a head learns to predict and then climbs; PrDiMP's density of boxes is a score to a power.
smooth_iou's sharpness is 256 as a loss, 32 as a score and 4 for densities, as experiments/sharpness measures.

A name is a registered one or its alias, a sum of them such as 2*giou+5*l1, a function at module:function, or the name
that an installed package gives to its own loss.
"""

from __future__ import annotations

from typing import Any  # a loss's parameter: a number or a name

from siou_tracking.errors import unknown_name
from siou_tracking.losses.box import smooth_iou
from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.losses.box.combination import find_sum
from siou_tracking.losses.box.edges import l1, smooth_l1
from siou_tracking.losses.box.entry import LossEntry, Similarity
from siou_tracking.losses.box.gaussian import bcd, gwd, jd, kfiou, kld, nwd, probiou
from siou_tracking.losses.box.overlap import ciou, diou, eiou, giou, iou, mpdiou, piou, shape_iou, siou_angle, wiou
from siou_tracking.losses.box.own_loss import find_own_loss, installed_losses
from siou_tracking.losses.box.remapped import alpha_iou, focaler_iou, inner_iou
from siou_tracking.registry import Registry

_LOSSES = Registry(
    "box loss",
    (
        smooth_iou.ENTRY,
        iou.ENTRY,
        giou.ENTRY,
        diou.ENTRY,
        ciou.ENTRY,
        eiou.ENTRY,
        siou_angle.ENTRY,
        shape_iou.ENTRY,
        mpdiou.ENTRY,
        *wiou.ENTRIES,
        *piou.ENTRIES,
        alpha_iou.ENTRY,
        focaler_iou.ENTRY,
        inner_iou.ENTRY,
        gwd.ENTRY,
        kld.ENTRY,
        jd.ENTRY,
        bcd.ENTRY,
        nwd.ENTRY,
        kfiou.ENTRY,
        probiou.ENTRY,
        l1.ENTRY,
        smooth_l1.ENTRY,
    ),
)


def registered_box_losses() -> list[str]:
    """The registered names, without aliases, the project's own first."""
    return _LOSSES.names()


def available_box_losses() -> list[str]:
    """The registered names, and those that installed packages give to losses of theirs unless they are taken."""
    return _LOSSES.names() + [name for name in installed_losses() if not _LOSSES.knows(name)]


def describe(name: str) -> LossEntry:
    """What the registry knows of `name`: a registered one, an alias, a sum, or module:function.

    Raises:
        InputError: unknown name; the message lists the known ones and the nearest. A function that is no loss.
    """
    if not _LOSSES.knows(name):
        entry = find_sum(name, describe) or find_own_loss(name)
        if entry is not None:
            return entry
        if installed_losses():
            raise unknown_name(_LOSSES.kind, name, available_box_losses())
    return _LOSSES.find(name)


def build_box_loss(name: str, **params: Any) -> BoxLoss:
    """The loss of that name as a module, called as `loss(pred, target, weights=None)` on boxes `(..., 4)`.

    Args:
        name: one of `available_box_losses()`, an alias (`siou` is smooth_iou, not SCYLLA-IoU), a sum, or
            module:function.
        params: any of the entry's `loss_defaults`; what is not given has its default.

    Raises:
        InputError: unknown name, a parameter this loss does not have, or a value it does not allow.
    """
    entry = describe(name)
    return entry.build(entry.spell(params))


def build_box_similarity(name: str, **params: Any) -> Similarity:
    """The similarity of that name: a function of boxes `(..., 4)`, `(..., 4)` to `(...)` in [0, 1], 1 for equal boxes.

    iou gives the IoU, smooth_iou its S; a loss L gives 1 - L / most, clipped at 0, or exp(-L) where it has no such
    bound. The shapes broadcast, and the result is differentiable.

    Args:
        name: as for `build_box_loss`.
        params: any of the entry's `score_defaults`; what is not given has its default.

    Raises:
        InputError: unknown name, one without a similarity, a parameter it does not have, or a value it does not allow.
    """
    entry = describe(name)
    return entry.build_similarity(entry.spell(params))
