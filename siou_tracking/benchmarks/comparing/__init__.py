"""Trackers side by side: start reading in scoreboard.py."""
