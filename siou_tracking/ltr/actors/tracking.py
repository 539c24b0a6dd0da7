"""Actors of the trackers that find the target by a learned filter, under the module name that settings files know."""

from siou_tracking.ltr.actors.tomp import ToMPActor

__all__ = ["ToMPActor"]
