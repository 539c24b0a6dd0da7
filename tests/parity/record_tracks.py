"""Record what upstream's DiMP tracks: the boxes that `test_dimp_tracks.py` compares.

    python -m tests.parity.record_tracks --checkout DIR

DIR is a clone of github.com/visionml/pytracking, which is run as it is and not changed; the Precise RoI pooling of this
package stands in for its CUDA extension. Each sequence is tracked again with weights x (1 + 1e-6). If a box moves by
more than its tolerance nothing is written and the exit status is 2.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from siou_tracking.bridge.checkout import Checkout, find_checkout
from siou_tracking.bridge.tracking import CheckoutTracker
from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from tests.parity.dimp_tracks import NETWORKS, REFERENCE, SETTINGS, THEIR_NAMES, TOLERANCE, follow, make_network


def track_upstream(checkout: Checkout, name: str, net: nn.Module, folder: Path) -> dict[str, list[Any]]:
    """Boxes, flags and scores of the checkout's tracker with a parameter set and a network of ours."""
    path = folder / "net.pth.tar"
    content = {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor}
    write_checkpoint(path, content)
    tracker = CheckoutTracker(checkout, "dimp", name, path, "cpu", seed=0)
    try:
        for field, value in SETTINGS.items():
            setattr(tracker.inner.params, THEIR_NAMES.get(field, field), value)
        return follow(tracker)
    finally:
        tracker.close()


def recorded(checkout: Checkout, name: str) -> dict[str, Any]:
    """The track of a parameter set and how far it moved, in pixels.

    Raises:
        InputError: it moves too far.
    """
    net = make_network(name)
    with tempfile.TemporaryDirectory() as folder:
        track = track_upstream(checkout, name, net, Path(folder))
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(1 + 1e-6)
        again = track_upstream(checkout, name, net, Path(folder))
    moved = float(np.abs(np.array(track["boxes"]) - np.array(again["boxes"])).max())
    if moved > TOLERANCE:
        raise InputError(f"unstable track: {name}: got {moved:.1e} px, expected at most {TOLERANCE}")
    rounded = {**track, "boxes": np.round(track["boxes"], 5).tolist(), "scores": np.round(track["scores"], 6).tolist()}
    return {"moved": float(f"{moved:.1e}"), **rounded}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkout", required=True, metavar="DIR", help="a clone of github.com/visionml/pytracking")
    parser.add_argument("--out", type=Path, metavar="FILE", default=REFERENCE, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        checkout = find_checkout(arguments.checkout)
        tracks = {name: recorded(checkout, name) for name in NETWORKS}
        source = {"repository": "visionml/pytracking", "commit": checkout.version(), "torch": torch.__version__}
        lines = [f' "{name}": {json.dumps(track)}' for name, track in {"source": source, **tracks}.items()]
        with atomic_path(arguments.out) as temporary:
            temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
