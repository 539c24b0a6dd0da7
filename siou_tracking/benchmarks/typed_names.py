"""What people type for a benchmark: OTB100, LaSOT, GOT-10k, VOT2017 ..., and why some cannot be scored here."""

from __future__ import annotations

import re
from collections.abc import Collection

from siou_tracking.errors import InputError, unknown_name

OWN = "custom"
"""Own data; with the benchmark whose rules hold, "custom:lasot"."""

_ALIASES = {
    "otb100": "otb2015",
    "tb100": "otb2015",
    "otb15": "otb2015",
    "tb50": "otb50",
    "otb13": "otb2013",
    "cvpr13": "otb2013",
    "tbcvpr13": "otb2013",
    "got10kval": "got10k",
    "lasotextension": "lasot_ext",
    "lasotextensionsubset": "lasot_ext",
    "nfs30": "nfs",
    "needforspeed": "nfs",
    "uav": "uav123",
    "vot2017": "vot2018",  # the same 60 sequences and interval
    "votst2018": "vot2018",
    "votst2019": "vot2019",
}
_ANCHORED = (
    "its trackers start from anchors in the middle of sequences and its truth are masks; runs that are restarted after "
    "failures, as scored here, were its experiment up to 2019"
)
_LONG_TERM = "a long-term challenge is scored by precision and recall of a confidence, which no protocol here has"
_REFUSED = {
    r"otb|tb|visualtrackerbenchmark": "there are three; did you mean 'otb2015' (its 100 targets), 'otb50' or 'otb2013'",
    r"vot|votst": "a challenge a year; did you mean 'vot2016', 'vot2018' or 'vot2019'",
    r"vot(st)?202[0-2](st|rt|shortterm|realtime)?": _ANCHORED,
    r"vots202\d": "it is scored on masks of several targets, box trackers have no number in it",
    r"vot(lt201[89]|201[89](lt|longterm)|lt202\d|202\d(lt|longterm))": _LONG_TERM,
    r"vot201[345]": "its sequences and interval are not built in",
    r"uav20l": "its sequences are not built in; --benchmark custom --protocol uav123 scores them by UAV123's rules",
}


def find_name(text: str, names: Collection[str]) -> str:
    """The one of `names` that is meant, whatever the case, hyphens, underscores and dots.

    Raises:
        InputError: a benchmark that cannot be scored here, with the reason, or an unknown name with the nearest one.
    """
    key = _plain(text)
    found = {_plain(name): name for name in names}.get(key) or _ALIASES.get(key)
    if found in names:
        return str(found)
    for pattern, reason in _REFUSED.items():
        if re.fullmatch(pattern, key):
            raise InputError(f"benchmark '{text}': {reason}; allowed are {', '.join(names)}")
    raise unknown_name("benchmark", text, names)


def _plain(text: str) -> str:
    return re.sub(r"[-_. ]", "", text.casefold())
