"""The line that says how tracking a source went: how much, how fast, where the target was lost, what was written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from siou_tracking.media.video import overlay_codec
from siou_tracking.trackers.boxes_file import NOT_FOUND, UNREADABLE, TrackedFrame
from siou_tracking.wording import list_ranges


def summarize(
    rows: Sequence[TrackedFrame], save: str | os.PathLike[str] | None, boxes_out: str | os.PathLike[str] | None
) -> str:
    """The closing line; `save` and `boxes_out` are the files that were written, None for one that was not."""
    tracked = [row for row in rows if row.flag != UNREADABLE]
    seconds = [row.seconds for row in tracked]
    holes = f" of {len(rows)}" if len(tracked) < len(rows) else ""
    text = f"tracked {len(tracked)}{holes} frames"
    if len(seconds) > 1 and sum(seconds[1:]) > 0:
        text += f" at {(len(seconds) - 1) / sum(seconds[1:]):.1f} frames/s after {seconds[0]:.1f} s of learning"
    lost = [number for number, row in enumerate(rows, 1) if row.flag == NOT_FOUND]
    if lost:
        text += f"; target lost in {len(lost)} frames: {list_ranges(lost)}"
    elif any(row.flag for row in tracked[1:]):
        text += "; target never lost, as the tracker tells it"
    elif scores := [(row.score, number) for number, row in enumerate(rows, 1) if row.score is not None]:
        text += f"; lowest score {min(scores)[0]:.2f} in frame {min(scores)[1]}"
    if boxes_out is not None:
        text += f"; boxes: {boxes_out}"
    if save is not None:
        codec, playable = overlay_codec(Path(save).suffix)
        text += f"; video: {save} ({codec}{'' if playable else ', may not play in a browser'})"
    return text
