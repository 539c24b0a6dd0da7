"""One HTML file with everything inside it: text, tables, SVG figures, pictures and video.

Its form is page.html, and sort.js is the one script that it runs: the page's own content security policy names the
script's digest and keeps out every other one and all that would be fetched.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import html
from collections.abc import Iterable, Sequence
from importlib import resources

from siou_tracking import __version__
from siou_tracking.report.colors import dark_variables


@dataclasses.dataclass(frozen=True)
class Section:
    """One part of a page, shown in this order: title, text, table, media, note."""

    title: str
    text: str = ""
    table: Sequence[Sequence[str]] = ()
    """Rows of cells; the first row is the head."""
    media: Sequence[str] = ()
    """Ready HTML: an SVG, or what `embed_jpeg` returns."""
    note: str = ""
    sortable: bool = True
    """The table is of numbers, which a reader may sort by any column; else of words, as long as they are."""


def render_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The page as a string. All text and table cells are escaped; media are taken as they are."""
    import jinja2

    template = jinja2.Environment(autoescape=True, trim_blocks=True).from_string(_file("page.html"))
    script = _file("sort.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return template.render(
        title=title,
        lead=lead,
        sections=sections,
        version=__version__,
        dark=dark_variables(),
        script=script,
        digest=digest,
    )


@functools.cache
def _file(name: str) -> str:
    text = resources.files("siou_tracking.report").joinpath(name).read_bytes().decode("utf-8")
    return text.replace("\r\n", "\n")  # as a browser reads a script, whose digest counts


def embed_jpeg(encoded: bytes, description: str) -> str:
    """An image tag that carries the JPEG's bytes."""
    content = base64.b64encode(encoded).decode("ascii")
    return f'<img alt="{html.escape(description)}" src="data:image/jpeg;base64,{content}">'


def swatch(color: str) -> str:
    """A small square of a color #rrggbb."""
    return f'<span class="swatch" style="background:{color}"></span>'


def color_key(labels: Iterable[tuple[str, str]]) -> str:
    """What colors mean in the pictures below it: label and #rrggbb, in a row."""
    return f'<p class="key">{"".join(f"<span>{swatch(color)}{html.escape(name)}</span>" for name, color in labels)}</p>'


def picture_row(pictures: Sequence[str], title: str) -> str:
    """Ready pictures under a title, side by side as far as the screen is wide."""
    return f'<p class="note">{html.escape(title)}</p><div class="row">{"".join(pictures)}</div>'
