"""What one training was asked to be, whichever engine runs it: every option, checked once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siou_tracking.device import check_device
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.retrain.choice import BoxLossChoice

_LIMITS = {
    "epochs": (1, 9999),  # files of epochs are named by four digits
    "samples_per_epoch": (1, 10_000_000),  # their order is drawn in memory, and a published epoch has 64,000
    "batch_size": (1, 65_536),
    "workers": (0, max(32, 4 * (os.cpu_count() or 1))),
    "seed": (0, 2**63 - 1),
    "accumulate": (1, 65_536),
    "keep": (1, 9999),
}
"""The least and the largest value of each number; workers beyond a few for each core only take memory."""

PRECISIONS = ("bf16", "fp16")
"""Of `--amp`."""


@dataclasses.dataclass(frozen=True)
class TrainRequest:
    """A settings file, and what replaces its own values; an option that is None leaves the file's.

    Raises:
        InputError: a number that is not whole or is beyond its limits, a box loss that is not a choice, an unknown
            precision, a device that is not here, or pretrained weights that are not.
    """

    module: str | os.PathLike[str]
    """A settings module such as "bbreg", or the path of a FILE.py."""
    name: str | None = None
    """Of the settings in the module, such as "atom_lite"; None with a FILE.py."""
    box_loss: BoxLossChoice | None = None
    """What the box head learns; the run gets a folder of its own."""
    data: Mapping[str, str | os.PathLike[str]] = dataclasses.field(default_factory=dict)
    """Data set name to its root folder; see `ltr.admin.environment.build_environment`."""
    workspace: str | os.PathLike[str] | None = None
    """Where checkpoints and curves go; None is ./workspace, or what a checkout's `ltr/admin/local.py` says."""
    epochs: int | None = None
    """Number of epochs that `trainer.train` runs to."""
    samples_per_epoch: int | None = None
    """Training samples per epoch; a validation set takes a quarter of it, never more than it has."""
    batch_size: int | None = None
    workers: int | None = None
    """Data loading processes."""
    device: str | None = None
    """A torch device name such as "cpu" or "cuda:0"."""
    seed: int = 0
    """Of python, numpy and torch. Each process under torchrun adds its rank."""
    resume: bool | None = None
    """True continues from the latest checkpoint, False starts afresh and moves an earlier run aside, None does what
    the settings file says."""
    weights: str | os.PathLike[str] | None = None
    """A checkpoint whose network the run starts from."""
    pretrained: bool | str | os.PathLike[str] = True
    """Where a settings file asks for a backbone's pretrained weights: False gives it random ones, a file or a folder
    of files those and no others."""
    amp: str | None = None
    """"bf16" or "fp16": the network computes in it under autocast; its weights, its results, boxes and losses are
    float32. fp16 scales the loss."""
    accumulate: int | None = None
    """Batches for one step of the optimizer: as one batch of so many times the size, but for batch norms and for losses
    that are divided by a number of cells or boxes."""
    compile: bool = False
    """`torch.compile` the network."""
    keep: int | None = None
    """Checkpoints of so many of the last epochs stay; None keeps every epoch's, as upstream does."""
    keep_best: str | None = None
    """With `keep`: NAME or LOADER/NAME of a statistic, ":min" or ":max" behind it, whose best epoch stays as well."""
    skip_bad: float | None = None
    """Per cent of a loader's samples in an epoch that may be unreadable; others are drawn for them. None: none."""
    quiet: bool = False
    """Print nothing and show no progress bar."""
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Plain values, assigned to the settings under their names for a file that reads them."""

    def __post_init__(self) -> None:
        for field, (least, most) in _LIMITS.items():
            value = getattr(self, field)
            if value is not None and not (isinstance(value, int) and least <= value <= most):
                option = field.replace("_", "-")
                raise InputError(f"--{option}: got {value}, allowed are whole numbers from {least} to {most}")
        if self.box_loss is not None and not isinstance(self.box_loss, BoxLossChoice):
            raise InputError(f"box loss: got {self.box_loss!r}, allowed is a BoxLossChoice")
        if self.amp is not None and self.amp not in PRECISIONS:
            raise unknown_name("precision of --amp", str(self.amp), PRECISIONS)
        if not isinstance(self.compile, bool):
            raise InputError(f"--compile: got {self.compile!r}, allowed are True and False")
        if self.keep_best is not None:
            _check_keep_best(self.keep_best, self.keep)
        if self.skip_bad is not None and not 0 < self.skip_bad < 100:
            raise InputError(f"--skip-bad: got {self.skip_bad:g}, allowed are per cents above 0 and below 100")
        if self.device is not None:
            check_device(self.device)
        if not isinstance(self.pretrained, bool) and not Path(self.pretrained).expanduser().exists():
            raise InputError(f"--pretrained: {self.pretrained}: no such file or folder")

    def step_options(self) -> list[str]:
        """What is asked of precision, steps and compilation, as it is typed; empty for none."""
        accumulate = (self.accumulate or 1) > 1
        given = {
            f"--amp {self.amp}": self.amp is not None,
            f"--accumulate {self.accumulate}": accumulate,
            "--compile": self.compile,
        }
        return [option for option, asked in given.items() if asked]


def _check_keep_best(name: str, keep: int | None) -> None:
    if name.removesuffix(":min").removesuffix(":max") == "":
        raise InputError(f"--keep-best: got '{name}', expected the name of a statistic, such as Loss/total")
    if keep is None:
        raise InputError(f"--keep-best {name}: every epoch's checkpoint is kept: give --keep N, how many of the last")


NO_OPTIONS = TrainRequest("")
"""Outside any training that was asked for: everything is the settings file's own."""
