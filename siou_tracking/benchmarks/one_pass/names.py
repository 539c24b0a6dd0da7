"""Which sequence a file is of: names in any spelling, with a data set's name before them, and the nearest name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from siou_tracking.errors import nearest_name

_SEPARATOR = re.compile(r"[-_.]")
_DATA_SETS = ("lasot", "got10k", "trackingnet", "otb", "nfs", "uav", "tnl2k", "tc128", "itb", "vot")
"""What checkouts have folders of results on, scored here or not."""
_EXAMINED, _SHOWN, _SIMILAR = 50, 3, 0.75


class NameIndex:
    """Sequence names found by what people call them.

    Args:
        names: the canonical names.
        aliases: other name -> canonical name; an alias of a name that is not in `names` is ignored.
        benchmark: such as otb2015: a file's name may begin with it, or with its letters alone, as PyTracking's
            `otb_Couple.txt` and `nfs_Gymnastics.txt` do. Empty for none.
    """

    def __init__(self, names: Iterable[str], aliases: Mapping[str, str] | None = None, benchmark: str = "") -> None:
        self._exact = {name: name for name in names}
        self._folded: dict[str, str | None] = {}
        self._prefix = _data_set_prefix(benchmark)
        for name in self._exact:
            key = folded(name)
            self._folded[key] = None if key in self._folded else name  # two names alike: only exact ones are found
        for alias, name in (aliases or {}).items():
            if name in self._exact:
                self._folded.setdefault(folded(alias), name)

    def __len__(self) -> int:
        return len(self._exact)

    def find(self, name: str) -> str | None:
        """The canonical name, or None."""
        return self._spelled(name) or next(filter(None, map(self._spelled, self._without_prefix(name))), None)

    def _spelled(self, name: str) -> str | None:
        return self._exact.get(name) or self._folded.get(folded(name))

    def _without_prefix(self, name: str) -> Iterable[str]:
        """What follows the data set's name, wherever that may end: lasot_x and lasot_ext_x."""
        if self._prefix is None or not self._prefix.match(name):
            return
        for at in _SEPARATOR.finditer(name):
            if self._prefix.fullmatch(name[: at.start()]):
                yield name[at.end() :]


def is_data_set(name: str, benchmark: str) -> bool:
    """Whether a folder is named as a benchmark's data are: `otb`, `OTB100`, `lasot_extension_subset`."""
    prefix = _data_set_prefix(benchmark)
    return prefix is not None and prefix.fullmatch(name) is not None


def is_any_data_set(name: str) -> bool:
    """Whether a folder is named as the data of some benchmark are."""
    return any(is_data_set(name, one) for one in _DATA_SETS)


def folded(name: str) -> str:
    """The form in which two spellings of a sequence name are equal."""
    return name.casefold().replace("_", "-").replace(".", "-")


def near_names(files: Iterable[str], names: Iterable[str]) -> str:
    """A hint on files that nearly have the name of a sequence: "; motorroling.txt: did you mean MotorRolling?", or "".

    Args:
        files: of no sequence, as paths or as names alone.
        names: of the sequences that could have been meant, such as those without a file.
    """
    names, hints = list(names), []
    for file in list(files)[:_EXAMINED]:
        name = file.rpartition("/")[2]
        stem = re.sub(r"_\d{3}$", "", name.rpartition(".")[0] or name)
        near = None if stem.endswith("_time") else nearest_name(stem, names, _SIMILAR)
        if near is not None:
            hints.append(f"; {name}: did you mean {near}?")
    return "".join(hints[:_SHOWN])


def _data_set_prefix(benchmark: str) -> re.Pattern[str] | None:
    """OTB, OTB100 and otb-2015 of otb2015: its letters, then at most a number and LaSOT's "ext"."""
    letters = re.match(r"[a-z]+", benchmark)
    if letters is None:
        return None
    return re.compile(rf"{letters[0]}([-_]?\d+[a-z]{{0,3}})?([-_]?ext[a-z]*([-_]subset)?)?", re.IGNORECASE)
