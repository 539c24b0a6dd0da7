"""Online ToMP: start reading in tracker.py."""
