"""How much an archive may hold, whatever is packed around it."""

from __future__ import annotations

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import MIB, TABLE_LIMIT

MEMBERS = 200_000
"""Members of an archive: 60 trackers on the 700 sequences of TNL2K, each with its times, are 84,000."""
UNPACKED_LIMIT = 4096 * MIB
"""Bytes of all members together: 60 trackers on LaSOT's 280 sequences have 1 GB."""
FREE, RATIO = 256 * MIB, 64
"""Bytes that every packed stream may unpack to, and how often more its own size: text of numbers shrinks to a third or
a tenth, a million equal lines to a hundredth, zeros to a thousandth and less."""
KEPT_LIMIT = 2048 * MIB
"""Bytes of those members of a tar archive that are kept, as all results are until they are scored."""


def check_count(count: int, where: object) -> None:
    """Refuse an archive of more members than `MEMBERS`."""
    if count > MEMBERS:
        raise InputError(f"{where}: got {count:,} members or more, allowed are {MEMBERS:,}")


def check_sum(size: int, where: object) -> None:
    """Refuse an archive that unpacks to more than `UNPACKED_LIMIT` bytes."""
    if size > UNPACKED_LIMIT:
        raise InputError(f"{where}: got {size:,} bytes unpacked or more, allowed are {UNPACKED_LIMIT:,}")


def check_stream(size: int, packed: int, where: object) -> None:
    """Refuse a stream of `packed` bytes that unpacks to much more than results do."""
    allowed = min(FREE + RATIO * packed, UNPACKED_LIMIT)
    if size > allowed:
        got = f"got {size:,} bytes or more unpacked from {packed:,}"
        raise InputError(f"{where}: {got}, allowed are {allowed:,}")


def check_kept(size: int, where: object) -> None:
    """Refuse an archive of which more than `KEPT_LIMIT` bytes would be kept."""
    if size > KEPT_LIMIT:
        raise InputError(f"{where}: got {size:,} bytes of results or more, allowed are {KEPT_LIMIT:,}")


def check_member(size: int, where: object) -> None:
    """Refuse a member that is larger than any text of numbers, see `TABLE_LIMIT`."""
    if size > TABLE_LIMIT:
        raise InputError(f"{where}: got {size:,} bytes unpacked, allowed are {TABLE_LIMIT:,}")
