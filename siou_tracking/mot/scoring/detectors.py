"""MOT17's three detectors: one result for all of them, and results of one alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring.official import DETECTORS, video_of
from siou_tracking.wording import listed


def copies_of_detectors(expected: Collection[str], there: Collection[str]) -> dict[str, str]:
    """Sequence -> the result that serves it: its own, or the only one that there is of its video.

    Args:
        expected: sequences, of MOT17.
        there: names of the results, `<VIDEO>` or `<VIDEO>-<DETECTOR>`.

    Raises:
        InputError: none of the sequences has a detector in its name, or two results could serve a third detector.
    """
    if all(video_of(name) == name for name in expected):
        allowed = f"allowed where sequences are called <VIDEO>-{' or -'.join(DETECTORS)}, as in mot17"
        raise InputError(f"--copy-detectors: got {listed(sorted(expected), 3)}: {allowed}")
    serving = {}
    for name in expected:
        candidates = _candidates(video_of(name), there)
        if name in there or not candidates:
            serving[name] = name
        elif len(candidates) == 1:
            serving[name] = candidates[0]
        else:
            got = " and ".join(f"{one}.txt" for one in candidates)
            raise InputError(f"--copy-detectors: {name}: got {got}, one result of the video or all three are expected")
    return serving


def uncopied_hint(missing: Iterable[str], there: Collection[str]) -> str:
    """What to add to "track them" where results that are there could serve."""
    served = any(_candidates(video_of(name), there) for name in missing if video_of(name) != name)
    return ", or let one result of a video serve its three detectors: --copy-detectors" if served else ""


def part_hint(names: Collection[str], missing: Collection[str]) -> str:
    """What to add to an error on a tracker that lacks sequences: how to score those that it has."""
    there = [name for name in names if name not in missing]
    if not there:
        return ""
    for detector in DETECTORS:
        if there == [name for name in names if name.endswith(f"-{detector}")]:
            return f"; for those of one detector: --sequences '*-{detector}'"
    return "; for a part of them: --sequences NAME .."


def _candidates(video: str, there: Collection[str]) -> list[str]:
    return [name for name in (video, *(f"{video}-{detector}" for detector in DETECTORS)) if name in there]
