"""What a stranger called a folder gives no order to a terminal, no formula to a figure and no error to a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.errors import InputError, users_reason
from siou_tracking.log import get_logger
from siou_tracking.outcomes import print_not_scored, print_notes, tell
from siou_tracking.report.figures import threshold_plot
from siou_tracking.untrusted.names import decoded, drawable, is_possible, printable, printable_lines
from tests.cli.calling import call
from tests.untrusted.fuzzing import fuzz

EVIL = "\x1b[31mred\x07\u202e\n\x9b2J\ud800"
SAFE = r"\x1b[31mred\x07\u202e\n\x9b2J\ud800"


def test_a_name_is_shown_with_what_a_terminal_would_obey_escaped() -> None:
    assert printable(EVIL) == SAFE
    assert printable("größe 東京 ü") == "größe 東京 ü"
    assert printable_lines("a\tb\nc\x1b") == "a\tb\nc\\x1b"
    assert decoded(os.fsdecode(b"caf\xe9")) == r"caf\xe9"


@pytest.mark.parametrize("name", ["a" * 255, "ü" * 127, "a/" * 1000, "a" * 256, "ü" * 128, "a/" * 2500, "a\0", ".", ""])
def test_a_name_is_possible_where_the_system_can_be_asked_for_it(name: str, tmp_path: Path) -> None:
    try:
        os.stat(tmp_path / name)  # noqa: PTH116  # pathlib keeps an impossible name from the system
        asked = True
    except FileNotFoundError:
        asked = True
    except (OSError, ValueError):
        asked = False
    assert is_possible(tmp_path / name) == asked


@given(st.text())
@fuzz
def test_fuzz_names_can_be_printed_and_drawn(name: str) -> None:
    assert printable(name).isprintable()
    printable_lines(name).encode()
    text = drawable(name)
    assert not text.startswith("_")
    assert text.count("$") == text.count(r"\$")
    assert len(text) <= 1 + 2 * 80


def test_nothing_that_is_printed_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    tell(f"result of {EVIL}")
    print_notes([EVIL])
    print_not_scored({EVIL: EVIL})
    # pytest keeps raw messages for its report, in which a process of xdist cannot send half a surrogate pair.
    get_logger("siou_tracking.some").info(EVIL.replace("\ud800", ""))
    get_logger("siou_tracking.some").warning(EVIL.replace("\ud800", ""))
    out, err = capsys.readouterr()
    assert f"note: {SAFE}\nNOT SCORED {SAFE}: {SAFE}\n" in err
    assert all(letter.isprintable() or letter == "\n" for letter in out + err)
    assert str(InputError(f"a {EVIL}")) == "a \\x1b[31mred\\x07\\u202e \\x9b2J\\ud800"
    assert users_reason(OSError(2, "gone", EVIL)) == f"{SAFE}: gone"


def test_a_name_that_no_file_can_hold_is_the_users_fault() -> None:
    with pytest.raises(UnicodeEncodeError) as failed:
        "\udce9".encode()
    assert "allowed is UTF-8" in str(users_reason(failed.value))


@pytest.mark.parametrize("name", ["$x$", r"$\frac{$", "a_$b_$", "_hidden", "<script>alert(1)</script>", EVIL])
def test_any_name_is_drawn_as_it_stands(name: str) -> None:
    svg = threshold_plot([0, 1], {name: [1, 0], "other": [0, 1]}, "title", "x")
    shown = printable(name).replace("<", "&lt;").replace(">", "&gt;")
    assert shown in svg
    assert "<script" not in svg


def test_hostile_names_of_trackers_and_sequences_reach_no_screen_and_no_page(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (b"\x1b[31mevil", b"caf\xe9", b"$\\frac{$", b"<script>alert(1)<"):
        (here / "found" / "half").rename(os.fsdecode(bytes(here) + b"/found/" + name))
        code, out, err = call(capsys, "score --benchmark otb2015 --data otb --results found --json s.json")
        assert code == 0
        assert all(letter.isprintable() or letter == "\n" for letter in out + err)
        assert call(capsys, "report s.json --out page.html")[0] == 0
        assert "<script>" not in (here / "page.html").read_text("utf-8")
        (trackers,) = (set(json.loads((here / "s.json").read_text())["trackers"]) - {"exact"},)
        assert all(tracker.isprintable() for tracker in trackers)
        Path(os.fsdecode(bytes(here) + b"/found/" + name)).rename(here / "found" / "half")


def test_a_sequence_that_fails_is_named_without_its_escape_codes(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "otb" / "One").rename(here / "otb" / "One\x1b[31m")
    (here / "otb" / "One\x1b[31m" / "img" / "0002.png").write_bytes(b"")
    code, out, err = call(capsys, "run static --benchmark otb2015 --data otb --results out")
    assert code == 1
    assert r"FAILED One\x1b[31m: image: otb/One\x1b[31m/img/0002.png" in err
    assert "\x1b[31m" not in out + err
    code, out, err = call(capsys, "data check otb --benchmark otb2015")
    assert r"FAULT One\x1b[31m" in out
    assert "\x1b[31m" not in out + err
