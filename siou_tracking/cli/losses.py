"""`siou-tracking losses`: the box losses in families, their parameters, a small map of them, and the feature losses."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siou_tracking.arguments import Verb
from siou_tracking.errors import InputError, require_extras

if TYPE_CHECKING:
    from siou_tracking.losses import LossEntry

# Predictions (cx, cy, w, h) against the unit box at the origin, and what the map's columns call them.
SITUATIONS: dict[str, tuple[str, tuple[float, float, float, float]]] = {
    "equal": ("equal boxes", (0.0, 0.0, 1.0, 1.0)),
    "near": ("a shift to IoU 0.75", (1 / 7, 0.0, 1.0, 1.0)),
    "inside": ("half the size at one center", (0.0, 0.0, 0.5, 0.5)),
    "corner": ("contact of two corners", (1.0, 1.0, 1.0, 1.0)),
    "1 apart": ("1 size between", (2.0, 0.0, 1.0, 1.0)),
    "10 apart": ("10 sizes between", (11.0, 0.0, 1.0, 1.0)),
}
WIDTH = 80
NOT_SCYLLA = ", not SCYLLA-IoU"
FAMILIES = {
    "gaussian": "Distances of the boxes read as Gaussians",
    "overlap": "1 - IoU, and what is added to it or multiplied with it",
    "remapped": "Another number in the place of the IoU; host=NAME is the overlap loss it is in",
    "edges": "Distances of the edges",
    "sum": "Sums",
    "own": "Of installed packages, or given as module:function",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="show these only; also a sum such as 2*giou+5*l1, or module:function"
    )
    parser.add_argument("--save", type=Path, metavar="map.png", help="also draw the loss map as a picture")


def run(options: argparse.Namespace) -> int:
    entries, unusable = find_entries(options.names)
    if options.save:
        require_extras("losses: --save", "matplotlib")
        from siou_tracking.losses.box.loss_map import save_loss_map

        save_loss_map(options.save, [entry.name for entry in entries] if options.names else None)
    print(format_losses(entries, unusable))  # after the file: a reader who has gone ends the verb here
    if not options.names:
        print(f"\n{format_feature_losses()}")
    if options.save:
        print(f"loss map: {options.save}")
    return 0


def find_entries(names: Sequence[str] = ()) -> tuple[list[LossEntry], list[str]]:
    """The losses of these names, by default all available; and a line for each of an installed package that fails.

    Raises:
        InputError: one of the names is none, or no loss.
    """
    from siou_tracking.losses import available_box_losses, describe

    if names:
        entries = [describe(name) for name in names]
        return list({entry.name: entry for entry in entries}.values()), []
    found, unusable = [], []
    for name in available_box_losses():
        try:
            found.append(describe(name))
        except InputError as error:
            unusable.append(str(error))
    return found, unusable


def format_losses(entries: Sequence[LossEntry], unusable: Sequence[str] = ()) -> str:
    """The losses in families, a line each, then their parameters and aliases, and the map."""
    parts = [*format_families(entries), "", *format_parameters(entries), "", format_loss_map(entries), *unusable]
    return "\n".join(parts)


def format_families(entries: Sequence[LossEntry]) -> list[str]:
    """Name, roles, description and, to the right, source of each."""
    printed = []
    names = max(len(entry.name) for entry in entries)
    for family, title in FAMILIES.items():
        own = [entry for entry in entries if entry.family == family]
        printed += [title] if own else []
        for entry in own:
            left = f"  {entry.name:{names}}  {'loss' if entry.no_score else 'both'}  {entry.description}"
            printed.append(left + entry.source.rjust(max(WIDTH - len(left), len(entry.source) + 2)))
    return [
        *printed,
        *_wrap("both: a loss that regressed boxes minimize, and a score that an IoU-prediction head learns"),
    ]


def format_parameters(entries: Sequence[LossEntry]) -> list[str]:
    """What the losses have beyond format and reduction, for --box-loss-param, and their other names."""
    lines = [f"  {entry.name:11}  {' '.join(own)}" for entry in entries if (own := own_parameters(entry))]
    aliases = [
        f"{alias} is {entry.name}{NOT_SCYLLA if alias == 'siou' else ''}"
        for entry in entries
        for alias in entry.aliases
    ]
    printed = ["Parameters, for --box-loss-param KEY=VALUE", *lines] if lines else []
    return [*printed, *(_wrap(f"Aliases: {', '.join(aliases)}") if aliases else [])]


def own_parameters(entry: LossEntry) -> list[str]:
    """KEY=VALUE of what a loss has beyond format and reduction, with other roles' defaults and the boxes' unit."""
    roles = {"score": entry.score_params, "density": entry.density_params}
    found = []
    for key, value in entry.own_params().items():
        others = ", ".join(f"{role} {_shown(held[key])}" for role, held in roles.items() if key in held)
        unit = f" (boxes in {entry.lengths[key]})" if key in entry.lengths else ""
        found.append(f"{key}={_shown(value)}{f' ({others})' if others else ''}{unit}")
    return found


def format_feature_losses() -> str:
    """The registered losses of features `(N, C)`, with aliases, what each must be given, and a description."""
    from siou_tracking.losses.feature.registry import available_feature_losses, describe_feature_loss

    entries = [describe_feature_loss(name) for name in available_feature_losses()]
    lines = ["Losses of features, in the multi-object wing"]
    for entry in entries:
        alias = f" (alias {', '.join(entry.aliases)})" if entry.aliases else ""
        lines += [
            f"  {entry.name}{alias}: must be given {', '.join(entry.required)}",
            f"    {entry.description}",
        ]
    shared = {key: value for key, value in entries[0].defaults.items() if all(key in e.defaults for e in entries)}
    return "\n".join((*lines, *_wrap(f"all take {_own(shared)}")))


def format_loss_map(entries: Sequence[LossEntry]) -> str:
    """Value and gradient magnitude of losses, at their defaults, in a handful of situations.

    The target is the unit box, so the gradient, the norm over (cx, cy, w, h), is per target size.
    """
    from siou_tracking.report.table import align_columns

    rows = [("value/gradient", *SITUATIONS)]
    for entry in entries:
        rows.append((f"  {entry.name}", *(f"{value:.2f}/{_magnitude(slope)}" for value, slope in _sample(entry.name))))
    meaning = ", ".join(f"{name} is {said}" for name, (said, _) in SITUATIONS.items() if name != "equal")
    return "\n".join((*align_columns(rows, numbers=False), *_wrap(f"Against the unit box; {meaning}")))


def _sample(name: str) -> list[tuple[float, float]]:
    import torch

    from siou_tracking.losses import build_box_loss

    pred = torch.tensor([box for _, box in SITUATIONS.values()], dtype=torch.float64, requires_grad=True)
    target = torch.tensor((0.0, 0.0, 1.0, 1.0), dtype=torch.float64).expand_as(pred)
    values = build_box_loss(name, box_format="cxcywh", reduction="none").eval()(pred, target)
    (gradient,) = torch.autograd.grad(values.sum(), pred)
    return list(zip(values.tolist(), gradient.norm(dim=-1).tolist(), strict=True))


def _magnitude(value: float) -> str:
    return "0" if value < 1e-12 else f"{value:.1g}" if value < 0.1 else f"{value:.2g}"


def _wrap(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, WIDTH, break_on_hyphens=False)


def _own(defaults: dict[str, Any]) -> str:
    """The defaults that not every loss has."""
    from siou_tracking.losses.box.entry import SHARED

    own = ((key, value) for key, value in defaults.items() if key not in SHARED)
    return " ".join(f"{key}={_shown(value)}" for key, value in own)


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


VERB = Verb(
    name="losses",
    summary="Print the box losses in families, their parameters and the loss map.",
    example="siou-tracking losses --save loss_map.png",
    add_arguments=add_arguments,
    run=run,
)
