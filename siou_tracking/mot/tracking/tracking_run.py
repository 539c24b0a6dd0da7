"""What a run over sequences did: the tracks that are there, what failed, and how fast it was."""

from __future__ import annotations

import dataclasses
from pathlib import Path


@dataclasses.dataclass
class TrackingRun:
    """What a run did."""

    folder: Path
    """Holds <SEQUENCE>.txt and run.json."""
    paths: dict[str, Path]
    """Sequence -> its tracks, for every sequence that has them now."""
    found: list[str]
    """Sequences an earlier run had finished."""
    failed: dict[str, str]
    """Sequence -> why, in one line; these have no tracks and are tried again by the next run."""
    notes: list[str]
    frames: int = 0
    """Tracked now, of sequences that did not fail."""
    wall_seconds: float = 0.0
    """Time of those frames, all included but the videos."""
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    """Where it went: waiting for images, network, decoding, association."""

    @property
    def frames_per_second(self) -> float | None:
        """Everything included; None when no frame was tracked now."""
        return self.frames / self.wall_seconds if self.frames else None

    @property
    def association_frames_per_second(self) -> float | None:
        """Without images, network and decoding: what the tracker itself does; None when no frame was tracked now."""
        return self.frames / self.seconds["association"] if self.frames else None

    def summary(self) -> str:
        """One line: how many sequences, how fast, and which failed."""
        text = (
            f"{self.folder}: sequences tracked: {len(self.paths) - len(self.found)}, already there: {len(self.found)}"
        )
        if self.frames:
            rates = self.frames_per_second, self.association_frames_per_second
            text += f", {self.frames} frames at {rates[0]:.1f} frames/s ({rates[1]:.0f} by the association alone)"
        if self.failed:
            reasons = "; ".join(f"{name} ({reason})" for name, reason in self.failed.items())
            text += f", FAILED: {len(self.failed)}: {reasons}"
        return text
