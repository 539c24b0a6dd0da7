"""Submissions: check a tracker's results and pack them as the organizers' server wants them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from siou_tracking.errors import unknown_name
from siou_tracking.submission.checker import Packed

BENCHMARKS = ("got10k", "trackingnet", "vot2018")

__all__ = ["BENCHMARKS", "Packed", "pack"]


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
    if benchmark not in BENCHMARKS:
        raise unknown_name("benchmark to pack", benchmark, BENCHMARKS)
    if benchmark == "vot2018":
        from siou_tracking.benchmarks.base import official_lengths
        from siou_tracking.submission import vot2018

        lengths = {
            name: frames for name, frames in official_lengths("vot2018").items() if names is None or name in names
        }
        return Packed(vot2018.pack(results, out, None if names is None else lengths), len(lengths), [])
    if benchmark == "got10k":
        from siou_tracking.submission.got10k import pack as pack_one_pass
    else:
        from siou_tracking.submission.trackingnet import pack as pack_one_pass
    return pack_one_pass(results, out, data, names)
