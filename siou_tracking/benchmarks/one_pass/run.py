"""One tracker on one sequence, once or several times from the start, written in the benchmark's own dialect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.benchmarks.files.writers import write_result
from siou_tracking.benchmarks.seeds import seed_generators
from siou_tracking.errors import InputError
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.trackers.follow import run_frames

if TYPE_CHECKING:
    from siou_tracking.benchmarks.base import NewTracker, Tick
    from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
    from siou_tracking.benchmarks.running.settings import RunSettings
    from siou_tracking.benchmarks.sequence import AnnotatedSequence


def run_repetitions(
    benchmark: OnePassBenchmark,
    sequence: AnnotatedSequence,
    settings: RunSettings,
    new_tracker: NewTracker,
    tick: Tick,
) -> None:
    """Run the repetitions that have no file yet.

    Args:
        benchmark: says where the first pixel is and how files are written.
        sequence: with images.
        settings: of the run.
        new_tracker: makes the tracker of a repetition.
        tick: is told the frames that passed, of repetitions that are there too.

    Raises:
        InputError: no images, an image that cannot be read, a first box that cannot be used, an answer that is no box.
    """
    if not sequence.frames:
        raise InputError(f"{benchmark.name}: {sequence.name}: no images, only annotations")
    shift = np.array([benchmark.first_pixel, benchmark.first_pixel, 0, 0], np.float64)
    first_box = sequence.ground_truth[0] - shift
    for repetition, file in enumerate(benchmark.result_files(sequence.name, settings), 1):
        if file.is_file():
            tick(len(sequence))
            continue
        seed_generators(settings.seed, sequence.name, repetition)
        boxes, seconds = run_frames(new_tracker(repetition), _ticking(sequence.frames, tick), first_box)
        boxes[0] = first_box
        write_result(settings.folder, sequence.name, boxes + shift, benchmark.dialect, seconds, repetition)


def _ticking(frames: list[Path], tick: Tick) -> Iterator[np.ndarray]:
    for path in frames:
        yield default_image_loader(path)
        tick(1)
