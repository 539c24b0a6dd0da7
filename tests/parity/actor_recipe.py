"""What upstream's actors make of fixed networks and batches, and a record of it.

    python -m tests.parity.actor_recipe --checkout DIR

DIR is a clone of github.com/visionml/pytracking, which is run as it is and not changed, with this package's Precise RoI
pooling. Networks are filled as `recipe.fill` does and compute in float64, in evaluation mode. `test_actors.py` compares
this package's actors with the numbers that this writes to `actor_reference.json`.
"""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.files import atomic_path
from siou_tracking.ltr.data.tensors import TensorDict
from tests.parity.dimp_recipe import DIMP, inputs
from tests.parity.exact_values import noise
from tests.parity.recipe import fill

REFERENCE = Path(__file__).resolve().parent / "actor_reference.json"
SHAPE, SIZE = (2, 2, 2), 48
"""Training images, test images, sequences; pixels."""
ABSENT = 99999999.9
HINGE = {"test_clf": 100, "test_init_clf": 100, "test_iter_clf": 400}
DENSITY = {"clf_ce": 0.25, "clf_ce_init": 0.25, "clf_ce_iter": 1.0}


@dataclass(frozen=True)
class Case:
    """An actor of `ltr.actors.tracking` on a network of `dimp_recipe`."""

    actor: str
    network: str
    weights: dict[str, Any] | None


CASES = {
    "dimp18": Case("DiMPActor", "dimpnet18", {"iou": 1, **HINGE}),
    "dimp18, a weight for each filter": Case(
        "DiMPActor", "dimpnet18", {"iou": 0.5, "test_clf": 2, "test_iter_clf": [1, 2, 3, 4]}
    ),
    "dimp18, weights left out": Case("DiMPActor", "dimpnet18", None),
    "prdimp18": Case("KLDiMPActor", "klcedimpnet18", {"bb_ce": 0.0025, **DENSITY}),
    "prdimp18, both classifiers": Case("KLDiMPActor", "klcedimpnet18", {"bb_ce": 1, **DENSITY, **HINGE}),
    "super_dimp": Case("KLDiMPActor", "dimpnet50", {"bb_ce": 0.01, **HINGE}),
    "super_dimp_simple": Case("DiMPSimpleActor", "dimpnet50_simple", {"bb_ce": 0.01, **HINGE}),
}


def batch() -> TensorDict:
    """Float64; the target is not in the last test image of the last sequence."""
    made = inputs(SHAPE, SIZE)
    _, test, sequences = SHAPE
    cells = SIZE // 16 + 1
    boxes = made["test_proposals"][..., 0, :].clone()
    boxes[-1, -1, :2] = ABSENT
    scores = noise((test, sequences, made["test_proposals"].shape[2]), 71)
    density = noise((test, sequences, cells, cells), 72).abs()
    return TensorDict(
        train_images=made["train_imgs"],
        test_images=made["test_imgs"],
        train_anno=made["train_bb"],
        test_anno=boxes,
        test_proposals=made["test_proposals"],
        proposal_iou=scores,
        proposal_density=scores.abs() + 0.5,
        gt_density=scores.square(),
        train_label=made["train_label"],
        test_label=noise((test, sequences, cells, cells), 73).abs() ** 4,
        test_label_density=density / density.sum(dim=(-2, -1), keepdim=True),
    )


def evaluate(engine: str) -> dict[str, dict[str, float]]:
    """Every case's statistics by name; `engine` is put before upstream's module names."""
    actors, losses = (importlib.import_module(f"{engine}ltr.{name}") for name in ("actors.tracking", "models.loss"))
    regression = importlib.import_module(f"{engine}ltr.models.loss.kl_regression")
    objective = {
        **{"iou": nn.MSELoss(), "test_clf": losses.LBHinge(threshold=0.05)},
        **{"bb_ce": regression.KLRegression(), "clf_ce": regression.KLRegressionGrid()},
    }
    networks: dict[str, nn.Module] = {}
    found = {}
    for name, case in CASES.items():
        if case.network not in networks:
            maker = DIMP.networks[case.network]
            make = getattr(importlib.import_module(engine + maker.module), maker.function)
            networks[case.network] = fill(make(**maker.arguments)).eval()
        actor = getattr(actors, case.actor)(networks[case.network], objective, case.weights)
        with torch.no_grad():
            loss, stats = actor(batch())
        assert isinstance(loss, Tensor) and float(loss) == float(stats["Loss/total"])
        found[name] = {key: float(value) for key, value in stats.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkout", required=True, metavar="DIR", help="a clone of github.com/visionml/pytracking")
    checkout = find_checkout(parser.parse_args().checkout)
    with checkout_session(checkout, pretrained=False, announce=False):
        found = evaluate("")
    source = {"repository": "visionml/pytracking", "commit": checkout.version(), "torch": torch.__version__}
    rows = [f' "{name}": {json.dumps(stats)}' for name, stats in found.items()]
    with atomic_path(REFERENCE) as temporary:
        temporary.write_text(f'{{\n "source": {json.dumps(source)},\n' + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    print(f"wrote {REFERENCE}")


if __name__ == "__main__":
    main()
