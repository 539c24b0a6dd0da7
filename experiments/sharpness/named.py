"""The family's scores as functions that `--box-loss module:function` takes: experiments.sharpness.named:log_kl_16.

A name is a member's, and its function is -ln S, so that the score that is made of it is S.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from experiments.sharpness.forms import FamilyLoss, Member
from siou_tracking.errors import InputError

BoxFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def __getattr__(name: str) -> BoxFunction:
    try:
        return FamilyLoss(Member.parse(name), "xyxy").cost
    except (ValueError, InputError):
        raise AttributeError(name) from None


def spell(member: Member) -> str:
    """What `--box-loss` takes."""
    return f"{__name__}:{member.name}"
