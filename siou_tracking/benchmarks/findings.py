"""What a check of one annotated sequence found."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Findings:
    """Of one sequence, each a phrase of one line."""

    faults: list[str] = dataclasses.field(default_factory=list)
    """Why it cannot be scored, or no tracker can be run on it."""
    notes: list[str] = dataclasses.field(default_factory=list)
    """What changes its numbers, or is unusual."""
