"""A box loss that a yaml file of a checkout asks for, in its section TRAIN, beside the names that the checkout knows:

    TRAIN:
      BOX_LOSS: smooth_iou
      BOX_LOSS_SHARPNESS: 64

`config.py` of a checkout refuses names that it does not know. So ours are read here, and left out of what it reads. A
name that the checkout's own code has is the checkout's: LightFC, for one, chooses among its own losses by it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any  # arguments of a checkout's function, passed on

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.retrain.choice import BoxLossChoice
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.untrusted.reading import peek_text, read_input

_LINE = re.compile(r"([ \t]*)BOX_LOSS(\w*)[ \t]*:[ \t]*([^#]*?)[ \t]*(?:#.*)?")
_PARTS = {"": "name", "_SHARPNESS": "sharpness", "_DIVERGENCE": "divergence", "_WEIGHT": "weight"}
_NUMBERS = ("sharpness", "weight")


def with_yaml_choice(request: TrainRequest, settings: Path) -> TrainRequest:
    """The request with the box loss that a yaml file asks for; what the request itself asks for wins.

    Args:
        request: of a training.
        settings: its settings file; one that is no yaml is not looked at.

    Raises:
        InputError: what the file asks for is no box loss, or stands elsewhere than in TRAIN.
    """
    if request.box_loss is not None or settings.suffix != ".yaml":
        return request
    return dataclasses.replace(request, box_loss=read_choice(settings))


def read_choice(path: Path) -> BoxLossChoice | None:
    """The box loss that a yaml file asks for, if any; see `with_yaml_choice`."""
    values: dict[str, Any] = {}
    try:
        theirs = _names_of_its_checkout(path)
        for number, line in enumerate(_lines(path), 1):
            if (found := _LINE.fullmatch(line)) and (part := found[2]) not in theirs:
                if part not in _PARTS:
                    raise unknown_name("name", f"BOX_LOSS{part}", [f"BOX_LOSS{one}" for one in _PARTS])
                _require_in_train(path, number, len(found[1]))
                values[_PARTS[part]] = _value(_PARTS[part], found[3].strip("'\""))
        if values and "name" not in values:
            raise InputError(f"BOX_LOSS_{next(iter(values)).upper()}: has no meaning without BOX_LOSS")
        return BoxLossChoice.of(**values) if values else None
    except InputError as error:
        raise InputError(f"settings file {path}: {error}") from None


def reading_without_choice(read: Callable[..., Any]) -> Callable[..., Any]:
    """A checkout's `update_config_from_file` that is given a file without what is ours, for as long as it reads it."""

    @functools.wraps(read)
    def update_config_from_file(filename: Any, *args: Any, **options: Any) -> Any:
        lines = _lines(Path(filename)) if Path(filename).is_file() else []
        theirs = _names_of_its_checkout(Path(filename))
        kept = [line for line in lines if not (found := _LINE.fullmatch(line)) or found[2] in theirs]
        if len(kept) == len(lines):
            return read(filename, *args, **options)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / Path(filename).name
            copy.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
            return read(str(copy), *args, **options)

    return update_config_from_file


def _lines(path: Path) -> list[str]:
    return read_input(path, "settings").decode("utf-8-sig", errors="surrogateescape").splitlines()


def _names_of_its_checkout(path: Path) -> set[str]:
    """What stands behind BOX_LOSS in names that the code around a yaml file has itself."""
    if not path.is_file() or not any(map(_LINE.fullmatch, _lines(path))):
        return set()
    root = next((one for one in path.resolve().parents if (one / "lib" / "train").is_dir()), None)
    texts = (peek_text(one) for one in root.glob("lib/**/*.py")) if root else ()
    return {name for text in texts for name in re.findall(r"\bBOX_LOSS(\w*)", text)}


def _require_in_train(path: Path, number: int, indent: int) -> None:
    """The line that a line is under is the last one before it that stands further left."""
    for line in reversed(_lines(path)[: number - 1]):
        text = line.lstrip()
        if text and not text.startswith("#") and len(line) - len(text) < indent:
            if re.fullmatch(r"TRAIN[ \t]*:[ \t]*(#.*)?", line):
                return
            break
    raise InputError(f"line {number}: BOX_LOSS belongs into the section TRAIN, beside the weights of its losses")


def _value(part: str, text: str) -> str | float:
    if part not in _NUMBERS:
        return text
    try:
        return float(text)
    except ValueError:
        raise InputError(f"BOX_LOSS_{part.upper()}: got '{text}', allowed are numbers") from None
