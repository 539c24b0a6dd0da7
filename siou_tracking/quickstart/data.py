"""A quickstart's data: drawn when there are none of an equal plan, and there only when whole."""

from __future__ import annotations

import shutil
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.files import write_json
from siou_tracking.quickstart.recipe import Recipe
from siou_tracking.untrusted.json_text import read_json_input
from siou_tracking.untrusted.reading import NOTE_LIMIT

NOTE = "plan.json"


def prepare_data(recipe: Recipe, folder: Path) -> Path:
    """Draw training and held-out sequences, or find those an equal plan drew before.

    Args:
        recipe: draws them.
        folder: receives train/, val/ and plan.json, all at once when they are complete.

    Returns:
        `folder`.

    Raises:
        InputError: `folder` holds something else, or what another recipe drew.
    """
    wanted: dict[str, object] = {"recipe": recipe.name, **recipe.plan.drawing()}
    found = _read_note(folder / NOTE)
    drawing, outdated = (folder.with_name(f".{folder.name}.{what}") for what in ("drawing", "outdated"))
    for leftover in (drawing, outdated):
        shutil.rmtree(leftover, ignore_errors=True)
    if found == wanted:
        return folder
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{recipe.name}: {folder}: got a file, expected a folder: choose another --out")
    if folder.exists() and any(folder.iterdir()) and (found is None or {"recipe", *found} != wanted.keys()):
        raise InputError(f"{recipe.name}: {folder}: holds files that no quickstart made: choose another --out")
    if found and found.get("recipe", recipe.name) != recipe.name:
        raise InputError(f"{recipe.name}: {folder}: holds the data of the {found['recipe']}; give another --out")
    recipe.draw(drawing)
    write_json(drawing / NOTE, wanted)
    if folder.exists():
        folder.replace(outdated)  # at once: data that a kill left half removed would pass for somebody else's
    drawing.replace(folder)
    shutil.rmtree(outdated, ignore_errors=True)
    return folder


def _read_note(path: Path) -> dict[str, object] | None:
    """What plan.json holds; None without one, or when it is not ours."""
    try:
        content = read_json_input(path, limit=NOTE_LIMIT)
    except InputError:
        return None
    return content if isinstance(content, dict) else None
