"""Results as the OTB toolkits save them: MATLAB's `results` (.mat) and the Python toolkit's list of runs (.json).

Both are a run's fields: `res` with a row a frame, its `type` (in JSON `resType`), and which frames it is of. A one-pass
result is one run; the toolkits' other experiments (TRE, SRE) store 20 and 12 in one file. Of the seven types, rect is
boxes as they are, and ivtAff is the one whose conversion to boxes (calcRectCenter.m, calc_rect_center.py) is the same
in both toolkits. The others are refused: their boxes depend on whose copy of the toolkit makes them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any  # what JSON and .mat may hold

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.untrusted.json_text import parse_json
from siou_tracking.untrusted.mat_files import check_variable

SUFFIXES = (".mat", ".json")
_AFFINE = ("L1Aff", "LK_Aff", "4corner", "affine", "SIMILARITY")
_LATE_STARTS = {"tiger1": 5}  # annotated frames before the first one that the toolkit's own list runs


def parse_toolkit_result(data: bytes, where: str, sequence: str) -> np.ndarray:
    """(n, 4) float64 xywh from the bytes of a .mat or .json file; a NaN is kept, as in a text file.

    Args:
        data: the file's bytes.
        where: its name, for the error; its suffix says which of the two it is.
        sequence: whose result the file's name says that it is.

    Raises:
        InputError: not readable, not one run of one-pass evaluation, of another sequence, of a type whose boxes are not
            known, or with another number of rows than it says; for a .mat also where scipy is not installed.
    """
    runs = _read_mat(data, where) if where.lower().endswith(".mat") else _read_json(data, where)
    if len(runs) != 1 or not isinstance(runs[0], Mapping):
        what = f"{len(runs)} runs in it, as of TRE or SRE" if len(runs) > 1 else "no run with fields in it"
        raise InputError(f"{where}: {what}; one run of one-pass evaluation (OPE) is expected")
    run = runs[0]
    experiment, shift = run.get("evalType") or "OPE", run.get("shiftType")
    if str(experiment) != "OPE" or (isinstance(shift, str) and shift):
        raise InputError(f"{where}: evalType {experiment}, shiftType {shift}: one-pass evaluation (OPE) is expected")
    named = run.get("seqName")
    stem = re.split(r"[/\\:]", where)[-1].rpartition(".")[0]
    if isinstance(named, str) and _plain(named) not in (_plain(sequence), _plain(stem)):
        raise InputError(f"{where}: seqName '{named}', the file's name says {sequence}")
    _check_start(run, where, sequence)
    boxes = _boxes(run, where)
    frames = _frames(run)
    if frames is not None and frames != len(boxes):
        raise InputError(f"{where}: {len(boxes)} rows, {frames} frames expected by its own fields")
    return boxes


def _read_mat(data: bytes, where: str) -> list[Any]:
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise InputError(f"{where}: reading .mat needs scipy ({error}): pip install scipy") from error
    try:
        names = check_variable(data, "results", where)
        content = loadmat(io.BytesIO(data), simplify_cells=True, variable_names=["results"])
    except NotImplementedError as error:
        raise InputError(f"{where}: a MATLAB 7.3 file; save it with -v7 ({error})") from error
    except InputError:
        raise
    except Exception as error:  # a damaged file makes scipy raise whatever it stumbles over
        raise InputError(f"{where}: not a readable .mat: {error!r}") from error
    if "results" not in content:
        got = ", ".join(name for name in names if name != "results") or "nothing"
        raise InputError(f"{where}: got {got}, the variable 'results' of the OTB toolkit is expected")
    runs = content["results"]
    cells = np.ravel(runs)  # a matrix of numbers holds no run
    return [runs] if isinstance(runs, dict) else list(cells) if cells.dtype == object else []


def _read_json(data: bytes, where: str) -> list[Any]:
    runs = parse_json(data, where)
    return runs if isinstance(runs, list) else [runs]


def _boxes(run: Mapping[str, Any], where: str) -> np.ndarray:
    kind = run.get("type", run.get("resType"))
    kind = kind if isinstance(kind, str) and kind else "rect"  # some trackers save no type; four columns are boxes
    if kind in _AFFINE:
        raise InputError(f"{where}: type '{kind}': its boxes differ between copies of the toolkit; save it as rect")
    if kind not in ("rect", "ivtAff"):
        raise InputError(f"{where}: unknown type '{kind}', allowed are rect and ivtAff")
    table = _table(run.get("res"), 4 if kind == "rect" else 6, f"{where}: res of type '{kind}'")
    return table if kind == "rect" else _boxes_of_affine(table, run.get("tmplsize"), where)


def _boxes_of_affine(affine: np.ndarray, size: Any, where: str) -> np.ndarray:
    """Boxes of the template's corners (-w/2, -h/2) and (w/2, h/2) under each row's map, rounded down to pixels.

    A row p maps (u, v) to (p1 + p3 u + p4 v, p2 + p5 u + p6 v), with p counted from 1.
    """
    try:
        half = np.array(size, np.float64).reshape(2) / 2
    except (TypeError, ValueError):
        raise InputError(f"{where}: tmplsize: width and height of ivtAff's template are expected") from None
    center, reach = affine[:, :2], affine[:, 2:].reshape(-1, 2, 2) @ half
    low, high = np.floor(center - reach), np.floor(center + reach)
    bad = ~((high - low) > 0).all(axis=1)
    if bad.any():
        raise InputError(f"{where}: row {int(bad.argmax()) + 1}: its ivtAff is no box with a positive width and height")
    return np.hstack((low, high - low))


def _table(rows: Any, columns: int, where: str) -> np.ndarray:
    try:
        table = np.atleast_2d(np.asarray(rows))  # scipy hands a single row over as a vector
    except ValueError:
        table = np.empty((0, 0))
    if table.ndim != 2 or table.shape[1] != columns or not len(table) or table.dtype.kind not in "iuf":
        raise InputError(f"{where}: got shape {table.shape}, a row of {columns} numbers a frame is expected")
    table = table.astype(np.float64)
    if np.isinf(table).any():
        raise InputError(f"{where}: row {int(np.isinf(table).any(axis=1).argmax()) + 1} holds an infinite number")
    return table


def _check_start(run: Mapping[str, Any], where: str, sequence: str) -> None:
    """Refuse a run that starts later than the annotation, whose rows would be compared with the wrong frames."""
    first, start = _whole(run.get("annoBegin")), _whole(run.get("startFrame"))
    late = 0 if first is None or start is None else start - first
    if late not in (0, _LATE_STARTS.get(_plain(sequence), 0)):
        raise InputError(f"{where}: starts at frame {start}, the annotation at {first}: a run from frame 1 is expected")


def _frames(run: Mapping[str, Any]) -> int | None:
    first, last = _whole(run.get("startFrame")), _whole(run.get("endFrame"))
    return last - first + 1 if first is not None and last is not None else _whole(run.get("len"))


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
