"""Record what upstream's networks compute for the recipes of `families`: the numbers that `test_networks.py` compares.

    python -m tests.parity.record FAMILY --checkout DIR

DIR is a clone of github.com/visionml/pytracking, which is run as it is and not changed; the Precise RoI pooling of this
package stands in for its CUDA extension. Numbers are computed in float64 and again under every one of
`stability.VARIATIONS`. If one moves by more than its tolerance nothing is written and the exit status is 2. How far
float32 is from float64 is printed too: that shows how much of float32's precision is left, and refuses nothing.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from siou_tracking.bridge.checkout import Checkout, find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from tests.parity.families import FAMILIES, reference_path
from tests.parity.recipe import Maker, Recipe, fill
from tests.parity.stability import VARIATIONS, Values, moved, refuse_small, refuse_unstable, thread_count, varied


def upstream(checkout: Checkout, maker: Maker) -> nn.Module:
    """The checkout's network; needs an open session."""
    module = importlib.import_module(maker.module)
    if not Path(str(module.__file__)).is_relative_to(checkout.root):
        raise InputError(f"{maker.module}: import: got {module.__file__}, expected a file in {checkout.root}")
    return getattr(module, maker.function)(**maker.arguments)


def recorded(recipe: Recipe, name: str, net: nn.Module, report: Callable[[str], None] = print) -> dict[str, Any]:
    """Every quantity with its values, its tolerance and how far it moved; the latter two in parts of its largest value.

    Raises:
        InputError: a quantity moves by more than its tolerance, or is next to nothing.
    """
    fill(net)
    with thread_count(1):
        values = recipe.evaluate(net, None)
    refuse_small(name, values)
    furthest = dict.fromkeys(values, 0.0)
    for variation in VARIATIONS:
        movement = moved(values, varied(lambda nudge: recipe.evaluate(net, nudge), variation))
        refuse_unstable(name, movement, recipe.tolerances, variation.name)
        furthest = {key: max(furthest[key], movement[key]) for key in values}
    _report_float32(
        recipe, values, furthest, recipe.evaluate(net.float(), None), lambda line: report(f"{name}: {line}")
    )
    return {
        key: {"tolerance": recipe.tolerances[key], "moved": float(f"{furthest[key]:.1e}"), "values": value.tolist()}
        for key, value in values.items()
    }


def _report_float32(
    recipe: Recipe, values: Values, furthest: dict[str, float], single: Values, report: Callable[[str], None]
) -> None:
    report("furthest moved, tolerance, float32 - float64, each in parts of the largest value")
    for key, difference in moved(values, single).items():
        report(f"  {key:34s} {furthest[key]:.1e}  {recipe.tolerances[key]:.0e}  {difference:.1e}")


def write_reference(path: Path, source: dict[str, str], networks: dict[str, Any]) -> None:
    """A line for each quantity; the file is replaced whole or not at all."""
    blocks = [
        f' "{name}": {{\n' + ",\n".join(f'  "{key}": {json.dumps(entry)}' for key, entry in quantities.items()) + "\n }"
        for name, quantities in networks.items()
    ]
    with atomic_path(path) as temporary:
        temporary.write_text(f'{{\n "source": {json.dumps(source)},\n' + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--checkout", required=True, metavar="DIR", help="a clone of github.com/visionml/pytracking")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: FAMILY_reference.json beside this file")
    arguments = parser.parse_args()
    recipe, out = FAMILIES[arguments.family], arguments.out or reference_path(arguments.family)
    try:
        checkout = find_checkout(arguments.checkout)
        with checkout_session(checkout, pretrained=False, announce=False):
            networks = {
                name: recorded(recipe, name, upstream(checkout, maker)) for name, maker in recipe.networks.items()
            }
        source = {"repository": "visionml/pytracking", "commit": checkout.version(), "torch": torch.__version__}
        write_reference(out, source, networks)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
