"""Settings, environment, checkpoints and statistics of the embedded engine."""
