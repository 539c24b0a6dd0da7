"""Which sharpness, form and divergence of the family, in each role: is the old default the best?

    python -m experiments sharpness --out DIR [--quick]
    python -m experiments.sharpness.run --real DIR --otb DIR [--grounds GROUND ...] [--workers N]

Writes results.json, table.md, profiles.png, sharpness.png and density.png. Every unit of work is kept under parts/ as
it ends, and a call with the same options goes on from there. Without --real the pictures of heads are generated, and
there are no trackers.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from experiments.common import machine, rounded, save_figure, start, study_folder, study_parser, write_result
from experiments.head_ablation.regions import QUICK as QUICK_SIZES
from experiments.head_ablation.regions import STUDY, build_stores
from experiments.head_ablation.run import STORES
from experiments.head_ablation.training import Schedule
from experiments.loss_ablation.plan import FULL, QUICK
from experiments.loss_ablation.trainings import make_plan
from experiments.real_data import add_options, test_sequences, training_folders
from experiments.seed_statistics import mean_interval
from experiments.sharpness.density import describe_densities
from experiments.sharpness.figures import by_unit, draw_densities, draw_profiles, draw_tables
from experiments.sharpness.forms import DIVERGENCES, FORMS, Member
from experiments.sharpness.heads import HeadPlan, run_heads
from experiments.sharpness.plan import OLD, SHARPNESSES, Table, old, star
from experiments.sharpness.properties import check_properties, keeps_all
from experiments.sharpness.report import say, write_report
from experiments.sharpness.rule import Choice, ask_all, mean_table
from experiments.sharpness.simulation import SETTINGS, Simulation, run_members, tabulate
from experiments.sharpness.trackers import SEEDS, OwnTracks, run_trackers
from experiments.sharpness.trackers import SHARPNESSES as TRACKED
from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.parallel import cores

NAME = "sharpness"
GROUNDS = ("simulation", "heads", "trackers")
QUICK_SIMULATION = Simulation(points=2, validation_points=2, iterations=20, search=False)
QUICK_MEMBERS = star((4.0, 32.0), ("log", "exp"), ("bhattacharyya", "kl"))
QUICK_HEADS = HeadPlan(
    (0, 1), Schedule(iterations=4, looks=1, regions=8, center_iterations=10), (4.0, 32.0), False, False
)


def main() -> int:
    options = parse_options()
    try:
        return run_study(options)
    except InputError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return 2


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = study_parser(__doc__, NAME)
    add_options(parser)
    text = "what is run beside properties and densities (default: all that can be)"
    parser.add_argument("--grounds", nargs="*", choices=GROUNDS, metavar="GROUND", help=f"{text}: {', '.join(GROUNDS)}")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    parts = Path(__file__).resolve().parents[1] / "loss_ablation/parts"
    for study, what, place in (
        ("head_ablation", "features", STORES),
        ("loss_ablation", "data, features and checkpoints", parts),
    ):
        text = f"{what} of {study}, made there if they are not yet (default: %(default)s)"
        parser.add_argument(f"--{study.replace('_', '-')}", type=Path, default=place, metavar="DIR", help=text)
    return parser.parse_args()


def run_study(options: argparse.Namespace) -> int:
    """Everything, in the order of what it costs.

    Raises:
        InputError: real pictures are missing where trackers are asked for, or a folder of them is.
    """
    if options.workers is not None and options.workers < 1:
        raise InputError(f"--workers: got {options.workers}, allowed are whole numbers from 1")
    every = GROUNDS if options.real and not options.quick else GROUNDS[:2]
    grounds = every if options.grounds is None else options.grounds
    if "trackers" in grounds and not options.quick:
        test_sequences(options.real, options.otb)  # what is missing is told before anything is trained
    start(options.seed)
    folder = study_folder(options, NAME)
    workers = options.workers or (1 if options.quick else cores())
    members = QUICK_MEMBERS if options.quick else star()
    findings = {member: check_properties(member) for member in star((32.0,))}
    densities = [old("density"), *(Member(sharpness=s) for s in SHARPNESSES if s != OLD["density"])]
    described = describe_densities(densities, 200 if options.quick else 5000, options.seed)
    tables: dict[str, Table] = {}
    if "simulation" in grounds:
        size = replace(QUICK_SIMULATION if options.quick else Simulation(), seed=options.seed)
        tables |= simulate_all(members, size, folder / "parts", workers)
    if "heads" in grounds:
        tables |= train_heads(options, folder / "parts", workers)
    if "trackers" in grounds:
        tables |= track(options, folder / "parts", workers)
    kept = {(member.form, member.divergence) for member, found in findings.items() if keeps_all(found)}
    allowed = {m for table in tables.values() for m in table.val if (m.form, m.divergence) in kept}
    verdicts = ask_all(tables, allowed)
    save_figure(draw_profiles(OLD["loss"]), folder / "profiles.png")
    if tables:
        save_figure(draw_tables(tables), folder / "sharpness.png")
    save_figure(draw_densities(densities, described), folder / "density.png")
    report = write_report(findings, tables, verdicts, described)
    write_text(folder / "table.md", report)
    print(report)
    result = {
        "quick": options.quick,
        "real": options.real is not None,
        "seed": options.seed,
        "machine": machine("torch"),
        "forms": {name: form.formula for name, form in FORMS.items()},
        "divergences": {name: divergence.formula for name, divergence in DIVERGENCES.items()},
        "properties": {m.name: {key: asdict(one) for key, one in found.items()} for m, found in findings.items()},
        "densities": described,
        "tables": {name: store(table) for name, table in tables.items()},
        "verdicts": {
            role: {name: [describe_choice(one) for one in answers] for name, answers in found.items()}
            for role, found in verdicts.items()
        },
    }
    write_result(folder / "results.json", result)
    return 0


def simulate_all(members: list[Member], size: Simulation, parts: Path, workers: int) -> dict[str, Table]:
    """The simulation's settings as tables."""
    runs = run_members(members, size, parts / "simulation", workers)
    return {f"simulation: {setting}": tabulate(runs, setting) for setting in SETTINGS}


def train_heads(options: argparse.Namespace, parts: Path, workers: int) -> dict[str, Table]:
    """The heads' tables, and the mean of both that have the loss role, on which that is decided."""
    sizes, plan = (QUICK_SIZES, QUICK_HEADS) if options.quick else (STUDY, HeadPlan())
    plan = replace(plan, seeds=tuple(options.seed + one for one in plan.seeds))
    stores = build_stores(options.head_ablation, options.real, options.otb, sizes, workers)
    tables = run_heads(plan, stores, parts / "heads", workers)
    both = mean_table({head: table for head, table in tables.items() if table.role == "loss"})
    return {f"{head} head": table for head, table in tables.items()} | {"ltrb and center head": both}


def track(options: argparse.Namespace, parts: Path, workers: int) -> dict[str, Table]:
    """The trackers' tables, by family."""
    real = None if options.quick else training_folders(options.real)
    plan = make_plan(QUICK if options.quick else FULL, options.seed, real)
    shared = OwnTracks(options.loss_ablation / plan.key(), own=parts / "tracks" / plan.key())
    test = [] if options.quick else test_sequences(options.real, options.otb)
    most, seeds = (2, 2) if options.quick else (None, SEEDS)
    return {
        family: run_trackers(plan, shared, family, found[:most], seeds, real, test, workers)
        for family, found in TRACKED.items()
    }


def describe_choice(choice: Choice) -> dict[str, object]:
    """An answer as JSON has it."""
    content = asdict(choice) | {"before": choice.before.name, "best": choice.best.name, "changes": choice.changes}
    return {**content, "said": say(choice)}


def store(table: Table) -> dict[str, object]:
    """A table as JSON has it: every unit, and the mean over units on test data with its interval."""
    found = {}
    for member in table.val:
        row = {
            "val": rounded(by_unit(table.val[member]).tolist(), 5),
            "test": rounded(by_unit(table.test[member]).tolist(), 5),
            "test_mean": _interval(table.test[member]),
        }
        found[member.name] = row | ({"far_mean": _interval(table.far[member])} if table.far else {})
    return {"role": table.role, "measure": table.measure, "decides": table.decides, "members": found}


def _interval(values: np.ndarray) -> dict[str, float]:
    span = mean_interval(by_unit(values))
    return dict(zip(("mean", "low", "high"), rounded((span.mean, span.low, span.high)), strict=True))


if __name__ == "__main__":
    sys.exit(main())
