"""The simulation of the DIoU paper for every registered loss: which one brings boxes to their targets, and how fast.

    python -m experiments box_regression --out DIR [--quick]
    python -m experiments.box_regression.run [--losses NAME ...] [--points N] [--workers N] [--fused]

Writes results.json, table.md, curves.png, heat.png and heat_paper.png. A loss's runs are kept under parts/ as they end,
and a call with the same plan goes on from there.
"""

from __future__ import annotations

from pathlib import Path

from experiments.box_regression.descent import LENGTHS
from experiments.box_regression.figures import draw_curves, draw_heat
from experiments.box_regression.protocol import CASES_PER_POINT, ITERATIONS, POINTS
from experiments.box_regression.runs import MAIN, PAPER, Plan, Run, run_loss
from experiments.common import machine, markdown, save_figure, start, study_folder, study_parser, write_result
from experiments.parts import Unit, loss_defaults, run_units
from siou_tracking.files import write_text
from siou_tracking.losses import available_box_losses, describe, registered_box_losses

NAME = "box_regression"
LEVEL = 0.9
"""The mean IoU that the table asks how long it takes to reach."""
QUICK = {"points": 8, "validation_points": 2, "iterations": 40}


def main() -> None:
    parser = study_parser(__doc__, NAME)
    known = ", ".join(available_box_losses())
    parser.add_argument("--losses", nargs="+", metavar="NAME", help=f"default: every registered one ({known})")
    parser.add_argument("--points", type=int, metavar="N", help=f"anchor points (default: the paper's {POINTS:,})")
    parser.add_argument(
        "--validation-points", type=int, metavar="N", help="those that steps are chosen on (default: 50)"
    )
    parser.add_argument("--iterations", type=int, metavar="N", help=f"default: the paper's {ITERATIONS}")
    parser.add_argument("--fused", action="store_true", help="compile the arithmetic: faster, needs a C++ compiler")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    options = parser.parse_args()
    size = QUICK if options.quick else {"points": POINTS, "validation_points": 50, "iterations": ITERATIONS}
    size = {name: getattr(options, name) or value for name, value in size.items()}
    plan = Plan(**size, seed=options.seed, search=not options.quick, fused=options.fused)
    names = [describe(name).name for name in options.losses or registered_box_losses()]
    start(options.seed)
    folder = study_folder(options, NAME)
    losses = run_all(names, plan, folder / "parts", options.workers)
    save_figure(draw_curves(losses), folder / "curves.png")
    save_figure(draw_heat(losses, MAIN), folder / "heat.png")
    save_figure(draw_heat(losses, PAPER), folder / "heat_paper.png")
    table = write_table(losses, plan.iterations)
    write_text(folder / "table.md", table)
    print(table)
    result = {
        "quick": options.quick,
        "plan": vars(plan),
        "cases": plan.points * CASES_PER_POINT,
        "lengths": LENGTHS,
        "machine": machine("torch"),
        "losses": {name: {key: strip(run) for key, run in runs.items()} for name, runs in losses.items()},
    }
    write_result(folder / "results.json", result)


def strip(run: Run) -> Run:
    """A run without the list of all points, which is drawn and not kept."""
    return {key: value for key, value in run.items() if key != "error_by_point"}


def run_all(names: list[str], plan: Plan, parts: Path, workers: int | None) -> dict[str, dict[str, Run]]:
    """The runs of every loss, one loss a process; those that `parts` has with this plan are read."""
    units = [
        Unit(parts / f"{name}.json", {"plan": vars(plan), "defaults": loss_defaults(name, "loss")}, (name, plan))
        for name in names
    ]
    return dict(zip(names, run_units(run_loss, units, workers, NAME, "loss"), strict=True))


def write_table(losses: dict[str, dict[str, Run]], iterations: int) -> str:
    """A Markdown table, a row for each loss, best mean final IoU first."""
    others = [key for key in next(iter(losses.values())) if key != MAIN]
    columns = ["loss", "step", "mean IoU", f"iterations to {LEVEL:g}", "error", "IoU > .9", "not finite"]
    rows = []
    for name, runs in sorted(losses.items(), key=lambda entry: -entry[1][MAIN]["final_iou"]):
        run = runs[MAIN]
        row = [name, f"{run['step']:g}", f"{run['final_iou']:.3f}", reach(run, iterations)]
        row += [f"{run['final_error']:.2g}"]
        row += [f"{100 * run[key]:.1f} %" for key in ("share_above_0.9", "share_not_finite")]
        rows.append(row + [f"{runs[key]['final_iou']:.3f} ({runs[key]['step']:g})" for key in others])
    return markdown([*columns, *(f"IoU: {key}" for key in others)], rows)


def reach(run: Run, iterations: int) -> str:
    """The first iteration of the stored curve whose mean IoU is at least `LEVEL`, or a dash."""
    every = iterations // max(len(run["iou"]) - 1, 1)
    return next((str(every * place) for place, iou in enumerate(run["iou"]) if iou >= LEVEL), "-")


if __name__ == "__main__":
    main()
