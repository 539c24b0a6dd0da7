"""Weights that were saved with a wrapper around the network, under the names of the network itself."""

from __future__ import annotations

import functools
from typing import Any  # what a checkpoint holds

from siou_tracking.log import get_logger

logger = get_logger(__name__)

_PREFIXES = {"module.": "nn.DataParallel", "_orig_mod.": "torch.compile"}
_WRAPPERS = ("DataParallel", "DistributedDataParallel", "DistributedNet", "MultiGPU", "OptimizedModule")


def unwrap_names(content: dict[str, Any], where: object) -> dict[str, Any]:
    """A checkpoint's content with `module.` and the like taken off the names in its 'net', which is said once.

    Only a prefix of every single name is a wrapper's.

    Args:
        content: of a checkpoint file; not changed.
        where: the file, for the message.
    """
    state, taken = content["net"], ""
    while prefix := next((p for p in _PREFIXES if state and all(str(key).startswith(p) for key in state)), None):
        state, taken = {key[len(prefix) :]: value for key, value in state.items()}, taken + prefix
    if not taken:
        return content
    _say_once(f"{where}: '{taken}' before every name in it is left out ({_describe(taken)} saved it)")
    unwrapped = {**content, "net": state}
    if content.get("net_type") in _WRAPPERS:
        del unwrapped["net_type"]  # that of the network is not known
    return unwrapped


def _describe(taken: str) -> str:
    return " and ".join(maker for prefix, maker in _PREFIXES.items() if prefix in taken)


@functools.cache
def _say_once(message: str) -> None:
    logger.warning(f"note: checkpoint {message}")
