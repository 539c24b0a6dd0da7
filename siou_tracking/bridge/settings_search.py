"""Which settings a training with a checkout means."""

from __future__ import annotations

import os
from pathlib import Path

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.errors import InputError, did_you_mean, nearest_name
from siou_tracking.ltr.settings_files import SettingsFile, available_settings, find_settings, settings_not_found


def settings_in(checkout: Checkout) -> list[str]:
    """The checkout's own settings, as "module name"."""
    return checkout.layout.settings(checkout.root)


def find_checkout_settings(checkout: Checkout, target: str | os.PathLike[str], name: str | None = None) -> SettingsFile:
    """The settings that `FILE` or `MODULE NAME` mean: the file, else the checkout's own, else this package's.

    Where a checkout's own are yaml files, they are all that it trains from.

    Raises:
        InputError: nothing is there; the message lists what there is and the nearest of it.
    """
    text, layout = os.fspath(target), checkout.layout
    if text.endswith((".py", ".yaml", ".yml")) and layout.settings_suffix != ".py":
        return _find_own_file(checkout, text, name)
    if text.endswith(".py"):
        return find_settings(text, name)
    if name is not None and (own := layout.find_settings(checkout.root, text, name)):
        return own
    wanted = f"{text} {name}" if name else text
    if layout.settings_suffix != ".py":
        raise _not_found(checkout, wanted, text)
    ours = available_settings()
    if wanted in ours:
        return find_settings(text, name)
    raise settings_not_found(wanted, sorted({*settings_in(checkout), *ours}))


def _find_own_file(checkout: Checkout, text: str, name: str | None) -> SettingsFile:
    """The checkout's settings that a file means, given by a path from here or from the checkout."""
    if name is not None:
        raise InputError(f"settings file {text}: takes no NAME beside it, got '{name}'")
    for path in ((base / Path(text).expanduser()).resolve() for base in (Path.cwd(), checkout.root)):
        own = checkout.layout.find_settings(checkout.root, path.parent.name, path.stem)
        if own and own.path == path:
            return own
    there = "is not the checkout's" if Path(text).expanduser().is_file() else "no such file"
    places = ", ".join(sorted({settings.partition(" ")[0] for settings in settings_in(checkout)})) or "none"
    raise InputError(
        f"settings file {text}: {there}: {checkout.root} trains from its own *{checkout.layout.settings_suffix} alone, "
        f"of {places}"
    )


def _not_found(checkout: Checkout, wanted: str, module: str) -> InputError:
    """Where the first word is one that there is, its settings are listed; else all are."""
    available = settings_in(checkout)
    if not available:
        pattern = checkout.layout.settings_files
        return InputError(f"settings '{wanted}': checkout {checkout.root}: has none: no file is {pattern}")
    of_module = [one for one in available if one.startswith(module if wanted == module else f"{module} ")]
    by_name = [one for one in available if one.partition(" ")[2] == wanted]
    near = nearest_name(wanted, of_module or available, 0.4)
    hint = f"; did you mean '{by_name[0]}'?" if by_name else did_you_mean(wanted, [near] if near else [], 0.0)
    got = "got no NAME" if wanted == module and of_module else "not found"
    shown = of_module or available
    return InputError(f"settings '{wanted}': checkout {checkout.root}: {got}: allowed are {', '.join(shown)}{hint}")
