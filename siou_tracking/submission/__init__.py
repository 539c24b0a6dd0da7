"""Submissions: check a tracker's results and pack them as the organizers' server wants them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from siou_tracking.errors import InputError
from siou_tracking.submission.packed import Packed, check_archive_name

__all__ = ["PACKABLE", "Packed", "pack"]

_Packer = Callable[..., Packed]


def _got10k() -> _Packer:
    from siou_tracking.submission.got10k import pack_got10k

    return pack_got10k


def _trackingnet() -> _Packer:
    from siou_tracking.submission.trackingnet import pack_trackingnet

    return pack_trackingnet


def _vot2018() -> _Packer:
    from siou_tracking.submission.vot2018 import pack_vot2018

    return pack_vot2018


_PACKERS: dict[str, Callable[[], _Packer]] = {"got10k": _got10k, "trackingnet": _trackingnet, "vot2018": _vot2018}
PACKABLE = tuple(_PACKERS)
"""Those whose organizers score results on a server; the command line lists them, so nothing heavy is imported here."""


def find_packable(text: str) -> str:
    """The benchmark that is meant, spelled as `registry.find_benchmark` takes it.

    Raises:
        InputError: an unknown one, or one without a submission.
    """
    from siou_tracking.benchmarks.registry import read_typed

    name = read_typed(text)
    if name not in PACKABLE:
        raise InputError(
            f"benchmark '{name}' has no submission: its truth is public, siou-tracking score scores it; those with one "
            f"are {', '.join(PACKABLE)}"
        )
    return name


def pack(
    benchmark: str,
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    names: Iterable[str] | None = None,
) -> Packed:
    """Check one tracker's results and write the archive; nothing is written where the server would refuse it.

    Args:
        benchmark: got10k, trackingnet or vot2018.
        results: the tracker's folder or an archive of it, in any layout and dialect `open_results` reads.
        out: the .zip to write. The same results give the same bytes.
        data: the test split; with it frame counts and first boxes are checked too (VOT2018's are built in).
        names: sequences to expect instead of the official ones.

    Raises:
        InputError: what is wrong and how to fix it, in one line.
    """
    benchmark = find_packable(benchmark)
    check_archive_name(out, [results, data])
    return _PACKERS[benchmark]()(results, out, data, names)
