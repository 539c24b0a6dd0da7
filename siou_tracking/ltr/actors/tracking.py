"""Actors of trackers with a target classifier, under the module name that settings files know."""

from siou_tracking.ltr.actors.dimp import DiMPActor, DiMPSimpleActor, KLDiMPActor
from siou_tracking.ltr.actors.tomp import ToMPActor

__all__ = ["DiMPActor", "DiMPSimpleActor", "KLDiMPActor", "ToMPActor"]
