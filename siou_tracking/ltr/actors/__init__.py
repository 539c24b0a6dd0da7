"""Actors: how one batch becomes a loss. Import them from here or from `bbreg`, as settings files do."""

from siou_tracking.ltr.actors.base_actor import BaseActor
from siou_tracking.ltr.actors.bbreg import AtomActor, AtomBBKLActor

__all__ = ["AtomActor", "AtomBBKLActor", "BaseActor"]
