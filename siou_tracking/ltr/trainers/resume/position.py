"""Where in an epoch a run is, so that one that is stopped there goes on with the very next step.

A checkpoint of a stopped run has it as "within_epoch": `epoch`, the pass (`loader`, its number in the trainer), `step`
of `steps` in it, `done`, the passes of the epoch before it, and of each process `began`, the random numbers when the
pass began, `rng`, those at the stop, and `stats`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any  # loaders, batches, and what a checkpoint holds

from siou_tracking.ltr.trainers import checkpoints, distributed
from siou_tracking.ltr.trainers.resume.fitting import is_place_in_epoch


class EpochPosition:
    """The place of a run in its epoch: kept up to date by the trainer, and where an epoch begins that was stopped."""

    def __init__(self) -> None:
        self.stopped: dict[str, Any] | None = None
        """Of the checkpoint that the run goes on from, until the pass in it goes on."""
        self.loader = self.step = self.steps = 0
        self.source: Any = None
        self.done: list[tuple[int, float, float]] = []
        """Number, seconds and seconds of waiting of the passes that have ended in this epoch."""
        self.before = (0.0, 0.0)
        """The seconds of the pass at hand before it was stopped."""
        self.began: dict[str, Any] = {}

    def first_pass(self, epoch: int) -> int:
        """Number of the loader with whose pass an epoch begins."""
        self.done = []
        if self.stopped is None or self.stopped["epoch"] != epoch:
            self.stopped = None
            return 0
        self.done = [tuple(one) for one in self.stopped["done"]]
        return int(self.stopped["loader"])

    def batches(self, number: int, loader: Any) -> tuple[Iterator[Any], int]:
        """The batches of a pass from where it begins, and how many of the pass came before."""
        self.loader, self.step, self.steps, self.source = number, 0, len(loader), loader
        stopped, self.stopped = self.stopped, None
        if stopped is None or stopped["loader"] != number:
            self.began, self.before = checkpoints.rng_state(), (0.0, 0.0)
            return iter(loader), 0
        own = stopped["processes"][distributed.rank()]
        self.began, self.step, self.before = own["began"], int(stopped["step"]), tuple(stopped["seconds"])
        # What the loader drew before it is left out is drawn again, from the same random numbers.
        checkpoints.restore_rng_state(self.began)
        if getattr(loader, "skipped", None) is not None and stopped.get("skipped"):
            loader.skipped_before = stopped["skipped"]
        rest = _leave_out(loader, self.step)
        checkpoints.restore_rng_state(own["rng"])
        return rest, self.step

    def end_pass(self, seconds: float, data_seconds: float) -> None:
        """Note a pass that has ended."""
        self.done.append((self.loader, seconds + self.before[0], data_seconds + self.before[1]))

    def stored(self, epoch: int, seconds: tuple[float, float], stats: Mapping[str, Any]) -> dict[str, Any]:
        """What a checkpoint of a run that stops here holds; asks the other processes, which have to call it too.

        Args:
            epoch: at hand.
            seconds: and seconds of waiting, of the pass at hand since it began or went on.
            stats: of the trainer.
        """
        own = {"began": self.began, "rng": checkpoints.rng_state(), "stats": dict(stats)}
        return {
            "epoch": epoch,
            "loader": self.loader,
            "step": self.step,
            "steps": self.steps,
            "skipped": getattr(getattr(self.source, "skipped", None), "count", 0),
            "seconds": [seconds[0] + self.before[0], seconds[1] + self.before[1]],
            "done": [list(one) for one in self.done],
            "processes": distributed.all_gather(own),
        }


def why_unusable(stopped: Mapping[str, Any], loaders: list[Any]) -> str | None:
    """Why a run with these loaders cannot go on within the epoch; None where it can."""
    told = stopped.get("processes") if isinstance(stopped, Mapping) else None
    processes = len(told) if isinstance(told, list) else 0
    if processes != distributed.world_size():
        return f"it was stopped within an epoch of {processes} processes, this run has {distributed.world_size()}"
    if not is_place_in_epoch(stopped, processes, loaders):
        return "it does not say where in an epoch it was stopped"
    number = stopped["loader"]
    steps = len(loaders[number]) if number < len(loaders) else 0
    if steps != stopped["steps"]:
        return f"it was stopped within a pass of {stopped['steps']} batches, this run's have {steps}"
    return None


def _leave_out(loader: Any, batches: int) -> Iterator[Any]:
    """A pass without its first batches, which are drawn for it unless the loader can do without."""
    if hasattr(loader, "leave_out") and loader.leave_out(batches):
        return iter(loader)
    rest = iter(loader)
    for _ in range(batches):
        next(rest, None)
    return rest
