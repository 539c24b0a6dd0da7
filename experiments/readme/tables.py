"""What stands in each block of the READMEs, made from the result files of the studies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any  # what JSON holds

from experiments.box_regression.run import reach, write_table
from experiments.box_regression.runs import MAIN, PAPER
from experiments.head_ablation.summary import format_table as head_table
from experiments.journeys.page import read_journeys
from experiments.journeys.run import format_table as journeys_table
from experiments.loss_ablation.run import write_table as trackers_table
from experiments.readme.documents import EXPERIMENTS, read_file
from experiments.readme.quickstarts import mot_quickstart, quickstart, quickstart_others
from experiments.readme.ranking import OURS, markdown_table, rank, span_text
from experiments.readme.sharpness import sharpness, sharpness_far, sharpness_lines
from experiments.scaling.run import efficiency

Made = Callable[[Any], str]
MEMORY = "read "
"""How the row of loss_speed that is no loss begins."""


def of_study(name: str, make: Made) -> Callable[[], str]:
    """A block made from a study's results.json; where there is none yet, or a quick look's, it says so."""

    def block() -> str:
        result = read_file(f"{name}/results.json")
        if result is None:
            return f"Not measured yet: no `results.json` there; `python -m experiments {name} --out DIR` makes one.\n"
        if result.get("quick"):
            return "Not measured yet: `results.json` there is of a quick look, which is no result.\n"
        return make(result)

    return block


def box_regression(result: dict[str, Any]) -> str:
    """Losses by where plain descent with the step that suits each ends."""
    losses, iterations = result["losses"], result["plan"]["iterations"]
    rows = {
        name: [
            f"{runs[MAIN]['final_iou']:.3f}",
            reach(runs[MAIN], iterations),
            *(f"{runs[key]['final_iou']:.3f}" for key in (PAPER, "adam, cxcywh")),
        ]
        for name, runs in losses.items()
    }
    columns = ["mean IoU at the own step", "iterations to 0.9", "at the paper's step", "with Adam"]
    size = f"{result['cases']:,} cases a row, {iterations} iterations.\n\n"
    return size + rank(columns, rows, {name: runs[MAIN]["final_iou"] for name, runs in losses.items()})


def box_regression_rows(result: dict[str, Any]) -> str:
    """Every loss with every setting."""
    return write_table(result["losses"], result["plan"]["iterations"])


PROPERTIES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "no tip at the target": ("jump of the gradient at the optimum, by ln width", lambda jump: abs(jump) < 1e-3),
    "no jump of the gradient at touching": ("jump of the gradient at touching", lambda jump: abs(jump) < 1e-3),
    "a pull from one size beyond touching": ("gradient one size beyond touching", lambda pull: pull > 1e-3),
    "tells sizes of equal IoU apart": ("spread over the IoU-optimal heights", lambda spread: spread > 1e-3),
}


def iou_optimum(result: dict[str, Any]) -> str:
    """What the profiles show, with the losses that have the same."""
    rows = [["property", f"`{OURS}`", "others that have it"], ["---"] * 3]
    for words, (key, holds) in PROPERTIES.items():
        have = [name for name, facts in result["losses"].items() if holds(facts[key])]
        others = [f"`{name}`" for name in have if name != OURS]
        rows.append([words, "yes" if OURS in have else "no", ", ".join(others) or "none"])
    return markdown_table(rows)


def loss_speed(result: dict[str, Any]) -> str:
    """Times of forward and backward at the largest number of boxes, over ours and over one pass of the memory."""
    size = max(row["boxes"] for row in result["rows"])
    rows = {row["loss"]: row for row in result["rows"] if row["boxes"] == size}
    memory = next((name for name in rows if name.startswith(MEMORY)), None)
    losses = {name: row for name, row in rows.items() if name != memory}
    cells = {
        name: [f"{row['median_over_smooth_iou']:.2f}", *([f"{row['median_over_memory']:.1f}"] if memory else [])]
        for name, row in losses.items()
    }
    columns = [f"time, over `{OURS}`'s", *(["over one pass of the memory"] if memory else [])]
    times = {name: row["median_over_smooth_iou"] for name, row in losses.items()}
    head = f"{size:,} boxes, {result['machine']['threads']} thread, torch {result['machine']['torch']}."
    if memory:
        head += (
            f" To {memory} a box once takes 1; `{OURS}` forward and backward {rows[OURS]['median_over_memory']:.1f}."
        )
    return f"{head}\n\n" + rank(columns, cells, times, higher_is_better=False, measure="time")


def loss_speed_sizes(result: dict[str, Any]) -> str:
    """The machine, median times over ours at every number of boxes, and what is faster than ours."""
    machine, rows = result["machine"], result["rows"]
    sizes = sorted({row["boxes"] for row in rows})
    times = {(row["loss"], row["boxes"]): row["median_over_smooth_iou"] for row in rows}
    memory = {row["boxes"]: row.get("median_over_memory") for row in rows if row["loss"] == OURS}
    losses = {row["loss"] for row in rows if not row["loss"].startswith(MEMORY)}
    order = sorted(losses, key=lambda loss: times[loss, sizes[-1]])
    lead = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['threads']} thread, load {machine['load_average']}, "
        f"torch {machine['torch']}, {machine['date']}. Median time over that of eager `{OURS}`:\n\n"
    )
    table = [["loss", *(f"{size:,} boxes" for size in sizes)], ["---"] * (len(sizes) + 1)]
    table += [
        [f"**`{loss}`**" if OURS in loss else loss, *(f"{times[loss, size]:.2g}" for size in sizes)] for loss in order
    ]
    if all(memory.values()):
        table.append([f"`{OURS}` over one pass of the memory", *(f"{memory[size]:.0f}" for size in sizes)])
    return f"{lead}{markdown_table(table)}\nFaster than eager `{OURS}`: {'; '.join(result['lost']) or 'nothing'}.\n"


def head_ablation(result: dict[str, Any]) -> str:
    """Each head's losses by the IoU on test targets."""
    parts = []
    for head, losses in result["heads"].items():
        rows = {}
        for name, row in losses.items():
            test = row.get("over_seeds_and_targets")
            rows[name] = [
                span_text(row["iou"]),
                *(["", ""] if test is None else [span_text(test, "+"), f"{test['p_holm']:.3g}"]),
                f"{100 * row['not_finite']:.1f} %",
            ]
        columns = ["IoU on test targets", "minus the head's own loss", "p, Holm", "not finite"]
        seeds = len(result["seeds"])
        parts.append(f"Head `{head}`, {seeds} seeds:\n\n{rank(columns, rows, _means(losses, 'iou'))}")
    return "\n".join(parts)


def head_ablation_rows(result: dict[str, Any]) -> str:
    """Each head's losses with every measure."""
    return "\n".join(f"## {head}\n\n{head_table(head, rows)}" for head, rows in result["heads"].items())


def loss_ablation(result: dict[str, Any]) -> str:
    """Each family's losses by success AUC on real sequences."""
    parts = []
    for family, losses in result["families"].items():
        rows = {}
        for name, row in losses.items():
            auc, against = row["success_auc"], row.get("against")
            low, high = (100 * end for end in auc["both"])
            rows[name] = [f"{100 * auc['mean']:.1f} [{low:.1f}, {high:.1f}]", "", ""]
            if against:
                low, high = 100 * against["low"], 100 * against["high"]
                rows[name][1:] = [
                    f"{100 * against['difference']:+.1f} [{low:+.1f}, {high:+.1f}]",
                    f"{against['holm']:.2g}",
                ]
        columns = ["AUC, seeds and sequences", "minus the family's own loss", "p, Holm"]
        about = f"`{family}`, {result['seeds']} seeds, {len(result['sequences'])} sequences:"
        parts.append(f"{about}\n\n{rank(columns, rows, _means(losses, 'success_auc'))}")
    return "\n".join(parts)


_WIDTH = 160
_LEFT_OUT = ("ATOM - SiamRPN++: P", "published for SiamRPN++", "note: ")


def score_example() -> str:
    """What `score` printed, without its longest lines' ends and some lines of the same kind."""
    lines = (EXPERIMENTS / "score_example" / "otb2015.txt").read_text("utf-8").splitlines()
    shown = [shorten(line) for line in lines if not line.startswith(_LEFT_OUT)]
    return "```\n" + "".join(f"{line}\n" for line in shown) + "```\n"


def shorten(line: str) -> str:
    """A line of output, cut at a word where it is long."""
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH].rpartition(' ')[0]} ..."


def journeys(result: dict[str, Any]) -> str:
    """How long each newcomer waits, and on what machine."""
    machine = result["machine"]
    load = max(row["load"] for row in result["journeys"].values())
    idle = "" if load < 1 else f", beside other work (load up to {load:g})"
    missing = [one.title for name, one in read_journeys().items() if name not in result["journeys"]]
    left = f"\nNot timed there yet: {'; '.join(missing)}.\n" if missing else ""
    return f"{machine['processor']}, {result['cores']} cores{idle}:\n\n{journeys_table(result['journeys'])}{left}"


def full_size_costs() -> str:
    """GPU-hours and disk of one training and everything run with it."""
    stored = read_file("full_size/costs.json")
    rows = [["tracker", "training, GPU-hours", "on", "tracking, GPU-hours", "at", "checkpoints, GiB"], ["---"] * 6]
    sources: dict[str, list[str]] = {}
    for cost in stored.values():
        train, track = cost["training"], cost["tracking"]
        low, high = train["gpu_hours"]
        hours = f"{low:g}" if low == high else f"{low:g} to {high:g}, an estimate"
        speed = f"{track['frames_per_second']:g} frames a second, {track['on']}"
        row = [cost["title"], hours, train["on"] or "-", f"{track['gpu_hours']:g}", speed]
        rows.append([*row, f"{cost['checkpoints_gib']:g}"])
        sources.setdefault(f"Training: {train['source']}", []).append(cost["title"])
        sources.setdefault(f"Speed: {track['source']}", []).append(cost["title"])
    lead = f"Per training seed; tracking is {stored['atom']['tracking']['frames']:,} frames at most.\n\n"
    notes = (f"* {source} ({', '.join(titles)}).\n" for source, titles in sources.items())
    return lead + markdown_table(rows) + "\n" + "".join(notes)


def _means(losses: dict[str, Any], metric: str) -> dict[str, float]:
    return {name: row[metric]["mean"] for name, row in losses.items()}


EQUAL = {"embedded": "1e-6", "checkout": "1e-5"}
"""Within what the tests hold the metrics of two processes against those of one on the same samples."""


def scaling(result: dict[str, Any]) -> str:
    """Speed of each engine in one and in several processes, and whether what they train to is the same."""
    rows = [["engine", "processes", "samples/s", "efficiency", "metrics, beside one process"], ["---"] * 5]
    for engine, found in result["engines"].items():
        runs = {int(count): run for count, run in found.items()}
        for count, run in runs.items():
            equal = "" if count == 1 else f"equal within {EQUAL[engine]}"
            speed, share = f"{run['samples a second']:.3g}", f"{100 * efficiency(runs, count):.0f} %"
            rows.append([engine, str(count), speed, share, equal])
    return markdown_table(rows)


TABLES: dict[str, Callable[[], str]] = {
    "quickstart": quickstart,
    "quickstart_others": quickstart_others,
    "mot_quickstart": mot_quickstart,
    "box_regression": of_study("box_regression", box_regression),
    "box_regression_rows": of_study("box_regression", box_regression_rows),
    "iou_optimum": of_study("iou_optimum", iou_optimum),
    "sharpness": of_study("sharpness", sharpness),
    "sharpness_lines": of_study("sharpness", sharpness_lines),
    "sharpness_far": of_study("sharpness", sharpness_far),
    "loss_speed": of_study("loss_speed", loss_speed),
    "loss_speed_sizes": of_study("loss_speed", loss_speed_sizes),
    "head_ablation": of_study("head_ablation", head_ablation),
    "head_ablation_rows": of_study("head_ablation", head_ablation_rows),
    "loss_ablation": of_study("loss_ablation", loss_ablation),
    "loss_ablation_rows": of_study("loss_ablation", trackers_table),
    "loss_ablation_long": of_study("loss_ablation/long", trackers_table),
    "scaling": of_study("scaling", scaling),
    "journeys": of_study("journeys", journeys),
    "score_example": score_example,
    "full_size_costs": full_size_costs,
}
