"""Pictures and self-contained pages from plain result objects."""

from siou_tracking.report.page import Section, render_page

__all__ = ["Section", "render_page"]
