"""From detections to tracks: start reading in tracker.py; run.py is what `siou-tracking mot track` does."""

ASSOCIATIONS = ("embedding", "iou")
"""How detections are matched with tracks. The command line lists them, so nothing heavy is imported here."""
