"""Where a checkout says that its pretrained weights come from: the links of its README."""

from __future__ import annotations

import re
from pathlib import Path

from siou_tracking.untrusted.reading import peek_text

_LINK = re.compile(r"\[[^\[\]]*\]\((https?://[^\s()]+)\)|(https?://[^\s()<>\"'`\]]+)")
_ABOUT = re.compile(r"pre-?trained?.{0,80}(weight|backbone|model)|(weight|backbone|model).{0,40}pre-?train", re.I)


def find_origin(root: Path, name: str) -> str | None:
    """The link for file `name`, else the first about pretrained weights; None where no README has one.

    Args:
        root: of the checkout.
        name: such as "mae_pretrain_vit_base.pth".

    Returns:
        "from URL" where the link is to that file, "its README names URL" where it is about such files.
    """
    lines = [line for path in sorted(root.glob("README*")) for line in peek_text(path).splitlines()]
    links = [(line, found[1] or found[2]) for line in lines for found in _LINK.finditer(line)]
    for _, link in links:
        if link.partition("?")[0].rpartition("/")[2] == name:
            return f"from {link}"
    for line, link in links:
        if name in line:
            return f"from {link}"
    return next((f"its README names {link}" for line, link in links if _ABOUT.search(line)), None)
