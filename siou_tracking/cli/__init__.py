"""The command line: one file a verb."""

from siou_tracking.cli.main import main

__all__ = ["main"]
