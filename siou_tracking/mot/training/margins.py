"""When the DIM loss acts in a training, and at which margins.

No margins are published. Given ones act from the first step. Without any, the first epochs train the plain baseline;
then the distances of `CALIBRATION_STEPS` batches are measured, their 10 and 90 per cent quantiles become the margins,
and the loss acts from there on. They are kept in the network's buffer `margins`, so that a resumed run has the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.log import get_logger
from siou_tracking.losses.feature.base import DIMTerms
from siou_tracking.losses.feature.calibration import calibrate_margins
from siou_tracking.losses.feature.foreground import Foreground
from siou_tracking.losses.feature.margin import DIMLoss
from siou_tracking.ltr.trainers import distributed
from siou_tracking.mot.models.net import MOTNet
from siou_tracking.mot.training import DIM_MODES

logger = get_logger(__name__)

CALIBRATION_STEPS = 20


# Any: the settings object of a training has whatever attributes its settings file gives it.
def dim_mode(settings: Any, default: str) -> str:
    """`settings.dim`, by default that of the settings file.

    Raises:
        InputError: it is "off" while `settings` has margins or a weight of the loss, which would do nothing.
    """
    mode = getattr(settings, "dim", default)
    idle = [name for name in ("margins", "dim_weight") if getattr(settings, name, None) is not None]
    if mode == "off" and idle:
        raise InputError(f"dim: got 'off' with {' and '.join(idle)}, allowed with them are det, id and both")
    return mode


class MarginSchedule:
    """The DIM terms of each step of a training.

    Args:
        mode: "off", "det" for DM alone, "id" for IM alone, or "both".
        margins: m_D and m_I; None measures them.
        warmup: epochs before they are measured.
        options: of `DIMLoss`, such as spread; center "ema" is not offered, its state would not be in the checkpoint.

    Raises:
        InputError: an unknown mode, or margins or options that cannot be used.
    """

    def __init__(
        self, mode: str = "off", margins: Sequence[float] | None = None, warmup: int = 1, **options: Any
    ) -> None:
        if mode not in DIM_MODES:
            raise unknown_name("dim mode", mode, DIM_MODES)
        if margins is not None and len(margins) != 2:
            raise InputError(f"dim margins: got {len(margins)} numbers, allowed are two, margin_det and margin_id")
        if options.get("center") == "ema":
            raise InputError("dim: center: got 'ema', allowed in a training are batch and image")
        self.mode, self.warmup, self.options = mode, warmup, options
        self.given = None if margins is None else (margins[0], margins[1])
        self.loss: DIMLoss | None = None
        self.ruler = self._build(self.given or (0.0, 0.0))
        self.kept: list[Foreground] = []
        self.started = False

    def terms(self, net: MOTNet, rows: Foreground, epoch: int) -> DIMTerms | None:
        """DM and IM of a batch's object centers, None when the loss does not act.

        Args:
            net: the network itself; its `margins` are read when a run starts, and set when they become known.
            rows: shared features at the object centers.
            epoch: number of the epoch, from 1.
        """
        if self.mode == "off":
            return None
        if not self.started:
            self._start(net)
        if self.loss is None and net.training and epoch > self.warmup:
            self._measure(net, rows)
        return None if self.loss is None else self.loss.terms(*rows)

    def resume_state(self) -> dict[str, Any]:
        """The rows kept so far for measuring, for a checkpoint; what is measured is in the network."""
        return {"kept": [list(rows) for rows in self.kept]} if self.kept else {}

    def restore_state(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Go on with the rows of `resume_state`, on the network's device."""
        for features, batch_index, ids, weights in state.get("kept", []):
            own = None if ids is None else ids.to(device)
            self.kept.append(Foreground(features.to(device), batch_index.to(device), own, weights.to(device)))

    def quantiles(self, rows: Foreground) -> Tensor:
        """(3,): 5, 50 and 95 per cent of the centers' distances from their mean, 0 where there is none."""
        with torch.no_grad():
            distances, weights = self.ruler.distances(*rows)
            known = torch.where(weights > 0, distances, torch.nan)
            known = functional.pad(known, (0, 1), value=torch.nan)  # a quantile of no numbers is refused
            return torch.nanquantile(
                known, torch.linspace(0.05, 0.95, 3, dtype=known.dtype, device=known.device)
            ).nan_to_num(0.0)

    def _start(self, net: MOTNet) -> None:
        """Take the margins that were given, else those of the run that is resumed."""
        self.started = True
        far, near = net.margins.tolist()
        if self.given is not None:
            self._use(net, self.given)
        elif far or near:
            self._use(net, (far, near))
        else:
            logger.info(
                f"DIM loss, mode {self.mode}: does not act before its margins are measured in {CALIBRATION_STEPS} "
                f"batches after epoch {self.warmup}"
            )

    def _measure(self, net: MOTNet, rows: Foreground) -> None:
        """Keep this batch's rows; when they are enough, their quantiles become the margins."""
        self.kept.append(rows._replace(features=rows.features.detach()))
        if len(self.kept) < CALIBRATION_STEPS:
            return
        found = calibrate_margins(self.kept, **self.options)
        self.kept = []
        self._use(net, distributed.broadcast((found.margin_det, found.margin_id)))

    def _use(self, net: MOTNet, margins: tuple[float, float]) -> None:
        self.loss = self._build(margins)
        net.margins.copy_(net.margins.new_tensor(margins))
        logger.info(f"DIM loss, mode {self.mode}: margin_det {margins[0]:.4f}, margin_id {margins[1]:.4f}")

    def _build(self, margins: tuple[float, float]) -> DIMLoss:
        weight_det, weight_id = DIM_MODES[self.mode]
        return DIMLoss(*margins, weight_det=weight_det, weight_id=weight_id, **self.options)
