"""IoU-optimal sizes as the center moves, where they are not unique, Smooth-IoU's own, and every loss in profile.

    python -m experiments iou_optimum --out DIR [--quick]

Writes results.json, table.md, optimum.png, profile_offset.png and profile_size.png. All of it is float64.
"""

from __future__ import annotations

import torch

from experiments.common import machine, markdown, rounded, save_figure, start, study_folder, study_parser, write_result
from experiments.iou_optimum.figures import draw_optimum, draw_profiles
from experiments.iou_optimum.optimum import (
    TIE,
    Score,
    boxes_at,
    check_closed_forms,
    iou_optimal_sizes,
    smooth_optimal_sizes,
)
from experiments.iou_optimum.profiles import LINES, TARGET, Profile, describe_loss, sample
from siou_tracking.files import write_text
from siou_tracking.losses import registered_box_losses, smooth_iou

NAME = "iou_optimum"
PATH_V = 0.25
STORED_EVERY = 10


def main() -> None:
    options = study_parser(__doc__, NAME).parse_args()
    start(options.seed)
    folder = study_folder(options, NAME)
    path = torch.stack((torch.linspace(0, 2, 201), torch.full((201,), PATH_V)), -1).double()
    similarity = {divergence: smooth_score(divergence) for divergence in ("bhattacharyya", "kl")}
    losses = registered_box_losses()
    profiles = {line: {name: sample(name, line, 501) for name in losses} for line in LINES}
    facts = {name: describe_loss(name) for name in losses}
    result = {
        "quick": options.quick,
        "machine": machine("torch"),
        "checks": check_closed_forms(*similarity.values(), count=20 if options.quick else 300, seed=options.seed),
        "tie": TIE,
        "path": describe_path(path[::STORED_EVERY]),
        "losses": facts,
        "profiles": {line: store(found) for line, found in profiles.items()},
    }
    save_figure(draw_optimum(path, similarity["bhattacharyya"]), folder / "optimum.png")
    for line, found in profiles.items():
        save_figure(draw_profiles(found, line), folder / f"profile_{line}.png")
    table = write_table(facts)
    write_text(folder / "table.md", table)
    print(table)
    for what, value in result["checks"].items():
        print(f"{what}: {value:.3g}")
    write_result(folder / "results.json", result)


def smooth_score(divergence: str) -> Score:
    """Smooth-IoU's similarity of offsets and sizes."""
    return lambda offsets, sizes: smooth_iou(boxes_at(offsets, sizes), TARGET, "cxcywh", divergence=divergence)


def describe_path(path: torch.Tensor) -> dict[str, object]:
    """Best sizes along offsets `(n, 2)`; IoU's least and largest differ where it has many."""
    least, largest = iou_optimal_sizes(path)
    sizes = {"iou, least": least, "iou, largest": largest, "smooth_iou": smooth_optimal_sizes(path)}
    sizes["smooth_iou, kl"] = smooth_optimal_sizes(path, "kl")
    columns = {
        f"{name}, {what}": rounded(found[:, axis].tolist())
        for name, found in sizes.items()
        for axis, what in enumerate(("width", "height"))
    }
    return {"u": rounded(path[:, 0].tolist()), "v": float(path[0, 1]), **columns}


def store(profiles: dict[str, Profile]) -> dict[str, object]:
    """Profiles as JSON has them, at every tenth point."""
    x = next(iter(profiles.values())).x[::STORED_EVERY]
    curves = {
        name: {key: rounded(getattr(found, key)[::STORED_EVERY].tolist()) for key in ("loss", "gradient")}
        for name, found in profiles.items()
    }
    return {"x": rounded(x.tolist()), **curves}


def write_table(facts: dict[str, dict]) -> str:
    """A Markdown table, a row for each loss."""
    columns = {
        "jump at optimum, by offset": "jump of the gradient at the optimum, by offset",
        "by ln width": "jump of the gradient at the optimum, by ln width",
        "jump at touching": "jump of the gradient at touching",
        "gradient beyond it": "gradient one size beyond touching",
        "spread over the ties": "spread over the IoU-optimal heights",
    }
    rows = []
    for name, found in facts.items():
        best = ", ".join(f"{value:.2f}" for value in found["best size at the tie"])
        rows.append([name, *(shorten(found[key]) for key in columns.values()), best])
    return markdown(["loss", *columns, "best width, height there"], rows)


def shorten(value: float) -> str:
    """A number of the table: a jump over 2e-7 of a smooth gradient is none."""
    return f"{value:.2g}" if abs(value) >= 2e-4 else "0"


if __name__ == "__main__":
    main()
