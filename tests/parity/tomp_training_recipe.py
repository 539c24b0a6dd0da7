"""What upstream's processing and actor of ToMP make of fixed boxes, seeds and weights, and a record of it.

    python -m tests.parity.tomp_training_recipe --checkout DIR

DIR is a clone of github.com/visionml/pytracking, which is run as it is and not changed. `test_tomp_training.py`
compares this package's classes, which have the same names, with the numbers that this writes to
`tomp_training_reference.json`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.files import atomic_path
from siou_tracking.ltr.data.tensors import TensorDict
from tests.parity.exact_values import noise
from tests.parity.recipe import fill

REFERENCE = Path(__file__).resolve().parent / "tomp_training_reference.json"
SIZE, CELLS = 96, 6
LABELS = {"feature_sz": CELLS, "sigma_factor": 0.25 / 5, "kernel_sz": 1}
BOXES = torch.tensor(
    [[20.3, 24.8, 39.5, 32.1], [-25.0, 40.2, 62.0, 19.9], [70.0, 8.0, 40.0, 24.0], [40.0, 41.0, 6.0, 5.0]]
)
"""Targets in the crop, xywh: in it, over its edges, with edges on the cells, and smaller than a cell."""
NETWORK: dict[str, Any] = {
    "filter_size": 1,
    "backbone_pretrained": False,
    "out_feature_dim": 16,
    "nhead": 2,
    "num_encoder_layers": 1,
    "num_decoder_layers": 1,
    "dim_feedforward": 24,
    "feature_sz": CELLS,
    "use_test_frame_encoding": False,
}
Values = dict[str, list[float]]


def modules(engine: str) -> SimpleNamespace:
    """Modules of either engine; `engine` is put before upstream's names."""
    names = {
        "data": ("processing", "transforms"),
        "models": ("loss", "loss.bbr_loss", "tracking.tompnet"),
        "actors": ("tracking",),
    }
    found = {
        f"{folder}.{name}": importlib.import_module(f"{engine}ltr.{folder}.{name}")
        for folder, own in names.items()
        for name in own
    }
    return SimpleNamespace(**{name.replace(".", "_"): module for name, module in found.items()})


def evaluate(engine: Any) -> Values:
    """Every quantity, of what `modules` gives."""
    found = {**_maps(engine), **_sample(engine), **_step(engine)}
    return {name: torch.as_tensor(value).flatten().double().tolist() for name, value in found.items()}


def _process(engine: Any, transform: Any = None, joint: Any = None, **options: Any) -> Any:
    jitter = ({"train": 0.0, "test": 4.5}, {"train": 0.0, "test": 0.5})
    chain = engine.data_transforms.Transform
    return engine.data_processing.LTRBDenseRegressionProcessing(
        *(5.0, SIZE, *jitter, "inside_major", 1.5, "sequence"),
        label_function_params=LABELS,
        transform=chain(engine.data_transforms.ToTensor()) if transform is None else chain(*transform),
        joint_transform=None if joint is None else chain(*joint),
        **options,
    )


def _maps(engine: Any) -> dict[str, Tensor]:
    found = {}
    for radius, normalized in ((0.0, True), (1.0, True), (1.7, False)):
        process = _process(engine, center_sampling_radius=radius, use_normalized_coords=normalized)
        data = _made_of(process, {"train": BOXES, "test": BOXES[:1]})
        key = f"radius {radius}, {'parts' if normalized else 'pixels'}"
        found[f"distances: {key}"] = data["train_ltrb_target"][..., ::2, 1::2]
        found[f"region: {key}"] = data["train_sample_region"]
    return {**found, "labels": data["train_label"][..., ::2, 1::2]}


def _made_of(process: Any, boxes: dict[str, Tensor]) -> dict[str, Tensor]:
    """The fields of crops in which the target is at `boxes` (n, 4); the crops themselves do not matter."""
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    data = TensorDict()
    for part, own in boxes.items():
        data[f"{part}_images"], data[f"{part}_anno"] = [picture] * len(own), list(own)
    process.transform = {**process.transform, "train": _Put(boxes["train"]), "test": _Put(boxes["test"])}
    made: dict[str, Tensor] = process(data)
    return made


class _Put:
    """A transform that puts the target where it is wanted."""

    def __init__(self, boxes: Tensor) -> None:
        self.boxes = boxes

    def __call__(self, image: Any, bbox: Any, joint: bool) -> tuple[list[Tensor], list[Tensor]]:
        return [torch.zeros(3, SIZE, SIZE) for _ in image], [box.clone() for box in self.boxes]


def _sample(engine: Any) -> dict[str, Tensor]:
    """A sample as the settings draw it."""
    transforms = engine.data_transforms
    normalize = transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    process = _process(
        engine,
        [transforms.ToTensorAndJitter(0.2), transforms.RandomHorizontalFlip(0.5), normalize],
        [transforms.ToGrayscale(0.5), transforms.RandomHorizontalFlip(0.5)],
        center_sampling_radius=1.0,
    )
    pictures = [
        (np.kron(noise((9, 12, 3), 91 + k), np.ones((10, 10, 1))) * 120 + 128).astype(np.uint8) for k in range(3)
    ]
    boxes = [torch.tensor(box) for box in ([50.2, 38.7, 12.4, 9.1], [48.0, 30.0, 20.0, 30.0], [60.4, 10.4, 14.3, 9.2])]
    found = {}
    for seed in range(4):  # flipped before and after the crop, and not
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        data = process(
            TensorDict(
                train_images=pictures[:2],
                train_anno=[box.clone() for box in boxes[:2]],
                test_images=pictures[2:],
                test_anno=[boxes[2].clone()],
            )
        )
        for part in ("train", "test"):
            found[f"sample {seed}: {part} boxes"] = data[f"{part}_anno"]
            found[f"sample {seed}: {part} pixels"] = data[f"{part}_images"][..., 5::37, 8::41]
            found[f"sample {seed}: {part} distances"] = data[f"{part}_ltrb_target"][..., 2, 3]
    return found


def _step(engine: Any) -> dict[str, Tensor]:
    """Statistics of an actor on two train frames and a test frame of two sequences, nothing dropped."""
    made = _made_of(_process(engine, center_sampling_radius=1.0), {"train": BOXES, "test": BOXES[:2]})
    data = TensorDict()
    for name, values in made.items():
        exact = values if values.dtype == torch.bool else values.double()
        data[name] = exact.unflatten(0, (-1, 2))  # (frames, sequences, ...)
    data["train_images"], data["test_images"] = (noise((frames, 2, 3, SIZE, SIZE), 95 + frames) for frames in (2, 1))
    net = fill(engine.models_tracking_tompnet.tompnet50(**NETWORK)).eval()
    with torch.no_grad():
        net.head.bb_regressor.bbreg_layer.bias.fill_(-1.6)  # boxes of about the targets' size
    objective = {
        "giou": engine.models_loss_bbr_loss.GIoULoss(),
        "test_clf": engine.models_loss.LBHinge(threshold=0.05),
    }
    loss, stats = engine.actors_tracking.ToMPActor(net, objective, {"giou": 2.0, "test_clf": 100.0})(data)
    parameters = dict(net.named_parameters())
    asked = ("head.bb_regressor.bbreg_layer.weight", "head.filter_predictor.query_embed_fg.weight")
    gradients = torch.autograd.grad(loss, [parameters[name] for name in asked])
    return {
        **{f"step: {name}": torch.tensor(float(value), dtype=torch.float64) for name, value in stats.items()},
        "step: gradient of the box layer": gradients[0][:, ::5, 1, 1],
        "step: gradient of the foreground code": gradients[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkout", required=True, metavar="DIR", help="a clone of github.com/visionml/pytracking")
    checkout = find_checkout(parser.parse_args().checkout)
    with checkout_session(checkout, pretrained=False, announce=False):
        values = evaluate(modules(""))
    rows = [f' "{name}": {json.dumps([float(f"{v:.9g}") for v in value])}' for name, value in values.items()]
    source = json.dumps({"repository": "visionml/pytracking", "commit": checkout.version(), "torch": torch.__version__})
    with atomic_path(REFERENCE) as temporary:
        temporary.write_text(f'{{\n "source": {source},\n' + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    print(f"wrote {REFERENCE}")


if __name__ == "__main__":
    main()
