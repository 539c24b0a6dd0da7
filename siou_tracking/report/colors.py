"""What the colors of figures become on a dark page.

A figure's colors are matplotlib's #rrggbb. In a page each is a CSS variable of that name, which the page's style sets
to its counterpart where the reader's system asks for dark; elsewhere, and in a figure alone, it is the color itself.
"""

from __future__ import annotations

import re

DARK = {
    "#000000": "#dce3ea",  # lines and ticks
    "#1c2530": "#dce3ea",
    "#5c6670": "#a9b4c0",
    "#e4e8ec": "#2c353f",  # the grid
    "#eef2f6": "#222b35",  # a shaded span
    "#1c6fd4": "#5aa2f5",
    "#e8590c": "#ff8545",
    "#00626e": "#0f9a94",
    "#cf93f7": "#f0d0ff",
    "#9b1040": "#e8457c",
    "#f2b600": "#ffe066",
    "#7a4a1e": "#b07a45",
    "#4a2a9c": "#9268f2",
    "#2fc56d": "#50e08c",
    "#868e96": "#b4bcc4",
}
"""Color on a light page -> on a dark one."""
_TAG = re.compile(r"<[^>]*>")
_FONT = re.compile(r"font-family: [^;\"]*(; )?")
_COLOR = re.compile(f'(?<=: )({"|".join(DARK)})(?=[;"])')


def follow_page(svg: str) -> str:
    """The text of a figure with its colors, and its font, left to the page that it stands in; names are kept as is."""
    return _TAG.sub(lambda tag: _follow_in_tag(tag[0]), svg)


def _follow_in_tag(tag: str) -> str:
    return (
        _COLOR.sub(lambda found: f"var(--c{found[0][1:]}, {found[0]})", _FONT.sub("", tag)) if "style=" in tag else tag
    )


def dark_variables() -> str:
    """The CSS that sets the variables of `follow_page` for a dark page."""
    return " ".join(f"--c{light[1:]}: {dark};" for light, dark in DARK.items())
