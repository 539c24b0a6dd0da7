"""The log that a training script of the kin names before its trainer is made, and appends to."""

from __future__ import annotations

from pathlib import Path
from typing import Any  # a checkout's settings


def rename_log(settings: Any, before: str) -> None:
    """Give the log the ending that the run's project path, which was `before`, got for its box loss.

    The log's name is made of the script's and the configuration's alone, so both runs would append to one file.
    """
    log, added = getattr(settings, "log_file", None), settings.project_path.removeprefix(before)
    if log and added and added != settings.project_path:
        path = Path(log)
        settings.log_file = str(path.with_name(f"{path.stem}{added}{path.suffix}"))
