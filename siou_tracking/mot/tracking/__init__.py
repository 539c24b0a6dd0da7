"""From detections to tracks: start reading in tracker.py."""
