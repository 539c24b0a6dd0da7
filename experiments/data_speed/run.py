"""Samples per second of ATOM's data path, where the time goes, and what drawing proposals together gains.

Frames are JPEG files made here from a photograph. Every compared pair is timed in turns within one run, because
absolute times depend on the machine and on what else it does.
"""

from __future__ import annotations

import contextlib
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import torch
from tqdm import tqdm

from siou_tracking.ltr.data import LTRLoader, image_loader, processing, processing_utils, sampler
from siou_tracking.ltr.data import transforms as tfm
from siou_tracking.ltr.dataset import Got10k

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import (
    build_parser,
    least_and_median_ms,
    machine,
    noisy_view,
    photograph,
    start,
    time_in_turns,
    write_result,
)

SIGMAS = [0.01, 0.05, 0.1, 0.2, 0.3]
PROPOSALS = {"min_iou": 0.1, "boxes_per_frame": 16, "sigma_factor": SIGMAS}
WIDTH, HEIGHT, FRAMES, SEQUENCES = 640, 360, 40, 6


def write_data(root: Path) -> None:
    """A GOT-10k folder of moving views of one photograph with sensor noise."""
    rng = np.random.default_rng(0)
    photo = photograph(WIDTH + 160, HEIGHT + 160)
    names = [f"GOT-10k_Train_{i:06d}" for i in range(1, SEQUENCES + 1)]
    for name in names:
        (root / name).mkdir()
        for frame in range(FRAMES):
            x, y = rng.integers(0, 160, 2)
            view = noisy_view(photo, x, y, (WIDTH, HEIGHT), rng)
            cv2.imwrite(str(root / name / f"{frame + 1:08d}.jpg"), view)
        boxes = rng.uniform((50, 40, 40, 40), (400, 200, 160, 120), (FRAMES, 4))
        np.savetxt(root / name / "groundtruth.txt", boxes, delimiter=",", fmt="%.4f")
        (root / name / "absence.label").write_text("0\n" * FRAMES)
        (root / name / "cover.label").write_text("8\n" * FRAMES)
    (root / "list.txt").write_text("\n".join(names))


def build_sampler(root: Path, samples: int, seed: int) -> sampler.ATOMSampler:
    """The training pairs of the bbreg.atom settings: 288 pixel crops, 16 proposals."""
    random.seed(seed)
    normalize = tfm.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    atom = processing.ATOMProcessing(
        search_area_factor=5.0,
        output_sz=288,
        center_jitter_factor={"train": 0, "test": 4.5},
        scale_jitter_factor={"train": 0, "test": 0.5},
        proposal_params=PROPOSALS,
        mode="sequence",
        transform=tfm.Transform(tfm.ToTensorAndJitter(0.2), normalize),
        joint_transform=tfm.Transform(tfm.ToGrayscale(probability=0.05)),
    )
    return sampler.ATOMSampler([Got10k(root)], [1], samples, max_gap=50, processing=atom)


def plain_loop(box: torch.Tensor, count: int, min_iou: float, sigmas: list[float]) -> tuple:
    """The draws of `sample_proposals` one after the other in plain Python floats: the hardest baseline."""
    drawn = [_plain_draw(box.tolist(), min_iou, sigmas) for _ in range(count)]
    return torch.tensor([p for p, _ in drawn]), torch.tensor([o for _, o in drawn])


def _plain_draw(box: list[float], min_iou: float, sigmas: list[float]) -> tuple[list[float], float]:
    x, y, w, h = box
    sigma = random.choice(sigmas) * math.sqrt(w * h)
    for _ in range(100):
        cx, cy = random.gauss(x + w / 2, sigma), random.gauss(y + h / 2, sigma)
        sides = [random.gauss(w, sigma), random.gauss(h, sigma)]
        sides = [s if s > 1 else full * random.uniform(0.15, 0.5) for s, full in zip(sides, (w, h), strict=True)]
        px, py, *sides = (float(round(v)) for v in (cx - sides[0] / 2, cy - sides[1] / 2, *sides))
        pw, ph = (s if s > 1 else full * random.uniform(0.15, 0.5) for s, full in zip(sides, (w, h), strict=True))
        inner = max(0.0, min(x + w, px + pw) - max(x, px)) * max(0.0, min(y + h, py + ph) - max(y, py))
        overlap = inner / (w * h + pw * ph - inner)
        if overlap > min_iou:
            break
        sigma *= 0.9
    return [px, py, pw, ph], overlap


def tensor_loop(box: torch.Tensor, count: int, min_iou: float, sigmas: list[float]) -> tuple:
    """The same draws one after the other with the box held in tensors, as training code usually has it."""
    drawn = [_tensor_draw(box, min_iou, sigmas) for _ in range(count)]
    return torch.stack([p for p, _ in drawn]), torch.stack([o for _, o in drawn])


def _tensor_draw(box: torch.Tensor, min_iou: float, sigmas: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    sigma = random.choice(sigmas) * torch.sqrt(box[2] * box[3])
    for _ in range(100):
        noise = torch.randn(4) * sigma
        size = _tensor_refill(box[2:] + noise[2:], box)
        drawn = torch.cat((box[:2] + box[2:] / 2 + noise[:2] - size / 2, size)).round()
        drawn[2:] = _tensor_refill(drawn[2:], box)
        inner = (torch.minimum(box[:2] + box[2:], drawn[:2] + drawn[2:]) - torch.maximum(box[:2], drawn[:2])).clamp(0)
        overlap = inner.prod() / (box[2:].prod() + drawn[2:].prod() - inner.prod())
        if overlap > min_iou:
            break
        sigma = sigma * 0.9
    return drawn, overlap


def _tensor_refill(size: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
    return torch.where(size > 1, size, box[2:] * torch.empty(2).uniform_(0.15, 0.5))


def compare_proposals(count: int, repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds for `count` proposals of one box, timed in turns: median, least, and least relative to ours."""
    box = torch.tensor([100.3, 80.7, 62.0, 51.0])
    versions: dict[str, Callable[[], object]] = {
        "all at once": lambda: processing_utils.sample_proposals(box[None], count, 0.1, SIGMAS),
        "loop over tensors": lambda: tensor_loop(box, count, 0.1, SIGMAS),
        "loop over plain numbers": lambda: plain_loop(box, count, 0.1, SIGMAS),
    }
    seconds = time_in_turns(versions, repeats, clock=time.perf_counter, what=f"{count} proposals")
    return least_and_median_ms(seconds, "times_ours")


@contextlib.contextmanager
def stopwatch(totals: dict[str, float]) -> Iterator[None]:
    """Add up, per step, the seconds spent in the functions that make up a sample."""

    def timed(step: str, function: Callable) -> Callable:
        def run(*args: object, **kwargs: object) -> object:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                totals[step] = totals.get(step, 0.0) + time.perf_counter() - began

        return run

    with contextlib.ExitStack() as stack:
        for step, owner, name in (
            ("read and decode", image_loader, "_decode_image"),
            ("read and decode", image_loader, "read_image_bytes"),
            ("crop", processing_utils, "jittered_center_crop"),
            ("transform", tfm.Transform, "__call__"),
            ("proposals", processing.ATOMProcessing, "_add_proposals"),
        ):
            stack.enter_context(mock.patch.object(owner, name, timed(step, getattr(owner, name))))
        yield


def breakdown(samples: sampler.ATOMSampler) -> dict[str, float]:
    """Milliseconds per sample of every step, in this process."""
    totals: dict[str, float] = {}
    samples.set_epoch(1)
    with stopwatch(totals):
        began = time.perf_counter()
        for index in tqdm(range(len(samples)), desc="breakdown", leave=False):
            samples[index]
        whole = time.perf_counter() - began
    totals["the rest (draw, seeds, stack)"] = whole - sum(totals.values())
    return {step: round(1e3 * seconds / len(samples), 3) for step, seconds in totals.items()}


def throughput(samples: sampler.ATOMSampler, workers: int, batch_size: int) -> float:
    """Samples per second of a whole pass in batches, the start of the workers included."""
    loader = LTRLoader("train", samples, batch_size=batch_size, num_workers=workers, stack_dim=1, drop_last=True)
    began = time.perf_counter()
    count = sum(batch["test_images"].shape[1] for batch in tqdm(loader, desc=f"{workers} workers", leave=False))
    return count / (time.perf_counter() - began)


def main() -> None:
    parser = build_parser(__doc__, Path(__file__).with_name("results.json"))
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start(options.seed)
    proposals = {str(count): compare_proposals(count, options.repeats) for count in (16, 128)}
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        samples = build_sampler(Path(folder), options.samples, options.seed)
        for index in range(8):  # files into the page cache, code into memory
            samples[index]
        steps = breakdown(samples)
        rates = {str(n): throughput(samples, n, options.batch_size) for n in (0, 1, 2)}
    result = {
        "settings": {key: str(value) for key, value in vars(options).items() if key != "out"},
        "machine": machine("torch", "opencv", "numpy"),
        "proposals_by_count": proposals,
        "ms_per_sample": steps,
        "samples_per_second_by_workers": rates,
    }
    write_result(options.out, result)


if __name__ == "__main__":
    main()
