"""Which epochs' checkpoints stay in a run's folder: all, or by --keep the last few and the best.

`best.json` there says which is the best by --keep-best so far, and what each epoch had.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any  # JSON; loaders and statistics of either engine

from siou_tracking.errors import unknown_name
from siou_tracking.files import write_json
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoints, remove_checkpoint
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.untrusted.reading import read_limited

logger = get_logger(__name__)

FILE_NAME = "best.json"
_LOWER = ("loss", "err")


@dataclasses.dataclass(frozen=True)
class Keeping:
    """What a command line asks to keep.

    Args:
        last: how many of the last epochs; None for all, and then nothing is ever removed.
        best: NAME or LOADER/NAME of a statistic whose best epoch stays as well, with ":min" or ":max" behind it if
            what is better does not follow from the name; None for no such epoch.
    """

    last: int | None = None
    best: str | None = None

    @classmethod
    def of(cls, request: TrainRequest) -> Keeping:
        """What a request asks for."""
        return cls(request.keep, request.keep_best)

    @property
    def statistic(self) -> str:
        """Its name, '' without one."""
        return (self.best or "").removesuffix(":min").removesuffix(":max")

    @property
    def lower_is_better(self) -> bool:
        """As said, else of losses and errors."""
        text = self.best or ""
        return text.endswith(":min") or (not text.endswith(":max") and any(one in text.lower() for one in _LOWER))

    def check(self, loaders: Sequence[Any], stats: Mapping[str, Any]) -> None:
        """Refuse a statistic that there is not, once that is known: those of a loader are, after its first batch.

        Raises:
            InputError: with the names that there are.
        """
        if self.best is None or self._find(loaders, stats) is not None:
            return
        names = [f"{loader.name}/{name}" for loader in loaders for name in stats.get(loader.name) or ()]
        if all(stats.get(loader.name) for loader in loaders):
            raise unknown_name("statistic of --keep-best", self.statistic, names)
        begins = not any(
            getattr(meter, "history", ()) for meters in stats.values() for meter in (meters or {}).values()
        )
        if names and begins and not any(name.partition("/")[2] in self.statistic for name in names):
            later = ", ".join(loader.name for loader in loaders if not stats.get(loader.name))
            logger.warning(
                f"note: --keep-best {self.statistic}: not among {', '.join(names)}: is it one of {later}, which comes "
                "later? Until there is one, the last epoch counts as the best"
            )

    def after_epoch(
        self, folder: Path, network: str, epoch: int, loaders: Sequence[Any], stats: Mapping[str, Any]
    ) -> None:
        """Note what an epoch has whose checkpoint is safe, then remove what is not to be kept.

        Args:
            folder: of the run's checkpoints.
            network: class name, as in the names of the files.
            epoch: that has ended.
            loaders: of the trainer.
            stats: loader -> statistic -> meter, with `history`.

        Raises:
            InputError: see `check`.
        """
        if self.last is None:
            return
        self.check(loaders, stats)
        there = find_checkpoints(folder).get(network, {})
        kept = set(list(there)[-self.last :])
        if self.best is not None:
            kept |= {self._note(folder, epoch, self._value(loaders, stats), set(there))}
        removed = [path for number, path in there.items() if number not in kept and number < epoch]
        for path in removed:
            remove_checkpoint(path)
        if len(removed) > 1:
            logger.info(f"--keep {self.last}: {len(removed)} earlier checkpoints are removed")

    def _note(self, folder: Path, epoch: int, value: float | None, there: set[int]) -> int:
        """Enter an epoch's value; the best epoch of those whose checkpoints are there, the last one without values."""
        asked = {"statistic": self.statistic, "better": "lower" if self.lower_is_better else "higher"}
        values = {number: one for number, one in _read(folder, asked).items() if number < epoch}
        if value is not None:
            values[epoch] = value
        sign = 1 if self.lower_is_better else -1
        known = [number for number in values if number in there]
        best = min(known, key=lambda number: (sign * values[number], number), default=epoch)
        entries = {"epoch": best, "value": values.get(best), "values": {str(n): values[n] for n in sorted(values)}}
        write_json(folder / FILE_NAME, asked | entries, durable=True)
        return best

    def _value(self, loaders: Sequence[Any], stats: Mapping[str, Any]) -> float | None:
        """The statistic of the epoch that has ended; None where its loader was not run in it, or it is not finite."""
        meter = self._find(loaders, stats)
        if meter is None or not getattr(meter, "has_new_data", True) or not meter.history:
            return None
        value = float(meter.history[-1])
        return value if math.isfinite(value) else None

    def _find(self, loaders: Sequence[Any], stats: Mapping[str, Any]) -> Any:
        """The meter; of a name without its loader that of a loader that does not train, if one has it.

        None as well until every loader that comes first has been run: the same epochs count in a run that goes on.
        """
        head, _, rest = self.statistic.partition("/")
        named = [loader for loader in loaders if loader.name == head]
        for loader in named or sorted(loaders, key=lambda one: bool(getattr(one, "training", False))):
            meters = stats.get(loader.name) or {}
            meter = meters.get(rest if named else self.statistic)
            if meter is not None or not meters:
                return meter
        return None


def _read(folder: Path, asked: Mapping[str, str]) -> dict[int, float]:
    """The values noted so far of the same statistic; none where the file is not there or not one of ours."""
    try:
        noted = json.loads(read_limited(folder / FILE_NAME))
        if {key: noted[key] for key in asked} != dict(asked):
            return {}
        return {int(number): float(value) for number, value in noted["values"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
