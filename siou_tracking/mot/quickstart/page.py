"""The multi-object quickstart's report, overlay video and strip."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.files import write_text
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.media.strip import frame_strip
from siou_tracking.mot.data.motchallenge import SequenceInfo, find_sequences, read_results
from siou_tracking.mot.quickstart.evaluate import DIMS, METRICS, tracker_title
from siou_tracking.mot.quickstart.figures import draw_feature_distances
from siou_tracking.mot.scoring.table import interval_line, metric_rows
from siou_tracking.mot.tracking.overlay import TRAIL_SECONDS, draw_tracks, write_tracks_strip
from siou_tracking.quickstart.sections import settings_section, training_section
from siou_tracking.report import Section, render_page
from siou_tracking.report.figures import to_svg
from siou_tracking.report.page import embed_jpeg

_LEAD = (
    "A one-stage tracker, which finds people and tells them apart in one pass, trained on generated crowds with and "
    "without the DIM loss, from the same seed on the same frames, and run on crowds of other people."
)
_SCORED = (
    "HOTA and the others by {evaluator} under {rules}'s rules, on {sequences} held-out sequences; {interval}. Both "
    "trackers of a network take the same detections: the IoU tracker matches "
    "them by overlap alone, the embedding tracker by appearance first. Frames a second on one core, images included."
)
_FEATURES = (
    "Distance of the shared feature at each person's center to the mean of all in the batch, on held-out frames. The "
    "DIM loss draws in what lies beyond m_D and drives out what lies within m_I. The published formula was not "
    "available: this is the project's reading of the paper's abstract."
)
_PANELS = {
    "Loss/heatmap": "heatmap loss",
    "Loss/id": "identity loss",
    "IoU/mean": "IoU of the boxes",
    "Identity/accuracy": "training identities told right",
}


def tracker_rows(results: Mapping[str, Any]) -> list[list[str]]:
    """A head and a row a tracker: HOTA with its interval, the other metrics without, frames a second."""
    head, *rows = metric_rows(results["scores"], METRICS)
    speeds = results["frames_per_second"]
    table = [[*head, "frames/s"]]
    for name, hota, *others in rows:
        plain = [cell.partition(" [")[0] for cell in others]
        table.append([tracker_title(name), hota, *plain, f"{speeds[name]:.1f}"])
    return table


def comparison_lines(results: Mapping[str, Any]) -> list[str]:
    """What appearance adds, and what DIM adds, each with its interval: as measured, in percent points."""
    lines = []
    for pair in results["comparisons"]:
        low, high = (f"{100 * pair[key]:+.2f}" for key in ("low", "high"))
        lines.append(
            f"{tracker_title(pair['first'])} - {tracker_title(pair['second'])}: {pair['metric'].upper()} "
            f"{100 * pair['difference']:+.2f} [{low}, {high}], p = {pair['p_value']:.3f} (mean over "
            f"{pair['sequences']} sequences, paired)"
        )
    return lines


def write_dim_report(
    path: Path, results: Mapping[str, Any], distances: Mapping[str, np.ndarray], split: Path, tracks: Path
) -> Path:
    """Write the self-contained report.

    Args:
        path: the HTML file to write.
        results: what results.json holds.
        distances: mode of the DIM loss -> distances of held-out features.
        split: the held-out crowds.
        tracks: folder with a folder of results a tracker.
    """
    scores = results["scores"]
    note = _SCORED.format(
        evaluator=scores["evaluator"],
        rules=scores["benchmark"].upper(),
        sequences=scores["sequences"],
        interval=interval_line({"videos": scores["sequences"], **scores}) or "no interval",
    )
    key = "".join(f"<p>{line}</p>" for line in comparison_lines(results))
    titled = {DIMS[dim]: values for dim, values in distances.items()}
    margins = {DIMS[dim]: found["margins"] for dim, found in results["features"].items()}
    training = {DIMS[dim]: records for dim, records in results["training"].items()}
    sections = [
        Section("Held-out crowds", table=tracker_rows(results), media=[key], note=note),
        Section(
            "Pictures", media=list(_strips(split, tracks, results)), note="Boxes, identities and paths as tracked."
        ),
        Section("Features", media=[to_svg(draw_feature_distances(titled, margins))], note=_FEATURES),
        training_section(training, _PANELS, "All runs draw the same frames in the same order."),
        settings_section(results),
    ]
    return write_text(path, render_page("Multi-object tracking quickstart", _LEAD, sections))


def _drawn(sequence: SequenceInfo, results: Path, frames: Iterable[int]) -> Iterator[np.ndarray]:
    tracks = read_results(results / f"{sequence.name}.txt", sequence.length)
    trail = round(TRAIL_SECONDS * sequence.frame_rate)
    for number in frames:
        yield draw_tracks(default_image_loader(sequence.image_path(number)), tracks, number, trail)


def _strips(split: Path, tracks: Path, results: Mapping[str, Any], rows: int = 3, columns: int = 4) -> Iterator[str]:
    """Sequences from where appearance helps most to where it helps least, the embedding tracker above the other."""
    dim = results["plan"]["dims"][-1]
    of = results["scores"]["trackers"]
    gain = {
        name: of[f"{dim}_embedding"]["per_sequence"][name]["hota"] - values["hota"]
        for name, values in of[f"{dim}_iou"]["per_sequence"].items()
    }
    order = sorted(gain, key=gain.__getitem__, reverse=True)
    chosen = [
        order[place] for place in dict.fromkeys(np.linspace(0, len(order) - 1, rows).round().astype(int).tolist())
    ]
    for sequence in find_sequences(split, chosen):
        numbers = np.linspace(1, sequence.length, columns + 1).round().astype(int)[1:].tolist()
        for association in ("embedding", "iou"):
            name = f"{dim}_{association}"
            pictures = list(_drawn(sequence, tracks / name, numbers))
            hota = 100 * of[name]["per_sequence"][sequence.name]["hota"]
            yield f"<p>{sequence.name}, {tracker_title(name)}: HOTA {hota:.1f}</p>"
            yield embed_jpeg(frame_strip(pictures, columns=columns), f"{sequence.name}, {tracker_title(name)}")


def write_crowd_pictures(out: Path, split: Path, tracks: Path, sequences: int = 4) -> None:
    """Write overlay.mp4 of the first held-out sequences, one after another, and strip.png of the first.

    Args:
        out: folder of both.
        split: the held-out crowds.
        tracks: folder of one tracker's results.
        sequences: how many in the video.
    """
    from siou_tracking.media.video import write_overlay_video

    found = find_sequences(split)

    def pictures() -> Iterator[tuple[np.ndarray, dict]]:
        for sequence in itertools.islice(found, sequences):
            for picture in _drawn(sequence, tracks, range(1, sequence.length + 1)):
                yield picture, {}

    write_overlay_video(out / "overlay.mp4", pictures(), found[0].frame_rate)
    first = read_results(tracks / f"{found[0].name}.txt", found[0].length)
    write_tracks_strip(out / "strip.png", found[0], first)
