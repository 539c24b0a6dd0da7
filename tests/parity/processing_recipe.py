"""What upstream's data functions make of fixed boxes, a fixed picture and fixed seeds, and a record of it.

    python -m tests.parity.processing_recipe --checkout DIR

DIR is a clone of github.com/visionml/pytracking, which is run as it is and not changed. `test_processing.py` compares
this package's functions, which have the same names, with the numbers that this writes to `processing_reference.json`.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.files import atomic_path
from siou_tracking.ltr.data.tensors import TensorDict

REFERENCE = Path(__file__).resolve().parent / "processing_reference.json"
WIDTH, HEIGHT, SIZE = 120, 90, 48
Values = dict[str, list[float]]
BOXES = {
    "in the middle": (50.2, 38.7, 12.4, 9.1),
    "at the upper left": (1.3, -2.2, 15.5, 14.1),
    "at the lower right": (104.8, 79.4, 20.3, 13.2),
    "larger than one axis": (40.6, 30.3, 25.7, 22.4),
    "larger than both": (20.1, 10.7, 70.3, 60.9),
    "a pixel larger": (50.0, 40.0, 18.2, 18.2),
    "tiny": (60.4, 44.4, 0.3, 0.2),
}
SAMPLE = {"feature_sz": 6, "sigma_factor": 0.25 / 3, "kernel_sz": 4}
DENSITIES = {
    "as in PrDiMP": {**SAMPLE, "normalize": True},
    "as in SuperDiMP": SAMPLE,
    "of all options": {
        **SAMPLE,
        "kernel_sz": 3,
        "uni_weight": 0.1,
        "threshold": 0.01,
        "shrink": 0.2,
        "interp_factor": 2,
    },
}
LABELS = {
    "even filter": {"kernel_sz": 4},
    "odd filter": {"kernel_sz": 1},
    "even filter without the last cell": {"kernel_sz": 4, "end_pad_if_even": False},
    "rectangle": {"kernel_sz": (4, 3), "feat_sz": (6, 4), "image_sz": (48, 32), "uni_bias": 0.2},
    "density": {"kernel_sz": 4, "density": True, "uni_bias": 0.1},
}


def picture() -> np.ndarray:
    """A (HEIGHT, WIDTH, 3) byte picture in which every place looks different."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack((2 * x, 2 * y, (x * y) % 251), axis=-1).astype(np.uint8)


def boxes() -> torch.Tensor:
    """Targets in the crop, (n, 4) xywh: on it, at its edge, and one that is not on it at all."""
    return torch.tensor([[20.3, 14.8, 9.5, 12.1], [-5.0, 40.2, 12.0, 9.9], [99999999.9, 99999999.9, 9.0, 9.0]])


MODULES = ("processing_utils", "processing", "transforms")
"""Of `ltr.data`, as `evaluate` takes them."""


def evaluate(utils: Any, processing: Any, transforms: Any) -> Values:
    """Every quantity of modules of either engine."""
    found = {
        **dict(_crops(utils)),
        **dict(_labels(utils)),
        **dict(_processed(processing, transforms)),
        **dict(_drawn(utils)),
    }
    return {name: torch.as_tensor(value).flatten().double().tolist() for name, value in found.items()}


def _crops(utils: Any) -> Iterator[tuple[str, Any]]:
    mask = torch.zeros(HEIGHT, WIDTH)
    mask[30:60, 40:80] = 1
    for name, box in BOXES.items():
        for mode, limit in (("replicate", None), ("inside", None), ("inside_major", 1.5), ("inside", 1.2)):
            for size in (SIZE, (SIZE, 32)):
                target = torch.tensor(box)
                crop, window, cut = utils.sample_target_adaptive(picture(), target, 5.0, size, mode, limit, mask)
                key = f"{name}, {mode}, {limit}, {size}"
                yield f"window: {key}", window
                yield f"pixels: {key}", crop[::13, ::11].astype(float)
                yield f"mask: {key}", cut.float().mean(dim=0)[::7]
                yield f"box: {key}", utils.transform_box_to_crop(target, window, torch.tensor([48.0, 32.0]))


def _labels(utils: Any) -> Iterator[tuple[str, Any]]:
    for name, options in LABELS.items():
        given = {"feat_sz": 6, "image_sz": 48, **options}
        yield f"label: {name}", utils.gaussian_label_function(boxes(), 0.25 / 3, **given)[:, ::2, ::3]


def _processed(processing: Any, transforms: Any) -> Iterator[tuple[str, Any]]:
    jitter = ({"train": 3, "test": 4.5}, {"train": 0.25, "test": 0.5})
    for name, params in DENSITIES.items():
        proposals = {"boxes_per_frame": 3, "gt_sigma": (0.05, 0.1), "proposal_sigma": [(0.05, 0.05), (0.5, 0.4)]}
        made = processing.KLDiMPProcessing(
            *(5.0, SIZE, *jitter, "inside_major", 1.5, "sequence", proposals, SAMPLE, params),
            transform=transforms.Transform(transforms.ToTensor()),
        )
        yield f"density: {name}", made._generate_label_density(boxes())[:, ::2, ::3]
        torch.manual_seed(5)
        yield f"jittered: {name}", torch.stack([made._get_jittered_box(boxes()[0], part) for part in ("train", "test")])
    sample = _sample()
    torch.manual_seed(7)
    out = made(sample)
    for key in ("test_proposals", "proposal_density", "gt_density", "train_anno", "test_anno", "train_label"):
        yield f"sample: {key}", out[key]
    yield "sample: pixels", out["test_images"][0, :, ::13, ::11]


def _sample() -> Any:
    box = torch.tensor([50.2, 38.7, 12.4, 9.1])
    images, annotations = [picture()], [box.clone()]
    return TensorDict(
        train_images=images * 2,
        train_anno=[box.clone(), box + 3],
        test_images=images,
        test_anno=annotations,
        is_distractor_train_frame=[0, 1],
    )


def _drawn(utils: Any) -> Iterator[tuple[str, Any]]:
    torch.manual_seed(3)
    drawn = utils.sample_box_gmm(boxes()[0], [(0.05, 0.05), (0.5, 0.4)], (0.1, 0.2), 4, add_mean_box=True)
    for name, value in zip(("boxes", "density", "target density"), drawn, strict=True):
        yield f"mixture: {name}", value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkout", required=True, metavar="DIR", help="a clone of github.com/visionml/pytracking")
    checkout = find_checkout(parser.parse_args().checkout)
    with checkout_session(checkout, pretrained=False, announce=False):
        modules = [importlib.import_module(f"ltr.data.{name}") for name in MODULES]
        values = evaluate(*modules)
    rows = [f' "{name}": {json.dumps([float(f"{v:.7g}") for v in value])}' for name, value in values.items()]
    source = json.dumps({"repository": "visionml/pytracking", "commit": checkout.version()})
    with atomic_path(REFERENCE) as temporary:
        temporary.write_text(f'{{\n "source": {source},\n' + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    print(f"wrote {REFERENCE}")


if __name__ == "__main__":
    main()
