"""The total loss of a one-stage tracker: detection and identification balanced by learned weights, with DIM's terms.

The balance is that of Kendall et al. (CVPR 2018) as FairMOT uses it, with s1 and s2 learned:

    total = (e^-s1 detection + e^-s2 identification + s1 + s2) / 2

It balances the size of two losses, DIM the feature they share.
"""

from __future__ import annotations

import torch
from torch import nn

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.losses.feature.base import DIMTerms
from siou_tracking.losses.feature.inputs import check_amount

COMBINATIONS = ("add", "grouped")


class TaskBalance(nn.Module):
    """Total loss, called as `balance(detection, identification, terms=None)` on scalars.

    Args:
        combination: where DIM's terms go. "add" adds them, times scale, outside the learned weights. "grouped" adds
            DM to detection and IM to identification, both times scale, so that the learned weights scale them too.
            A learned weight of DIM's own is refused: its loss reaches 0 between the margins, where s would fall for
            ever and the weight e^-s grow with it.
        scale: what DIM is multiplied by; squared excesses are small, so 1 hardly acts.
        s_det: first value of s1; FairMOT's.
        s_id: first value of s2; FairMOT's.

    Raises:
        InputError: an unknown combination, or a scale that is not a finite number from 0 up.
    """

    def __init__(
        self, combination: str = "add", scale: float = 10.0, s_det: float = -1.85, s_id: float = -1.05
    ) -> None:
        super().__init__()
        if combination == "uncertainty":
            raise InputError(
                "task balance: combination: got 'uncertainty', allowed are add and grouped: DIM is 0 between its "
                "margins, where a learned weight of its own would grow without bound"
            )
        if combination not in COMBINATIONS:
            raise unknown_name("combination", combination, COMBINATIONS)
        self.combination = combination
        self.scale = check_amount("scale", scale)
        self.s_det = nn.Parameter(torch.tensor(float(s_det)))
        self.s_id = nn.Parameter(torch.tensor(float(s_id)))

    def forward(
        self, detection: torch.Tensor, identification: torch.Tensor, terms: DIMTerms | None = None
    ) -> torch.Tensor:
        """Total of the two losses and of what `DIMLoss.terms` gave; scalars."""
        outside: torch.Tensor | float = 0
        if terms is not None and self.combination == "grouped":
            detection = detection + self.scale * terms.detection
            identification = identification + self.scale * terms.identification
        elif terms is not None:
            outside = self.scale * (terms.detection + terms.identification)
        balanced = torch.exp(-self.s_det) * detection + torch.exp(-self.s_id) * identification
        return 0.5 * (balanced + self.s_det + self.s_id) + outside

    def extra_repr(self) -> str:
        return f"combination={self.combination!r}, scale={self.scale:g}"
