"""Online ATOM: start reading in tracker.py."""
