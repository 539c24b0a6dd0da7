"""The rows of the paper's claim: four trackers, each with its own box loss and with Smooth-IoU."""

from __future__ import annotations

from dataclasses import dataclass

LOSS = "smooth_iou"


@dataclass(frozen=True)
class Tracker:
    """One tracker: how it is trained and run, and how long its settings train."""

    title: str
    """As published tables call it."""
    settings: tuple[str, str]
    """Module and name of its training settings."""
    run_as: str
    """What `siou-tracking run` calls it."""
    run_as_vot: str
    """The same with its parameters for VOT, where it has such."""
    baseline: str
    """The box loss of its own settings."""
    epochs: int
    samples: int
    """Training samples an epoch."""
    images: int
    """A sample has."""
    batch: int
    """Samples, on all GPUs together."""
    checkpoint_mib: int
    """Of one epoch's file; each epoch's is kept."""
    vot_in_checkout_only: bool = False
    """The embedded engine has not its parameters for VOT."""

    @property
    def embedded_vot(self) -> str:
        """What is run on VOT with the embedded engine."""
        return self.run_as if self.vot_in_checkout_only else self.run_as_vot


# Epochs, samples, images and batches are those of the settings files of visionml/pytracking at 7eb9e74.
TRACKERS = {
    "atom": Tracker("ATOM", ("bbreg", "atom"), "atom:default", "atom:default_vot", "IoU", 50, 64_000, 2, 64, 108, True),
    "dimp50": Tracker("DiMP-50", ("dimp", "dimp50"), "dimp:dimp50", "dimp:dimp50_vot18", "IoU", 50, 26_000, 6, 10, 352),
    "prdimp50": Tracker(
        "PrDiMP-50", ("dimp", "prdimp50"), "dimp:prdimp50", "dimp:prdimp50_vot18", "Gaussian", 50, 26_000, 6, 10, 352
    ),
    "tomp50": Tracker("ToMP-50", ("tomp", "tomp50"), "tomp:tomp50", "tomp:tomp50", "GIoU", 300, 40_000, 3, 36, 407),
}


@dataclass(frozen=True)
class Row:
    """A tracker with one box loss."""

    tracker: Tracker
    box_loss: str | None
    """None: that of the tracker's own settings."""

    @property
    def name(self) -> str:
        """What is typed, and what its folder in the workspace is called."""
        return self.tracker.settings[1] + (f"_{self.box_loss}" if self.box_loss else "")


ROWS = {row.name: row for tracker in TRACKERS.values() for row in (Row(tracker, None), Row(tracker, LOSS))}


@dataclass(frozen=True)
class Evaluation:
    """A benchmark, or a split of one, and how often a tracker is run on it: as pytracking's published numbers are."""

    benchmark: str
    split: str | None
    runs: int
    """With a seed each; scored as runs of one tracker."""
    repetitions: int | None
    """Of each sequence within a run; None for the benchmark's own number."""
    frames: int
    """Of one pass."""
    server: bool = False
    """The organizers keep the truth: results are packed, not scored."""


# Frames of LaSOT, OTB2015 and VOT2018 are counted, see siou_tracking/benchmarks/names; the others' are their papers'.
EVALUATIONS = {
    "lasot": Evaluation("lasot", None, 5, None, 685_360),
    "otb2015": Evaluation("otb2015", None, 5, None, 59_035),
    "vot2018": Evaluation("vot2018", None, 1, 15, 21_356),
    "got10k_val": Evaluation("got10k", "val", 1, 3, 21_007),
    "got10k_test": Evaluation("got10k", "test", 1, 3, 22_834, server=True),
    "trackingnet": Evaluation("trackingnet", "TEST", 1, None, 225_589, server=True),
}

TRAINING_SETS = ("lasot", "got10k", "trackingnet", "coco")
