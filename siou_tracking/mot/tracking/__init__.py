"""From detections to tracks: start reading in tracker.py; run.py is what `siou-tracking mot track` does."""
