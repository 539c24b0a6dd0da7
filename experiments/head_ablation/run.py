"""Small box heads on stored features of a frozen backbone, every loss with many seeds: which one gives better boxes.

    python -m experiments head_ablation --out DIR [--quick | --real DIR --otb DIR]
    python -m experiments.head_ablation.run --real DIR --otb DIR [--heads H ...] [--losses NAME ...] [--seeds N]

Writes results.json, table.md, forest_score.png, forest_loss.png and curves.png. Every training is kept under parts/ as
it ends, and a call with the same options goes on from there; results.json keeps the heads that are not asked for.
Without --real all pictures are generated, those that are tested on too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any  # what JSON holds

from experiments.common import machine, save_figure, start, study_folder, study_parser, with_stored, write_result
from experiments.head_ablation.figures import draw_curves, draw_forest
from experiments.head_ablation.jobs import Plan, Runs, run_plan
from experiments.head_ablation.losses import LossSpec
from experiments.head_ablation.pairs import Stores
from experiments.head_ablation.regions import QUICK, STUDY, build_stores
from experiments.head_ablation.summary import format_table, summarize_head
from experiments.head_ablation.training import HEADS, Run, Schedule, check, describe_starts
from experiments.real_data import add_options
from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.losses import registered_box_losses
from siou_tracking.parallel import cores

NAME = "head_ablation"
STORES = Path(__file__).resolve().parents[2] / "build" / NAME
"""Where features are kept, hundreds of megabytes that no commit takes."""
SUMS = ("giou+l1", "2*giou+5*l1", "2*smooth_iou+5*l1")
"""As the heads of OSTrack and STARK write theirs, and the same with ours."""
BY_HEAD = ("machines", "iterations", "heads", "test_iou")
"""Keys of results.json that hold something for each head."""
SEEDS = 12
"""With 10 the least p-value over seeds, 2 / 2**10, times the 27 comparisons of a dense head would stay above 0.05."""
QUICK_LOSSES = ("smooth_iou", "iou", "giou")
QUICK_SCHEDULE = Schedule(iterations=9, looks=3, regions=8, center_iterations=20)


def main() -> int:
    options = parse_options()
    try:
        run_study(options, make_plan(options))
    except InputError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return 2
    return 0


def run_study(options: argparse.Namespace, plan: Plan) -> None:
    """Everything, from pictures to tables.

    Raises:
        InputError: a folder of real pictures is missing, or a file in it malformed.
    """
    start(options.seed)
    folder = study_folder(options, NAME)
    sizes = QUICK if options.quick else STUDY
    workers = options.workers or cores()
    if options.real is None:
        print(f"{NAME}: no --real: all pictures are generated, those that are tested on too", flush=True)
    stores = build_stores(options.stores, options.real, options.otb, sizes, workers)
    runs = run_plan(plan, stores, folder / "parts", workers)
    result = describe_study(options, plan, stores, runs)
    result = with_stored(result, folder / "results.json", BY_HEAD, HEADS, same=result.keys() - BY_HEAD)
    rows = result["heads"]
    for role in dict.fromkeys(HEADS[head].role for head in rows):
        save_figure(draw_forest(rows, role), folder / f"forest_{role}.png")
    save_figure(draw_curves(rows), folder / "curves.png")
    starts = result["starts"]
    table = f"starts of score heads: IoU {starts['iou']:.3f}, far ones {starts['far_iou']:.3f}\n\n"
    table += "\n".join(f"{head}\n\n{format_table(head, found)}" for head, found in rows.items())
    write_text(folder / "table.md", table)
    print(table)
    write_result(folder / "results.json", result)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = study_parser(__doc__, NAME)
    add_options(parser)
    parser.add_argument("--heads", nargs="+", metavar="H", default=list(HEADS), help=f"default: {', '.join(HEADS)}")
    parser.add_argument(
        "--losses",
        nargs="+",
        metavar="NAME",
        help=f"default: all, and {', '.join(SUMS)}; the density head a few",
    )
    parser.add_argument("--seeds", type=int, metavar="N", help=f"runs of each loss (default: {SEEDS})")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    parser.add_argument(
        "--stores",
        type=Path,
        default=STORES,
        metavar="DIR",
        help="keeps the features, 700 MB (default: %(default)s)",
    )
    return parser.parse_args()


def make_plan(options: argparse.Namespace) -> Plan:
    """What the options ask for.

    Raises:
        InputError: an unknown head or loss, a loss that none of the heads can train with, a number below 1, or a file
            where a folder is to be.
    """
    for name in ("out", "stores"):
        folder = getattr(options, name)
        if folder is not None and any(place.is_file() for place in (folder.absolute(), *folder.absolute().parents)):
            raise InputError(f"--{name}: {folder}: got a file, or a folder in one, allowed is a folder")
    for name in ("seeds", "workers"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(f"--{name}: got {value}, allowed are whole numbers from 1")
    heads = tuple(dict.fromkeys(options.heads))
    for head in heads:
        check(head, LossSpec(HEADS[head].baseline) if head in HEADS else LossSpec("iou"))
    names = options.losses or (QUICK_LOSSES if options.quick else (*registered_box_losses(), *SUMS))
    specs = {spec.label: spec for spec in map(LossSpec, names)}
    for label, spec in specs.items():
        if not any(HEADS[head].takes(spec) for head in heads):
            raise InputError(f"--losses: {label}: none of the heads {', '.join(heads)} can train with it")
    seeds = options.seeds or (2 if options.quick else SEEDS)
    return Plan(
        heads=heads,
        losses=tuple(specs.values()),
        seeds=tuple(range(options.seed, options.seed + seeds)),
        schedule=QUICK_SCHEDULE if options.quick else Schedule(),
        choose_rates=not options.quick,
        named=options.losses is not None or options.quick,
    )


def describe_study(options: argparse.Namespace, plan: Plan, stores: Stores, runs: Runs) -> dict[str, Any]:
    """What results.json holds."""
    return {
        "quick": options.quick,
        "real": options.real is not None,
        "seeds": list(plan.seeds),
        "schedule": asdict(plan.schedule),
        "iterations": {head: next(iter(losses.values()))[0].iterations for head, losses in runs.items()},
        "regions": {name: len(stores.split(name)) for name in ("train", "val", "test")},
        "stores": stores.about,
        "starts": mean_over_targets(describe_starts(stores.test)),
        "machines": dict.fromkeys(runs, machine("torch")),
        "heads": {head: summarize_head(head, losses) for head, losses in runs.items()},
        "targets": list(next(iter(runs[plan.heads[0]].values()))[0].test["iou"]),
        "test_iou": {
            head: {loss: write_rows(found) for loss, found in losses.items()} for head, losses in runs.items()
        },
    }


def write_rows(runs: Sequence[Run]) -> list[str]:
    """Test IoU of each target, a line a seed: as lists they would be most of the file."""
    return [" ".join(f"{value:.4f}" for value in run.test["iou"].values()) for run in runs]


def mean_over_targets(metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Metric -> mean of its values."""
    return {name: round(sum(values.values()) / len(values), 4) for name, values in metrics.items()}


if __name__ == "__main__":
    sys.exit(main())
