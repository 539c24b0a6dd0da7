"""Online DiMP, PrDiMP and SuperDiMP: start reading in tracker.py."""
