"""Trainings that are refused whatever their actor is called: they have no box term, or one that trains nothing."""

from __future__ import annotations

import re
from typing import Any  # actors and objectives are a checkout's

from siou_tracking.errors import InputError
from siou_tracking.retrain.choice import BoxLossChoice

SCORE_HEAD = "trains only the score head: train the first stage with this box loss and give its checkpoint"
TOKENS = (
    "has no differentiable box: it learns the likelihood of coordinate tokens: retrain a tracker that regresses boxes"
)
_SCORES = {"cls", "score"}


def refuse_ambiguous_alias(asked: BoxLossChoice, where: str) -> None:
    """Refuse the alias `siou` among trackers whose own loss of that name is another.

    Args:
        asked: what was asked for.
        where: the actor or the checkout, for the message.

    Raises:
        InputError: the alias was typed.
    """
    if "siou" in re.split(r"[+* ]+", asked.asked_as.casefold()):
        raise InputError(
            f"box loss {asked.asked_as}: {where}: trackers of this family call another loss SIoU, SCYLLA-IoU "
            "(arXiv 2205.12740): write smooth_iou, or siou_angle for SCYLLA's"
        )


def why_no_box_term(actor: Any, objectives: set[str]) -> str | None:
    """Why an actor with objectives of these names trains no box term, and what to do; None if it may.

    Args:
        actor: any.
        objectives: names of its objectives; empty where they have none.
    """
    if getattr(actor, "run_score_head", False) or "score" in objectives or (objectives and objectives <= _SCORES):
        return SCORE_HEAD
    return None
