"""One row of the paper's claim at full size: train, run on every benchmark, score, pack, one command.

    python -m experiments.full_size.run ROW --data all=DIR [--checkout DIR] [--gpus N] [--seeds 0 1 2] [--dry-run]
    python -m experiments.full_size.run ROW --rehearse [--checkout DIR]

Every step is a command of the product's own, and --dry-run prints them. A finished training or run is not repeated, an
interrupted one goes on where it stopped. OUT/ROW/results.json holds scores, protocols, versions and hours. --rehearse
does the same on generated pictures with one training step, on the processor, and writes rehearsal.json in their place.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path

from experiments.common import build_parser
from experiments.full_size.collect import Finished, collect, read_finished, write_finished
from experiments.full_size.data import check_sets
from experiments.full_size.rows import EVALUATIONS, ROWS, TRAINING_SETS
from experiments.full_size.stages import REHEARSAL, Plan, Size, Stage, stages
from siou_tracking.arguments import count, dataset, positive, refuse_repeats
from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.errors import InputError, unknown_name

DEFAULT_OUT = Path("build/full_size")
SETS = tuple(dict.fromkeys([*TRAINING_SETS, *(one.benchmark for one in EVALUATIONS.values())]))


def main() -> int:
    try:
        plan, dry = read_plan(_parser().parse_args())
        return show(plan) if dry else run_row(plan)
    except InputError as error:
        print(f"full_size: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = build_parser(f"{__doc__}\nrows: {', '.join(ROWS)}\nevaluations: {', '.join(EVALUATIONS)}")
    parser.add_argument("row", metavar="ROW", help="a tracker with a box loss; see below")
    parser.add_argument(
        "--data",
        type=dataset,
        action="append",
        default=[],
        metavar="NAME=DIR",
        help=f"all, or each of {', '.join(SETS)}",
    )
    parser.add_argument("--checkout", type=Path, metavar="DIR", help="of PyTracking (default: the engine inside)")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--gpus", type=count, default=1, metavar="N", help="of this machine (default: 1; 0: none)")
    parser.add_argument("--workers", type=positive, metavar="N", help="processes that track (default: one a GPU)")
    parser.add_argument("--seeds", type=count, nargs="+", default=[0], metavar="N", help="of training (default: 0)")
    parser.add_argument("--on", nargs="+", default=list(EVALUATIONS), metavar="NAME", help="evaluations (default: all)")
    parser.add_argument("--pretrained", type=Path, metavar="FILE|DIR", help="the backbone's ImageNet weights")
    parser.add_argument("--dry-run", action="store_true", help="print the commands")
    parser.add_argument("--rehearse", action="store_true", help="one step, generated pictures: not a result")
    return parser


def read_plan(options: argparse.Namespace) -> tuple[Plan, bool]:
    """What the command line asks for, and whether it is only to be shown.

    Raises:
        InputError: an unknown row or evaluation, GPUs that do not divide the batch, a missing data set.
    """
    if options.row not in ROWS:
        raise unknown_name("row", options.row, ROWS)
    for name in options.on:
        if name not in EVALUATIONS:
            raise unknown_name("evaluation", name, EVALUATIONS)
    refuse_repeats("--on", options.on, "one of a name")
    refuse_repeats("--seeds", [str(seed) for seed in options.seeds], "one of a number")
    row = ROWS[options.row]
    checkout = options.checkout.expanduser().absolute() if options.checkout else None
    if options.gpus and row.tracker.batch % options.gpus:
        allowed = ", ".join(str(n) for n in range(1, row.tracker.batch + 1) if row.tracker.batch % n == 0)
        raise InputError(
            f"--gpus: got {options.gpus}, allowed for {row.name}'s batch of {row.tracker.batch}: {allowed}"
        )
    if options.rehearse and (options.data or options.gpus > 1 or options.pretrained):
        raise InputError(
            "--rehearse: it draws its own data and uses the processor: leave --data, --gpus and --pretrained"
        )
    out = options.out.absolute() / ("rehearsal" if options.rehearse else "")
    if any(place.is_file() for place in (out, *out.parents)):
        raise InputError(f"--out: {options.out}: got a file, or a folder in one, allowed is a folder")
    drawn = {name: out / "data" / name for name in SETS}
    plan = Plan(
        row=row,
        out=out / row.name,
        folders=drawn if options.rehearse else _folders(options.data, options.on),
        checkout=checkout,
        gpus=0 if options.rehearse else options.gpus,
        seeds=tuple(options.seeds),
        evaluations=tuple(options.on),
        pretrained=options.pretrained.expanduser().absolute() if options.pretrained else None,
        workers=options.workers,
        size=REHEARSAL if options.rehearse else Size(),
    )
    return plan, options.dry_run


def _folders(data: list[tuple[str, Path]], evaluations: list[str]) -> dict[str, Path]:
    refuse_repeats("--data", [name for name, _ in data], "one folder for a name")
    given = {name: folder.expanduser().absolute() for name, folder in data}
    parent = given.pop("all", None)
    needed = dict.fromkeys([*TRAINING_SETS, *(EVALUATIONS[name].benchmark for name in evaluations)])
    if parent is not None:
        given = {**{name: parent / name for name in needed}, **given}
    folders = {name: given[name] for name in needed if name in given}
    if lacking := [name for name in needed if name not in folders]:
        raise InputError(f"--data: no folder for {', '.join(lacking)}: give --data all=DIR, or each as NAME=DIR")
    return folders


def show(plan: Plan) -> int:
    """Print what would be done."""
    for name, what in ({} if plan.size is REHEARSAL else check_sets(plan.folders)).items():
        print(f"# data: {name}: {what}")
    for stage in stages(plan):
        print(f"# {stage.name}\n{shlex.join(stage.command())}")
    return 0


def run_row(plan: Plan) -> int:
    """Do every stage that is not finished, and gather what came out.

    Raises:
        InputError: no checkout there, data that are not whole, a stage that failed, or one that was finished otherwise.
    """
    rehearsed = plan.size is REHEARSAL
    if plan.checkout is not None:
        find_checkout(plan.checkout)
    if rehearsed and not plan.out.with_name("data").is_dir():
        from siou_tracking.cli.data.example import write_example

        write_example(plan.out.with_name("data"), frames=24)
    if not rehearsed and (missing := check_sets(plan.folders)):
        lines = "; ".join(f"{name}: {what}" for name, what in missing.items())
        raise InputError(f"data: not whole: {lines} (`siou-tracking data check DIR` names sequences)")
    for stage in stages(plan):
        _do(plan, stage, rehearsed)
    print(f"wrote {collect(plan, rehearsed)}")
    return 0


def _do(plan: Plan, stage: Stage, rehearsed: bool) -> None:
    finished = read_finished(plan, stage)
    if finished is not None:
        if finished.arguments != list(stage.arguments):
            was, now = shlex.join(finished.arguments), shlex.join(stage.arguments)
            raise InputError(
                f"stage {stage.name}: {plan.out}: finished as `{was}`, asked for is `{now}`: give another --out"
            )
        if stage.kept:
            print(f"== {stage.name}: done before", flush=True)
            return
    print(f"== {stage.name}\n{shlex.join(stage.command())}", flush=True)
    began = time.perf_counter()
    refusable = rehearsed and stage.refused_when_rehearsed
    code = subprocess.run(stage.command(), check=False).returncode
    if code and not (refusable and code == 2):
        hint = "the same command goes on from here" if stage.kept else "its reason stands above"
        raise InputError(f"stage {stage.name}: it ended with exit code {code}: {hint}")
    if refusable and not code:
        raise InputError(f"stage {stage.name}: a handful of generated sequences was packed, which should be refused")
    write_finished(plan, stage, Finished(list(stage.arguments), time.perf_counter() - began))


if __name__ == "__main__":
    sys.exit(main())
