"""Which settings a training with a checkout means."""

from __future__ import annotations

import os

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.ltr.settings_files import SettingsFile, available_settings, find_settings, settings_not_found


def settings_in(checkout: Checkout) -> list[str]:
    """The checkout's own settings, as "module name"."""
    return checkout.layout.settings(checkout.root)


def find_checkout_settings(checkout: Checkout, target: str | os.PathLike[str], name: str | None = None) -> SettingsFile:
    """The settings that `FILE.py` or `MODULE NAME` mean: the file, else the checkout's own, else this package's.

    Raises:
        InputError: nothing is there; the message lists what there is and the nearest of it.
    """
    text = os.fspath(target)
    if text.endswith(".py"):
        return find_settings(text, name)
    if name is not None and (own := checkout.layout.find_settings(checkout.root, text, name)):
        return own
    wanted = f"{text} {name}" if name else text
    ours = available_settings()
    if wanted in ours:
        return find_settings(text, name)
    raise settings_not_found(wanted, sorted({*settings_in(checkout), *ours}))
