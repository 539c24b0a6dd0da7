"""What the online classifier reaches alone: the quickstart's tracker with the box refinement switched off.

python experiments/quickstart/fixed_size.py --weights demo/checkpoints/atom_lite_smooth_iou.pth.tar --data OTB_DIR
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from siou_tracking.benchmarks import load_sequences, score_otb
from siou_tracking.files import write_text
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.trackers.atom.factory import load_atom_network
from siou_tracking.trackers.atom.params import atom_params
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.boxes_file import format_boxes
from siou_tracking.trackers.follow import run_frames

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, write_result


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    sequences = load_sequences("otb2015", options.data)
    tracker = ATOM(load_atom_network(options.weights), atom_params("lite", box_refinement_iter=0))
    with tempfile.TemporaryDirectory() as folder:
        for sequence in sequences:
            frames = (default_image_loader(path) for path in sequence.frames)
            boxes, _ = run_frames(tracker, frames, sequence.ground_truth[0])
            write_text(Path(folder, f"{sequence.name}.txt"), format_boxes(boxes))
        score = score_otb(folder, sequences)
    result = {"metrics": score.metrics, "per_sequence": score.per_sequence, "coverage": score.coverage()}
    write_result(Path(__file__).with_name("fixed_size.json"), result, show=True)


if __name__ == "__main__":
    main()
