"""Notices and warnings: where they go, from which process, and how they are kept back."""

from __future__ import annotations

import logging
import threading

import pytest

from siou_tracking.log import get_logger, is_quiet, quiet

LOGGER = get_logger("siou_tracking.tests")


def test_notices_go_to_stdout_and_warnings_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    LOGGER.info("a notice")
    LOGGER.warning("a warning")
    assert capsys.readouterr() == ("a notice\n", "a warning\n")


def test_a_quiet_block_keeps_notices_back_and_warnings_not(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet():
        assert is_quiet()
        LOGGER.info("a notice")
        LOGGER.warning("a warning")
    with quiet(False):
        assert not is_quiet()
        LOGGER.info("again")
    assert capsys.readouterr() == ("again\n", "a warning\n")


def test_only_the_first_process_gives_notice(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("RANK", "1")
    LOGGER.info("a notice")
    LOGGER.warning("a warning")
    assert is_quiet()
    monkeypatch.setenv("RANK", "0")
    assert not is_quiet()
    assert capsys.readouterr() == ("", "a warning\n")


def test_a_line_is_printed_once_beside_a_configured_root_logger(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:
        LOGGER.info("a notice")
    finally:
        logging.getLogger().removeHandler(handler)
    assert capsys.readouterr() == ("a notice\n", "")


def test_a_block_is_quiet_for_itself_alone_and_leaves_the_level() -> None:
    package = logging.getLogger("siou_tracking")
    heard: list[bool] = []
    with quiet():
        other = threading.Thread(target=lambda: heard.append(is_quiet()))
        other.start()
        other.join()
        assert package.level == logging.INFO
    assert heard == [False]
