"""Does a tracker's score tell that it has lost the target: AUROC over real test sequences.

    python -m experiments.lost_score.run WEIGHTS|TRACKER ... --real DIR [--otb DIR] [--frames N]

Each tracker runs over every sequence from its first box. A frame counts as lost where its box and the annotated one
have an IoU below 0.2; AUROC is the chance that a frame so lost has a lower score than one that is not, ties half. It is
of all frames together, so a score must mean the same in every sequence; the interval draws sequences. Beside it stands
how often the tracker's own state said "uncertain" or "lost". Trackers that tell no score have no AUROC.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.common import build_parser, machine, markdown, start, write_result
from experiments.real_data import add_options, test_sequences
from siou_tracking.arguments import positive
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.boxes import elementwise_iou
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.trackers import Tracker, build_tracker, load_tracker
from siou_tracking.trackers.boxes_file import LOST, TrackedFrame
from siou_tracking.trackers.follow import follow

LOST_BELOW = 0.2
"""IoU."""
RESAMPLES = 2000
Told = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of the frames of a sequence but the first: scores, NaN where none is told; whether lost; whether it was said."""


def auroc(scores: np.ndarray, lost: np.ndarray) -> float:
    """The chance that a lost frame has a lower score than another one, ties half; NaN where either kind is missing.

    Args:
        scores: (n,) finite.
        lost: (n,) bool.
    """
    others = np.sort(scores[~lost])
    mine = scores[lost]
    if not len(others) or not len(mine):
        return float("nan")
    above = len(others) - np.searchsorted(others, mine, side="right")
    equal = np.searchsorted(others, mine, side="right") - np.searchsorted(others, mine, side="left")
    return float((above + equal / 2).mean() / len(others))


def summarize(found: Sequence[Told], seed: int = 0) -> dict[str, object]:
    """AUROC with its interval over sequences, and how often the state told what the truth is."""
    scores, lost, said = (np.concatenate(parts) for parts in zip(*found, strict=True))
    result: dict[str, object] = {
        "frames": len(lost),
        "lost": int(lost.sum()),
        "said uncertain or lost, of lost frames": _share(said[lost]),
        "said uncertain or lost, of the others": _share(said[~lost]),
        "AUROC": None,
        "95 % interval": None,
    }
    told = np.isfinite(scores)
    if not told.all() or np.isnan(value := auroc(scores, lost)):
        return result
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = [found[at] for at in rng.integers(0, len(found), len(found))]
        drawn.append(auroc(np.concatenate([one[0] for one in chosen]), np.concatenate([one[1] for one in chosen])))
    interval = np.nanpercentile(drawn, [2.5, 97.5])
    within = [part for one in found if not np.isnan(part := auroc(one[0], one[1]))]
    result |= {
        "AUROC": round(value, 3),
        "95 % interval": [round(float(end), 3) for end in interval],
        "AUROC within a sequence, mean": round(float(np.mean(within)), 3) if within else None,
        "sequences with both kinds of frames": len(within),
    }
    return result


def run_sequence(tracker: Tracker, sequence: AnnotatedSequence, frames: int | None) -> Told:
    """What a tracker told of a sequence, and what is true."""
    truth = sequence.ground_truth[:frames] - np.array([1.0, 1.0, 0.0, 0.0])
    pictures = (default_image_loader(str(path)) for path in sequence.frames[: len(truth)])
    rows = [
        TrackedFrame(step.box, step.seconds, step.flag, step.score)
        for _, step in follow(tracker, pictures, truth[0])
        if step is not None
    ]
    counted = np.isfinite(truth).all(1) & (truth[:, 2:] > 0).all(1)
    counted[0] = False
    boxes = np.array([row.box for row in rows])
    lost = np.zeros(len(truth), bool)
    lost[counted] = elementwise_iou(boxes[counted], truth[counted], "xywh") < LOST_BELOW
    scores = np.array([np.nan if row.score is None else row.score for row in rows])
    said = np.array([row.state in ("uncertain", LOST) for row in rows])
    return scores[counted], lost[counted], said[counted]


def _share(said: np.ndarray) -> float | None:
    return round(float(said.mean()), 3) if len(said) else None


def _parse() -> argparse.Namespace:
    parser = build_parser(__doc__, Path(__file__).resolve().parent / "results.json")
    parser.add_argument("trackers", nargs="+", metavar="WEIGHTS|TRACKER")
    parser.add_argument("--frames", type=positive, metavar="N", help="of each sequence, at most")
    add_options(parser)
    return parser.parse_args()


def main() -> None:
    options = _parse()
    start()
    sequences = test_sequences(options.real, options.otb)
    results: dict[str, dict[str, object]] = {}
    for word in options.trackers:
        tracker = load_tracker(word, "cpu") if Path(word).exists() else build_tracker(word, device="cpu")
        found = [run_sequence(tracker, one, options.frames) for one in sequences]
        results[Path(word).name.partition(".")[0]] = summarize(found)
    plan = {"sequences": [one.name for one in sequences], "frames of each at most": options.frames}
    write_result(options.out, {"machine": machine("torch", "opencv"), **plan, "trackers": results})
    columns = list(next(iter(results.values())))
    print(markdown(["tracker", *columns], [[name, *map(str, one.values())] for name, one in results.items()]))


if __name__ == "__main__":
    main()
