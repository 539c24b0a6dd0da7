"""Former place of `adapters.got10k`: scripts that run the got10k toolkit's experiments import it from here."""

from siou_tracking.trackers.adapters.got10k import Got10kTracker

__all__ = ["Got10kTracker"]
