"""One HTML file with everything inside it: text, tables, SVG figures, pictures and video."""

from __future__ import annotations

import base64
import dataclasses
import html
from collections.abc import Sequence

from siou_tracking import __version__

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
 body { font: 16px/1.5 system-ui, sans-serif; color: #1c2530; background: #fff; max-width: 60rem; margin: 2rem auto;
        padding: 0 1rem }
 h1 { font-size: 1.7rem; margin-bottom: .2rem } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem }
 .lead, .note, footer { color: #56616e } .note, footer { font-size: .88rem }
 .scroll { overflow-x: auto }
 table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0 }
 th, td { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid #e4e8ec; white-space: nowrap }
 th:first-child, td:first-child { text-align: left } th { font-weight: 600; border-bottom: 2px solid #aab4bf }
 td.best { font-weight: 700 }
 img, svg, video { max-width: 100%; height: auto; display: block; margin: .5rem 0 }
 .row { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .4rem; margin: .2rem 0 1rem }
 .row img { margin: 0; width: 100% } .figure { overflow-x: auto } .figure svg { min-width: 34rem }
 footer { margin: 3rem 0 1rem; border-top: 1px solid #e4e8ec; padding-top: .6rem }
</style></head><body>
<h1>{{ title }}</h1><p class="lead">{{ lead }}</p>
{% for section in sections %}<section><h2>{{ section.title }}</h2>
{% if section.text %}<p>{{ section.text }}</p>{% endif %}
{% if section.table %}<div class="scroll"><table><thead><tr>
{% for head in section.table[0] %}<th>{{ head }}</th>{% endfor %}</tr></thead><tbody>
{% for row in section.table[1:] %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>{% endif %}
{% for media in section.media %}{% if media.startswith("<svg") %}<div class="figure">{{ media | safe }}</div>
{% else %}{{ media | safe }}{% endif %}{% endfor %}
{% if section.note %}<p class="note">{{ section.note }}</p>{% endif %}</section>
{% endfor %}<footer>siou-tracking {{ version }}</footer></body></html>
"""


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


def render_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The page as a string. All text and table cells are escaped; media are taken as they are."""
    import jinja2

    template = jinja2.Environment(autoescape=True, trim_blocks=True).from_string(_PAGE)
    return template.render(title=title, lead=lead, sections=sections, version=__version__)


def embed_jpeg(encoded: bytes, description: str) -> str:
    """An image tag that carries the JPEG's bytes."""
    content = base64.b64encode(encoded).decode("ascii")
    return f'<img alt="{html.escape(description)}" src="data:image/jpeg;base64,{content}">'


def picture_row(pictures: Sequence[str], title: str) -> str:
    """Ready pictures under a title, side by side as far as the screen is wide."""
    return f'<p class="note">{html.escape(title)}</p><div class="row">{"".join(pictures)}</div>'
