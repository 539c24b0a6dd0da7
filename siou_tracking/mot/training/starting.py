"""A training that begins with the weights of another, on other persons."""

from __future__ import annotations

from typing import Any

import torch

from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.loading import load_state, read_checkpoint
from siou_tracking.mot.models.net import MOTNet

logger = get_logger(__name__)


# Any: the settings object of a training has whatever attributes its settings file gives it.
def start_from_weights(net: MOTNet, settings: Any) -> None:
    """Give `net` the weights of the checkpoint `settings.start_weights`, where a file is named there.

    Its identity classifier is taken only if it has as many identities. The DIM loss's margins are not: they belong to
    the features of the run that measured them.

    Raises:
        InputError: an unreadable checkpoint, or one of another network.
    """
    path = getattr(settings, "start_weights", None)
    if path is None:
        return
    content = read_checkpoint(path)
    state = dict(content["net"])
    own = net.state_dict()
    kept = [name for name in own if name.startswith("classifier.")]
    if all(name in state and state[name].shape == own[name].shape for name in kept):
        kept = []
    state.update({name: own[name] for name in kept})
    state["margins"] = torch.zeros_like(net.margins)
    load_state(net, {**content, "net": state}, path)
    logger.info(f"starting from the weights in {path}{', with a new identity classifier' if kept else ''}")
