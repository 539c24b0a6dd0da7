"""Run a tracker on a benchmark: resumable, over processes and machines, a failing sequence never ends the rest."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: sequences of any benchmark

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.base import AnyBenchmark
from siou_tracking.benchmarks.identity import Identity, are_official
from siou_tracking.benchmarks.registry import check_experiment, get_benchmark, names_where
from siou_tracking.benchmarks.running.record import find_checkpoint_file, join_run, make_record
from siou_tracking.benchmarks.running.runner import SequenceRunner, is_finished
from siou_tracking.benchmarks.running.settings import RunSettings
from siou_tracking.benchmarks.running.shards import check_shard, partition, shard_from_environment
from siou_tracking.benchmarks.running.workers import run_in_workers
from siou_tracking.benchmarks.sequence import BenchmarkSequence, frames_of
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.files import check_output_folder
from siou_tracking.running.folder_lock import lock_folder
from siou_tracking.trackers import available_trackers
from siou_tracking.untrusted.names import printable

if TYPE_CHECKING:
    from siou_tracking.bridge.checkout import Checkout


@dataclasses.dataclass
class BenchmarkRun:
    """What a run did."""

    folder: Path
    """The tracker's results."""
    run: list[str]
    """Sequences run now."""
    found: list[str]
    """Sequences an earlier run had finished."""
    failed: dict[str, str]
    """Sequence -> why, in one line; these have no result and are tried again by the next run."""
    notes: list[str]

    def summary(self) -> str:
        """One line: how many sequences, and which failed."""
        text = f"{self.folder}: sequences run: {len(self.run)}, already there: {len(self.found)}"
        if self.failed:
            reasons = "; ".join(f"{name} ({reason})" for name, reason in self.failed.items())
            text += f", FAILED: {len(self.failed)}: {reasons}"
        return text


def run_benchmark(
    tracker: str | None,
    benchmark: str,
    data: str | os.PathLike[str],
    results: str | os.PathLike[str],
    *,
    weights: str | os.PathLike[str] | None = None,
    onnx: str | os.PathLike[str] | None = None,
    split: str | None = None,
    name: str | None = None,
    shard: tuple[int, int] | None = None,
    workers: int = 1,
    device: str | None = None,
    seed: int = 0,
    repetitions: int | None = None,
    experiment: str = "baseline",
    pytracking: str | os.PathLike[str] | None = None,
    amp: str | None = None,
    compiled: bool = False,
) -> BenchmarkRun:
    """Run a tracker on every sequence that has no result yet.

    Args:
        tracker: NAME, NAME:PARAM, module:Class or module:Class:PARAM; see `trackers.build_tracker`. None with `onnx`.
        benchmark: one of `registry.available_benchmarks`, or custom:NAME for own data that are run as NAME's.
        data: the root of the data in the official layout.
        results: folder that gets a folder for the tracker.
        weights: a checkpoint, or a folder of which the latest is taken.
        onnx: a file written by `siou-tracking export`, which holds a whole tracker: `tracker`, `weights`, `device`,
            `pytracking`, `amp` and `compiled` are not given beside it.
        split: of got10k (val, test, train) and trackingnet (TEST, TRAIN_0 ..); None for val and TEST.
        name: of the tracker's folder; None for <tracker>_<param>, with _onnx behind it for an exported tracker.
        shard: (i, n): only the i-th of n parts, i from 1. The parts are equal for every process that names the same n.
            None takes torchrun's RANK and WORLD_SIZE, and all sequences without them.
        workers: processes, each with one tracker.
        device: where to compute; None takes GPUs where there are some, in turn for the workers.
        seed: of the tracker and of the global generators, together with the sequence's name.
        repetitions: runs a sequence; only got10k (1 unless given) and VOT (15, or 1 in real time).
        experiment: baseline or realtime; VOT only.
        pytracking: a checkout that `tracker` names a tracker of, such as dimp:dimp50.
        amp, compiled: how the backbone of one of our trackers computes, see `trackers.build_tracker`.

    Raises:
        InputError: a wrong argument, unusable data, a tracker that cannot be built, a results folder that was made with
            other weights, another seed or precision, or another commit or state of the checkout, or into which another
            process runs some of the same sequences now.
    """
    workspace = Path(data) / "sequences"  # VOT's holds results beside it
    check_output_folder(results, "results", [workspace if workspace.is_dir() else data])
    if onnx is not None:
        _refuse_beside_onnx(
            tracker=tracker, weights=weights, device=device, pytracking=pytracking, amp=amp, compiled=compiled or None
        )
    checkout, tracker_name, param = _resolve_tracker(tracker, onnx, pytracking)
    found = get_benchmark(benchmark)
    runs = _repetitions(found, repetitions, experiment)
    index, count = check_shard(shard or shard_from_environment() or (1, 1))
    identity = found.identify(load_sequences(benchmark, data, split))
    sequences = identity.sequences
    _refuse_without_images(benchmark, data, sequences)
    default = folder_name(tracker_name, param) + ("_onnx" if onnx else "")
    settings = RunSettings(
        benchmark=found,
        folder=Path(results) / _checked_name(default if name is None else name),
        tracker=tracker_name,
        param=param,
        weights=find_checkpoint_file(onnx or weights),
        exported=onnx is not None,
        device=device,
        seed=seed,
        repetitions=runs,
        experiment=experiment,
        workers=max(workers, 1),
        pytracking=None if checkout is None else checkout.root,
        dataset=_name_data(found, identity),
        amp=amp,
        compiled=compiled,
    )
    frames = {sequence.name: frames_of(sequence) for sequence in sequences}
    mine = set(partition(frames, count)[index - 1])
    instead = "give another --results or --name, or each process its --shard i/n"
    with lock_folder(settings.folder, "results", mine, instead), _session(checkout):
        notes = [*identity.notes, *_join(settings, checkout)]
        run = BenchmarkRun(folder=settings.folder, run=[], found=[], failed={}, notes=notes)
        _run(settings, [sequence for sequence in sequences if sequence.name in mine], frames, run)
    return run


@contextlib.contextmanager
def _session(checkout: Checkout | None) -> Iterator[None]:
    """A session with the checkout, if there is one, that all of its trackers in this process share."""
    if checkout is None:
        yield
        return
    from siou_tracking.bridge.held_session import hold_session

    let_go = hold_session(checkout)
    try:
        yield
    finally:
        let_go()


def _name_data(benchmark: AnyBenchmark, identity: Identity[Any]) -> str | None:
    """The benchmark's name, NAME_test for its test split; None for own data."""
    if benchmark.test_split and are_official([one.name for one in identity.sequences], benchmark.test_names):
        return f"{benchmark.name}_test"
    return benchmark.name if identity.expected else None


def _join(settings: RunSettings, checkout: Checkout | None) -> list[str]:
    """Write run.json, or check that the one there is of such a run; a tracker that cannot be built leaves no trace."""
    tracker = settings.build()
    network = settings.weights or getattr(tracker, "network", None)  # a checkout's parameter file names one
    version = None if checkout is None else checkout.version()
    return join_run(
        settings.folder,
        make_record(
            settings.benchmark.name,
            settings.tracker,
            settings.param,
            network,
            settings.seed,
            pytracking=version,
            amp=settings.amp,
        ),
    )


def _run(
    settings: RunSettings, sequences: list[BenchmarkSequence], frames: Mapping[str, int], run: BenchmarkRun
) -> None:
    """Run what has no result yet, and write down how it went."""
    from tqdm import tqdm

    run.found = [one.name for one in sequences if frames[one.name] and is_finished(settings, one)]
    pending = [one for one in sequences if one.name not in run.found]
    pending.sort(key=lambda sequence: -frames[sequence.name])  # long ones first, so that workers end together
    times = settings.benchmark.ticked_repetitions(settings.repetitions)
    left = {index: frames[sequence.name] * times for index, sequence in enumerate(pending)}
    total = sum(left.values())
    with tqdm(total=total, desc=printable(settings.folder.name), unit="frame", dynamic_ncols=True, disable=None) as bar:

        def tick(index: int, passed: int) -> None:
            passed = min(passed, left[index])
            left[index] -= passed
            bar.update(passed)

        setup = functools.partial(SequenceRunner, settings)
        for index, reason in run_in_workers(setup, pending, settings.workers, tick):
            name = pending[index].name
            tick(index, left[index])
            if reason is None:
                run.run.append(name)
            else:
                run.failed[name] = reason
                tqdm.write(f"FAILED {printable(name)}: {printable(reason)}", file=sys.stderr)
            ended = len(run.run) + len(run.failed)
            bar.set_postfix_str(f"{ended}/{len(pending)} sequences, last {printable(name)}")


def parse_tracker(text: str) -> tuple[str, str | None]:
    """Name or module:Class, and the preset where one is named.

    Raises:
        InputError: an unknown name.
    """
    head, colon, tail = text.partition(":")
    known = available_trackers()
    if head in known:
        return head, tail or None
    if not colon:
        raise unknown_name("tracker", text, [*known, "module:Class"])
    class_name, _, param = tail.partition(":")
    if not class_name:
        raise InputError(f"tracker: '{text}': no class after the colon, expected module:Class")
    return f"{head}:{class_name}", param or None


def _refuse_beside_onnx(**others: object) -> None:
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise InputError(f"{given[0]}: got {others[given[0]]}, allowed without onnx, whose file holds a whole tracker")


def _refuse_without_images(
    benchmark: str, data: str | os.PathLike[str], sequences: Sequence[BenchmarkSequence]
) -> None:
    if not any(sequence.has_images for sequence in sequences):
        pattern = next((sequence.image_pattern for sequence in sequences if sequence.image_pattern), None)
        where = f"; looked for them at {pattern}" if pattern else ""
        raise InputError(f"{benchmark}: {data}: annotations without images, a tracker needs the images{where}")


def _resolve_tracker(
    tracker: str | None, onnx: str | os.PathLike[str] | None, pytracking: str | os.PathLike[str] | None
) -> tuple[Checkout | None, str, str | None]:
    """The checkout, if one is named, and what `tracker` means in it or here, or what the exported file says it is."""
    if onnx is not None:
        from siou_tracking.trackers.exported.model_file import read_info

        info = read_info(onnx)
        return None, info.tracker, info.param
    if tracker is None:
        raise InputError("tracker: got none, allowed is a name, or an exported tracker's file in its place")
    if pytracking is None:
        return None, *parse_tracker(tracker)
    from siou_tracking.bridge.checkout import find_checkout
    from siou_tracking.bridge.tracker_files import check_tracker

    checkout = find_checkout(pytracking)
    return checkout, *check_tracker(checkout, tracker, None)


def folder_name(tracker: str, param: str | None) -> str:
    """<tracker>_<param> without what a file system might not take."""
    return re.sub(r"[^\w.+-]+", ".", tracker if param is None else f"{tracker}_{param}")


def _checked_name(name: str) -> str:
    parts = Path(name).parts
    if not parts or ".." in parts or Path(name).is_absolute():
        raise InputError(f"name: got '{name}', allowed are names of a folder inside --results")
    return name


def _repetitions(benchmark: AnyBenchmark, repetitions: int | None, experiment: str) -> int:
    """The runs of a sequence; refuses an experiment or repetitions that the benchmark does not have."""
    check_experiment(benchmark, experiment)
    if repetitions not in (None, 1) and not benchmark.repeatable:
        allowed = names_where(lambda one: one.repeatable)
        raise InputError(f"repetitions: got {repetitions}, {benchmark.name} has one; allowed for {allowed}")
    return repetitions or benchmark.experiments[experiment]
