"""Training curves for tensorboard: one run per loader, one scalar per statistic and epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any  # a SummaryWriter, which may not be installed, and statistics of both engines


def is_available() -> bool:
    """Whether tensorboard can be imported; without it the curves are still in the run's `stats.jsonl`."""
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError:
        return False
    return True


class TensorboardWriter:
    """Writes `<directory>/<loader>`; the files are made at the first write, not before.

    Args:
        directory: folder of this run.
        loader_names: loaders whose statistics are written.
    """

    def __init__(self, directory: str | Path, loader_names: Iterable[str]) -> None:
        self.directory = Path(directory)
        self.loader_names = tuple(loader_names)
        self.writer: dict[str, Any] = {}

    def _open_writer(self, name: str) -> Any:
        if name not in self.writer:
            from torch.utils.tensorboard import SummaryWriter

            self.writer[name] = SummaryWriter(str(self.directory / name))
        return self.writer[name]

    def write_info(self, module_name: str, script_name: str, description: str) -> None:
        """Note the settings file in the run `info` (the first tag is spelled as upstream spells it)."""
        info = self._open_writer("info")
        info.add_text("Modulet_name", module_name)
        info.add_text("Script_name", script_name)
        info.add_text("Description", description)
        info.flush()

    def write_epoch(self, stats: Mapping[str, Mapping[str, Any] | None], epoch: int, ind: int = -1) -> None:
        """Write each statistic's newest value (entry `ind` of its history) at `epoch`."""
        for name in self.loader_names:
            for stat, value in (stats.get(name) or {}).items():
                if value.history and getattr(value, "has_new_data", True):
                    self._open_writer(name).add_scalar(stat, value.history[ind], epoch)
        for writer in self.writer.values():
            writer.flush()

    def close(self) -> None:
        """Close the files; a later write opens new ones."""
        for writer in self.writer.values():
            writer.close()
        self.writer = {}
