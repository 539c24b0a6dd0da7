"""Former place of `adapters.vot`: the trackers.ini files that `write_registry` wrote before it moved name this one."""

from siou_tracking.trackers.adapters.vot import VOTTracker, write_registry

__all__ = ["VOTTracker", "write_registry"]
