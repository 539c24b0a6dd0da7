"""`siou-tracking losses`: the registered losses, their defaults, and a small map of the box losses."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from siou_tracking.arguments import Verb

# Predictions (cx, cy, w, h) against the unit box at the origin.
SITUATIONS: dict[str, tuple[float, float, float, float]] = {
    "equal": (0.0, 0.0, 1.0, 1.0),
    "IoU 0.75, shifted": (1 / 7, 0.0, 1.0, 1.0),
    "inside, half size": (0.0, 0.0, 0.5, 0.5),
    "corner contact": (1.0, 1.0, 1.0, 1.0),
    "1 size apart": (2.0, 0.0, 1.0, 1.0),
    "10 sizes apart": (11.0, 0.0, 1.0, 1.0),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--save", type=Path, metavar="map.png", help="also draw the loss map as a picture")


def run(options: argparse.Namespace) -> int:
    if options.save:
        from siou_tracking.losses.box.loss_map import save_loss_map

        save_loss_map(options.save)
    print(format_losses())  # after the file: a reader who has gone ends the verb here
    if options.save:
        print(f"loss map: {options.save}")
    return 0


def format_losses() -> str:
    """The registered box losses with aliases, defaults per role and a description, their map, then feature losses."""
    from siou_tracking.losses.box.registry import available_box_losses, describe
    from siou_tracking.report.table import align_columns

    rows = [("name", "alias", "as a loss", "as a score", "description")]
    for name in available_box_losses():
        entry = describe(name)
        alias = ", ".join(entry.aliases) or "-"
        rows.append((name, alias, _own(entry.loss_defaults), _own(entry.score_defaults), entry.description))
    notes = (
        "as a loss: minimized by regressed boxes; all take box_format=xyxy reduction=mean",
        "as a score: the similarity that an IoU-prediction head learns; all take box_format=xyxy",
    )
    return "\n".join((*align_columns(rows, numbers=False), *notes, "", format_loss_map(), "", format_feature_losses()))


def format_feature_losses() -> str:
    """The registered losses of features `(N, C)`, with aliases, what each must be given, and a description."""
    from siou_tracking.losses.feature.registry import available_feature_losses, describe_feature_loss
    from siou_tracking.report.table import align_columns

    entries = [describe_feature_loss(name) for name in available_feature_losses()]
    rows = [("feature loss", "alias", "must be given", "description")]
    for entry in entries:
        rows.append((entry.name, ", ".join(entry.aliases) or "-", " ".join(entry.required), entry.description))
    shared = {key: value for key, value in entries[0].defaults.items() if all(key in e.defaults for e in entries)}
    return "\n".join((*align_columns(rows, numbers=False), f"all take {_own(shared)}"))


def format_loss_map() -> str:
    """Value and gradient magnitude of every registered loss, at its defaults, in a handful of situations.

    The target is the unit box, so the gradient, the norm over (cx, cy, w, h), is per target size.
    """
    from siou_tracking.losses.box.registry import available_box_losses
    from siou_tracking.report.table import align_columns

    names = available_box_losses()
    rows = [("loss map: value (gradient)", *names)]
    columns = [_values_and_gradients(name) for name in names]
    for index, situation in enumerate(SITUATIONS):
        cells = (f"{column[index][0]:.3f} ({_magnitude(column[index][1])})" for column in columns)
        rows.append((situation, *cells))
    return "\n".join(align_columns(rows, numbers=False))


def _values_and_gradients(name: str) -> list[tuple[float, float]]:
    import torch

    from siou_tracking.losses.box.registry import build_box_loss

    pred = torch.tensor(list(SITUATIONS.values()), dtype=torch.float64, requires_grad=True)
    target = torch.tensor((0.0, 0.0, 1.0, 1.0), dtype=torch.float64).expand_as(pred)
    values = build_box_loss(name, box_format="cxcywh", reduction="none")(pred, target)
    (gradient,) = torch.autograd.grad(values.sum(), pred)
    return list(zip(values.tolist(), gradient.norm(dim=-1).tolist(), strict=True))


def _magnitude(value: float) -> str:
    return "0" if value < 1e-12 else f"{value:.2g}"


def _own(defaults: dict[str, Any]) -> str:
    """The defaults that not every loss has."""
    own = ((key, value) for key, value in defaults.items() if key not in ("box_format", "reduction"))
    return " ".join(f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in own) or "-"


VERB = Verb(
    name="losses",
    summary="Print the registered box losses, their defaults and the loss map.",
    example="siou-tracking losses --save loss_map.png",
    add_arguments=add_arguments,
    run=run,
)
