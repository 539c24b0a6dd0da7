"""Whole trackers trained with each loss, on real test sequences: does the flag help a tracker, and by how much?

    python -m experiments loss_ablation --out DIR [--quick | --real DIR --otb DIR]
    python -m experiments.loss_ablation.run --real DIR --otb DIR [--long] [--losses NAME ...] [--seeds N] [--workers N]

Every loss trains the same tracker from the same weights on the same pairs, seed by seed, by the product's own training,
running and scoring. Writes results.json, table.md, forest.png and sequences.png. Trainings and tracks are kept under
parts/ as they end, each tracker's scores under scores/, and a call with the same plan goes on from there.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from experiments.common import (
    machine,
    markdown,
    save_figure,
    start,
    study_folder,
    study_parser,
    with_stored,
    write_result,
)
from experiments.loss_ablation.families import FAMILIES
from experiments.loss_ablation.figures import draw_forest, draw_sequences
from experiments.loss_ablation.jobs import list_jobs
from experiments.loss_ablation.outcome import OFFICIAL, describe
from experiments.loss_ablation.plan import FULL, LONG, QUICK, Parts, Plan
from experiments.loss_ablation.scoring import GOT10K, METRICS, SECONDS, Numbers
from experiments.loss_ablation.tracks import run_all
from experiments.loss_ablation.trainings import make_plan, prepare_data
from experiments.real_data import Training, add_options, test_sequences, training_folders
from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.files import write_text
from siou_tracking.parallel import cores

NAME = "loss_ablation"
FAMILY = "atom_lite"
LOSSES = ("diou", "ciou", "smooth_iou")
"""Beside each family's baseline."""
SEEDS = 5
LEAST_SEQUENCES = 20
QUICK_FRAMES = 10
"""Tracked of each generated sequence, which must be longer to be trained on."""


def main() -> int:
    parser = study_parser(__doc__, NAME)
    add_options(parser)
    parser.add_argument(
        "--families", nargs="+", default=[FAMILY], metavar="NAME", help=f"of {', '.join(FAMILIES)} (default: {FAMILY})"
    )
    parser.add_argument(
        "--losses", nargs="+", metavar="NAME", help=f"beside each family's baseline (default: {', '.join(LOSSES)})"
    )
    parser.add_argument("--seeds", type=int, metavar="N", help=f"trainings of each loss (default: {SEEDS})")
    parser.add_argument("--long", action="store_true", help="four times the steps, on more and other pairs; into long/")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    options = parser.parse_args()
    try:
        return run_study(options)
    except InputError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return 2


def run_study(options: argparse.Namespace) -> int:
    """Train, track, score and draw.

    Raises:
        InputError: a wrong option, or missing pictures, before anything is trained.
    """
    seeds = (2 if options.quick else SEEDS) if options.seeds is None else options.seeds
    if options.quick and options.long:
        raise InputError("--long: got --quick too, allowed is one of them")
    for option, number in (("--seeds", seeds), ("--workers", options.workers)):
        if number is not None and number < 1:
            raise InputError(f"{option}: got {number}, allowed are whole numbers from 1")
    losses = {
        name: list_losses(name, options.losses or LOSSES[-1 if options.quick else 0 :]) for name in options.families
    }
    training = None if options.quick else training_folders(options.real)
    plan = make_plan(QUICK if options.quick else LONG if options.long else FULL, options.seed, training)
    start(options.seed)
    folder = study_folder(options, f"{NAME}/long" if options.long else NAME)
    parts = Parts(folder / "parts" / plan.key())
    sequences = prepare(plan, parts, options, training)
    jobs = list_jobs(plan, parts, sequences, losses, seeds)
    workers = options.workers or (1 if options.quick else None)  # starting a process is most of a quick look
    scored = run_all(jobs, folder / "scores", workers)
    result = {
        "quick": options.quick,
        "plan": dataclasses.asdict(plan),
        "seeds": seeds,
        "machine": machine("torch", "opencv"),
        **describe(scored, {name: FAMILIES[name].baseline for name in losses}),
    }
    result["families"] = with_others(result, folder / "results.json")
    save_figure(draw_forest(result), folder / "forest.png")
    save_figure(draw_sequences(result), folder / "sequences.png")
    table = write_table(result)
    write_text(folder / "table.md", table)
    print(table)
    write_result(folder / "results.json", result)
    return 0


def with_others(result: Numbers, before: Path) -> Numbers:
    """The families, and those that were not asked for of a result of the same plan, seeds and sequences there."""
    same = ("plan", "seeds", "sequences", "protocol")
    families: Numbers = with_stored(result, before, ("families",), FAMILIES, same)["families"]
    return families


def list_losses(family: str, losses: Sequence[str]) -> list[str]:
    """The family's baseline, and the losses without it, each once by its own name."""
    if family not in FAMILIES:
        raise unknown_name("family", family, FAMILIES)
    known = FAMILIES[family]
    return list(dict.fromkeys(map(known.check, (known.baseline, *losses))))


def prepare(
    plan: Plan, parts: Parts, options: argparse.Namespace, training: Training | None
) -> list[AnnotatedSequence]:
    """Make the training data and find the test sequences; of a plan without real pictures both are generated.

    Raises:
        InputError: real pictures are missing, or too few.
    """
    workers = options.workers or cores()
    if not plan.real:
        prepare_data(plan, parts, None, workers)
        return [as_otb(one, QUICK_FRAMES) for one in load_sequences("got10k", parts.data)]
    sequences = test_sequences(options.real, options.otb)
    if len(sequences) < LEAST_SEQUENCES:
        raise InputError(f"--real, --otb: {len(sequences)} test sequences, allowed are {LEAST_SEQUENCES} or more")
    prepare_data(plan, parts, training, workers)
    return sequences


def as_otb(sequence: AnnotatedSequence, frames: int | None = None) -> AnnotatedSequence:
    """A sequence of the training data, or its first frames, with boxes that count pixels from 1."""
    boxes = sequence.ground_truth[:frames] + np.array([1, 1, 0, 0])
    return AnnotatedSequence(sequence.name, boxes, sequence.folder, first_frame=1)


def write_table(result: Numbers) -> str:
    """A Markdown table, a row a tracker, in percent; of each family the best first."""
    columns = ["tracker", "loss", "AUC", "95 %", "95 %, seeds alone", "against the baseline", "p (Holm)"]
    columns += ["precision", "norm. precision", *GOT10K.values(), "AUC on OTB2015's", "training, s"]
    rows = []
    for family, losses in result["families"].items():
        for loss, one in sorted(losses.items(), key=lambda entry: -entry[1][METRICS[0]]["mean"]):
            rows.append([family, loss, *cells(one)])
    rows += [[name, "", *cells(one)] for name, one in result["untrained"].items()]
    return markdown(columns, rows)


def cells(one: Numbers) -> list[str]:
    """One loss's numbers as the table shows them."""
    auc, against = one[METRICS[0]], one.get("against")
    shown = [f"{100 * auc['mean']:.1f}", interval(auc["both"]), interval(auc["seeds"])]
    if against:
        gap = f"{100 * against['difference']:+.1f} ({interval([against['low'], against['high']])})"
        shown += [gap, f"{against['p_value']:.2g} ({against['holm']:.2g})"]
    else:
        shown += ["", ""]
    shown += [f"{100 * one[name]['mean']:.1f}" for name in METRICS[1:]]
    shown += ["" if one[name] is None else f"{100 * one[name]:.1f}" for name in (*GOT10K, OFFICIAL)]
    return [*shown, f"{median(one[SECONDS]):.0f}" if one.get(SECONDS) else ""]


def interval(ends: Sequence[float | None]) -> str:
    """Two ends in percent; empty where there are none."""
    return "" if None in ends else " to ".join(f"{100 * end:.1f}" for end in ends if end is not None)


if __name__ == "__main__":
    sys.exit(main())
