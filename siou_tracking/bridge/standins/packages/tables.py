"""The one function of pandas that a checkout calls: `read_csv` of annotation files that hold only numbers or names."""

from __future__ import annotations

import csv
import functools
import importlib
import inspect
import os
import re
from typing import Any  # arguments of pandas' function, passed on, and its tables

import numpy as np
import numpy.typing as npt

from siou_tracking.bridge.supply.component import StandIn, import_failure, module_of
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError


class Table:
    """A table of equal cells.

    Args:
        values: (rows, columns).
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def squeeze(self, axis: str | None = None) -> Table:
        """As pandas: a table of one column becomes a series, whose `values` have one dimension."""
        return Table(self.values[:, 0]) if self.values.ndim == 2 and self.values.shape[1] == 1 else self


def read_csv(
    path: str | os.PathLike[str], delimiter: str = ",", dtype: npt.DTypeLike | None = None, **options: object
) -> Table:
    """Read a file without a header line.

    Args:
        path: the file.
        delimiter: between the cells of a line; of more than one character, a regular expression.
        dtype: of the numbers; `str` leaves cells as they are; None reads whole lines of one column, as integers where
            they are, else as text.
        options: pandas' header=None, na_filter, low_memory=False and squeeze=True; others are refused.

    Raises:
        InputError: options other than these, cells that are no numbers, lines of different length, or no line.
    """
    squeeze = bool(options.pop("squeeze", False))
    known: dict[str, tuple[object, ...]] = {"header": (None,), "na_filter": (False, True), "low_memory": (False,)}
    unknown = sorted(name for name, value in options.items() if value not in known.get(name, ()))
    if unknown:
        raise InputError(
            f"pandas.read_csv: {path}: got option {', '.join(unknown)}, and pandas is not installed: pip install pandas"
        )
    if dtype is str:
        table = Table(_read_cells(path, delimiter))
    else:
        table = Table(_read_names(path) if dtype is None else _read_numbers(path, delimiter).astype(dtype))
    return table.squeeze() if squeeze else table


def _read_numbers(path: str | os.PathLike[str], delimiter: str) -> np.ndarray:
    """In double precision, as pandas reads every number before it rounds."""
    with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 (upstream passes text and paths)
        lines = file.readlines()
    if not any(line.strip() for line in lines):
        raise InputError(f"annotation file {path}: got an empty file, allowed is a row of numbers a line")
    if len(delimiter) > 1:
        lines, delimiter = [re.sub(delimiter, ",", line.strip()) for line in lines], ","
    try:
        return np.loadtxt(lines, delimiter=delimiter, dtype=np.float64, ndmin=2)
    except ValueError as error:
        reason = str(error).partition(";")[0].rstrip(".")
        raise InputError(f"annotation file {path}: {reason}, allowed are rows of equally many numbers") from None


def _read_cells(path: str | os.PathLike[str], delimiter: str) -> np.ndarray:
    """Rows of text, such as descriptions in words; a comma inside double quotes parts nothing."""
    with open(path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 (upstream passes text and paths)
        rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    if len({len(row) for row in rows}) != 1:
        raise InputError(f"annotation file {path}: allowed are rows of equally many cells, got other or none")
    return np.array(rows, object)


def _read_names(path: str | os.PathLike[str]) -> np.ndarray:
    with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 (upstream passes text and paths)
        lines = [line.strip() for line in file if line.strip()]
    try:
        return np.array([int(line) for line in lines], np.int64)[:, None]
    except ValueError:
        return np.array(lines, object)[:, None]


def pandas() -> StandIn | None:
    """The reader of annotation files, or the one argument of it that pandas 2 has removed."""
    state = import_failure("pandas")
    if state is None:
        return _old_argument()
    modules = {"pandas": module_of(read_csv=read_csv, DataFrame=Table)}
    hint = "not needed; pip install pandas for settings that read other tables"
    return StandIn("pandas", state, "annotation files are read by NumPy", hint, modules)


def _old_argument() -> StandIn | None:
    """`squeeze=True` of `read_csv`, where pandas no longer takes it."""
    real = importlib.import_module("pandas")
    read = real.read_csv
    if "squeeze" in inspect.signature(read).parameters:
        return None

    @functools.wraps(read)
    def read_csv(*args: Any, squeeze: bool = False, **options: Any) -> Any:
        table = read(*args, **options)
        return table.squeeze("columns") if squeeze else table

    def apply(patches: Patches) -> None:
        patches.set(real, "read_csv", read_csv)

    state = f"read_csv(squeeze=) is not in pandas {real.__version__}"
    return StandIn("pandas", state, "it is understood as before", "", apply=apply)
