"""The quickstart's report and overlay video."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence as Clip
from siou_tracking.files import write_text
from siou_tracking.media.drawing import color_of
from siou_tracking.media.strip import enlarged_target
from siou_tracking.quickstart.evaluate import Tracked
from siou_tracking.quickstart.families import Family
from siou_tracking.quickstart.sections import settings_section, training_section
from siou_tracking.quickstart.table import difference_line, reading_note, set_title, table_rows
from siou_tracking.report import Section, render_page
from siou_tracking.report.figures import threshold_plot, to_svg
from siou_tracking.report.page import color_key, embed_jpeg, picture_row

Runs = Mapping[str, Mapping[str, Tracked]]
_NOTES = {
    "got10k": "GOT-10k's validation protocol on generated sequences: the first frame and frames without a target do "
    "not count, boxes are cut at the image, AO is the mean over frames.",
    "otb2015": "OTB2015's protocol: every frame counts; success is IoU > t at 21 thresholds, AUC its mean.",
}
_COVERAGE = {"got10k": "", "otb2015": " {}."}  # the generated sequences are no part of GOT-10k
_CROPS = " Pictures: the surroundings of the target, enlarged; where a tracker's box is missing, it is elsewhere."
_BOX_ERROR = " Box error: mean distance of the four edges over sqrt(w h) of the true box, all frames after the first."
_SHOWN = 4
"""Sequences of each set, its first ones, that the page and the video show."""
_FRAMES = 4
"""Crops that the page shows of each, the given box's frame left out."""
_CROP = 264  # pixels: two sets of sixteen crops leave the page below a megabyte
_SURFACES = ("smooth_iou", "iou", "giou", "ciou")
_SURFACE = "Loss as a prediction leaves its target. IoU is flat once the boxes part, so no gradient leads back."


def write_box_loss_report(
    path: Path,
    family: Family,
    results: Mapping[str, Any],
    sets: Mapping[str, Sequence[Clip]],
    tracked: Runs,
    scores: Mapping[str, Mapping[str, Score]],
) -> Path:
    """Write the self-contained report of one quickstart.

    Args:
        path: the HTML file to write.
        family: the tracker, which has words of its own.
        results: what results.json holds.
        sets: benchmark -> its sequences.
        tracked: benchmark -> tracker name -> what it did there.
        scores: benchmark -> tracker name -> its score.
    """
    from siou_tracking.losses.box.loss_map import draw_loss_map

    sections = [_tracking_section(name, results, sets[name], tracked[name], scores[name]) for name in sets]
    first = {name: records for name, records in results["training"].items() if name in results["plan"]["losses"]}
    sections.insert(1, training_section(first, family.panels, family.curves))
    sections.append(Section("The loss surface", text=_SURFACE, media=[to_svg(draw_loss_map(_SURFACES))]))
    sections.append(settings_section(results))
    return write_text(path, render_page(family.title, family.lead, sections))


def _tracking_section(
    name: str,
    results: Mapping[str, Any],
    clips: Sequence[Clip],
    tracked: Mapping[str, Tracked],
    scores: Mapping[str, Score],
) -> Section:
    drawn = {tracker: score.curves["success"] for tracker, score in scores.items()}
    thresholds = next(iter(drawn.values())).thresholds.tolist()
    curves = {tracker: curve.values.tolist() for tracker, curve in drawn.items()}
    success = threshold_plot(thresholds, curves, "Success", "overlap threshold")
    first = next(iter(scores.values()))
    note = f"{_NOTES[name]}{_BOX_ERROR}{_CROPS}{_COVERAGE[name].format(first.coverage().capitalize())}"
    own, sure = not first.expected, results["certainty"][name]
    table = table_rows(name, results["metrics"][name], own, sure)
    verdict = [f"{line}." for line in results.get("verdict", {}).get(name, [])] or [f"{difference_line(name, sure)}."]
    text = " ".join([*(line[:1].upper() + line[1:] for line in verdict), reading_note(results["plan"]["seeds"])])
    media = [success, *_crops(clips, tracked)]
    title = set_title(name, own)
    return Section(f"{title[:1].upper()}{title[1:]} sequences", text=text, table=table, media=media, note=note)


def _drawn_boxes(clip: Clip, index: int | np.ndarray, tracked: Mapping[str, Tracked]) -> dict[str, np.ndarray]:
    boxes = {"ground truth": clip.ground_truth[index]}
    return boxes | {name: one.boxes[clip.name][index] for name, one in tracked.items() if name != "static"}


def _crops(clips: Sequence[Clip], tracked: Mapping[str, Tracked]) -> Iterator[str]:
    """A key, and enlarged crops from the first sequences, the truth and every trained tracker drawn on them."""
    from siou_tracking.ltr.data.image_loader import default_image_loader

    names = _drawn_boxes(clips[0], 0, tracked)
    yield color_key((name, color_of(name, at)) for at, name in enumerate(names))
    for clip in itertools.islice(clips, _SHOWN):
        pictures = []
        for index in np.linspace(0, len(clip.ground_truth) - 1, _FRAMES + 1).round().astype(int)[1:].tolist():
            boxes = _drawn_boxes(clip, index, tracked)
            crop = enlarged_target(default_image_loader(clip.frames[index]), clip.ground_truth[index], boxes, _CROP)
            pictures.append(embed_jpeg(crop, f"{clip.name}, frame {index + 1}, round the target, with boxes"))
        yield picture_row(pictures, clip.name)


def write_overlay(path: Path, sets: Mapping[str, Sequence[Clip]], tracked: Runs) -> Path:
    """Write a video of the first sequences of each set, one after another, with the truth and both trackers' boxes."""
    from siou_tracking.ltr.data.image_loader import default_image_loader
    from siou_tracking.media.video import write_overlay_video

    def pictures() -> Iterator[tuple[np.ndarray, dict[str, list[float]]]]:
        for name, clips in sets.items():
            for clip in itertools.islice(clips, _SHOWN):
                for index, frame in enumerate(clip.frames):
                    boxes = _drawn_boxes(clip, index, tracked[name])
                    yield default_image_loader(frame), {owner: box.tolist() for owner, box in boxes.items()}

    return write_overlay_video(path, pictures())
