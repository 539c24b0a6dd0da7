"""Train settings of one-stage multi-object trackers."""
