"""Actors: how one batch becomes a loss. Import them from here, from `bbreg` or `tracking`, as settings files do."""

from siou_tracking.ltr.actors.base_actor import BaseActor
from siou_tracking.ltr.actors.bbreg import AtomActor, AtomBBKLActor
from siou_tracking.ltr.actors.tracking import DiMPActor, DiMPSimpleActor, KLDiMPActor

__all__ = ["AtomActor", "AtomBBKLActor", "BaseActor", "DiMPActor", "DiMPSimpleActor", "KLDiMPActor"]
