"""The page in a real browser: no error, sorted by click and key, light and dark, on a phone, without scripts.

Screenshots are kept in the test's temporary folder, or in the folder that SIOU_REPORT_ARTEFACTS names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from siou_tracking.report.footage import open_footage
from siou_tracking.report.results import read_result
from siou_tracking.report.scores import write_score_report
from tests.report.browser import Browser, contrast, find_chromium

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no chromium and no chrome on PATH")

PHONE, DESK = 390, 1100
COLUMN = (
    "[...document.querySelectorAll('table')[{table}].tBodies[0].rows].map((row) => row.cells[{column}].textContent)"
)
HEADS = "[...document.querySelectorAll('table')[0].tHead.rows[0].cells].map((head) => head.getAttribute('aria-sort'))"
BUTTON = "document.querySelectorAll('table')[{table}].tHead.rows[0].cells[{column}].firstElementChild"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    one = Browser(find_chromium() or "")
    yield one
    one.close()


@pytest.fixture(scope="module")
def page(bench: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = read_result(bench / "scores.json")
    result["trackers"]["<img src=x onerror=alert(1)>"] = {}  # a name that would be an element, and no score
    footage = open_footage(["otb2015"], [str(bench / "data")], [bench / "results"])
    return write_score_report(tmp_path_factory.mktemp("page") / "report.html", [result], footage)


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("SIOU_REPORT_ARTEFACTS") or tmp_path_factory.mktemp("artefacts"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [("wide", DESK, False), ("dark", DESK, True), ("phone", PHONE, False), ("phone_dark", PHONE, True)],
)
def test_it_loads_without_an_error_and_fits(
    name: str, width: int, dark: bool, browser: Browser, page: Path, artefacts: Path
) -> None:
    browser.show(width, dark)
    browser.open(page)
    assert browser.troubles == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("[...document.querySelectorAll('.figure')].every((one) => one.scrollWidth <= innerWidth)")
    assert browser.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert browser.evaluate("document.images.length") >= 16
    browser.save_picture(artefacts / f"report_{name}.png")
    shown = cv2.imread(str(artefacts / f"report_{name}.png"))
    assert shown.shape[1] == width
    assert (shown[:40].mean() < 60) == dark  # the paper, above the title
    ink, paper = (
        browser.evaluate(f"getComputedStyle(document.querySelector('{of}')).{what}")
        for of, what in (("svg text", "fill"), ("body", "backgroundColor"))
    )
    assert contrast(ink, paper) > 7


def test_a_click_sorts_numbers_as_numbers_and_what_is_missing_stays_last(browser: Browser, page: Path) -> None:
    browser.show(DESK)
    browser.open(page)
    scores = COLUMN.format(table=0, column=1)
    numbers = sorted((float(cell.split()[0]) for cell in browser.evaluate(scores) if cell != "-"), reverse=True)
    assert len(numbers) == 3
    for expected, state in ((numbers, "descending"), (numbers[::-1], "ascending")):
        browser.evaluate(f"{BUTTON.format(table=0, column=1)}.click()")
        cells = browser.evaluate(scores)
        assert cells[-1] == "-"
        assert [float(cell.split()[0]) for cell in cells[:-1]] == expected
        assert browser.evaluate(HEADS) == [None, state, None, None]
    browser.evaluate(f"{BUTTON.format(table=0, column=0)}.click()")
    assert browser.evaluate(COLUMN.format(table=0, column=0)) == [
        "<img src=x onerror=alert(1)>",
        "late",
        "lost",
        "near",
    ]
    assert browser.troubles == []


def test_a_key_on_a_head_sorts(browser: Browser, page: Path) -> None:
    browser.show(DESK)
    browser.open(page)
    browser.evaluate(f"{BUTTON.format(table=1, column=0)}.focus()")
    names = browser.evaluate(COLUMN.format(table=1, column=0))
    browser.press("Enter", 13)
    assert browser.evaluate(COLUMN.format(table=1, column=0)) == sorted(names) != names
    browser.press("Enter", 13)
    assert browser.evaluate(COLUMN.format(table=1, column=0)) == sorted(names)[::-1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2", "10", "-", "9.5"], ["10", "9.5", "2", "-"]),  # by value, not by letters
        (["1,234", "999", "", "2,000"], ["2,000", "1,234", "999", ""]),  # thousands
        (["-1.5", "+2.0", "-0.1"], ["+2.0", "-0.1", "-1.5"]),  # signs
        (["61.2 [58.0, 64.0]", "7.0 +- 0.1 [1.0, 9.0]"], ["61.2 [58.0, 64.0]", "7.0 +- 0.1 [1.0, 9.0]"]),
        (["1e-3", "0.5", ".25"], ["0.5", ".25", "1e-3"]),
        (["b", "a10", "-", "a9"], ["a9", "a10", "b", "-"]),  # words, with numbers in them
        (["5", "5", "5"], ["5", "5", "5"]),
    ],
)
def test_cells_are_sorted_by_what_they_mean(
    cells: list[str], expected: list[str], browser: Browser, page: Path
) -> None:
    browser.show(DESK)
    browser.open(page)
    rows = "".join(f"<tr><td>{place}<td>{cell}" for place, cell in enumerate(cells))
    browser.evaluate(f"document.querySelectorAll('table')[0].tBodies[0].innerHTML = '{rows}'")
    browser.evaluate(f"{BUTTON.format(table=0, column=1)}.click()")
    assert browser.evaluate(COLUMN.format(table=0, column=1)) == expected


def test_it_is_readable_without_scripts_and_on_paper(browser: Browser, page: Path, artefacts: Path) -> None:
    browser.show(DESK, script=False)
    browser.open(page)
    browser.show(DESK)
    assert browser.evaluate("document.querySelectorAll('th button').length") == 0
    assert browser.evaluate("document.body.innerText").count("near") > 3
    browser.show(DESK, dark=True, media="print")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.save_picture(artefacts / "report_print.png")


def test_no_other_script_runs(browser: Browser, page: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.html"
    text = page.read_text("utf-8")
    evil.write_text(text.replace("</h1>", "</h1><script>document.title = 'evil'</script>", 1), "utf-8")
    browser.show(DESK)
    browser.open(evil)
    assert browser.evaluate("document.title") == "Scores on own data, OTB2015's protocol"
    assert any("Content Security Policy" in trouble for trouble in browser.troubles)
